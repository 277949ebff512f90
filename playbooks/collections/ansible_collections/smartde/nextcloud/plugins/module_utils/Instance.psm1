# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Before a client is started on a URL: is it the server that the journals belong to? The twin of instance.py.
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .Probe

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Alias = 'let both names serve the same instance, without a redirect, until every client has moved'
$script:Doctor = 'smartfleet doctor'

function Assert-SfNewInstance {
    <#
    .SYNOPSIS
    The instance ids that were proven, for people; refused unless each account's new URL is its own instance.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)][hashtable]$Order)
    $ids = [System.Collections.Generic.List[string]]::new()
    foreach ($account in $Order.accounts) {
        $found = Get-SfServer -Url $account.new_url
        Assert-SfAnswer -Url $account.new_url -Found $found
        $expected = Get-SfJournalId -Order $Order -Number $account.number
        if ($expected.Length -eq 0) {
            $expected = Get-SfOldId -Url $account.old_url
        }
        if ($expected.Length -ne 1 -or $expected[0] -cne $found.instance) {
            throw (New-SfInstanceError -Url $account.new_url -Found $found.instance -Expected $expected)
        }
        if (-not $ids.Contains($found.instance)) {
            $ids.Add($found.instance)
        }
    }
    $ids.Sort()
    return [string]::Join(', ', $ids.ToArray())
}

function Assert-SfOldInstance {
    <#
    .SYNOPSIS
    Before a rollback: the old URL must not lead to another instance, nor redirect. One that does not answer is no
    danger: the client waits for it.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Order)
    foreach ($account in $Order.accounts) {
        $found = Get-SfServer -Url $account.old_url
        $expected = Get-SfJournalId -Order $Order -Number $account.number
        if ($found.state -eq 'redirect') {
            throw (New-SfRefusal -Code 'old-redirects' -Message $found.detail -Do $script:Alias)
        }
        if ($found.instance -ne '' -and $expected.Length -gt 0 -and $expected -cnotcontains $found.instance) {
            throw (New-SfInstanceError -Url $account.old_url -Found $found.instance -Expected $expected)
        }
    }
}

function Assert-SfAnswer {
    <#
    .SYNOPSIS
    Refuse a new name that does not answer as a Nextcloud server with an instance id.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Url,
        [Parameter(Mandatory = $true)][hashtable]$Found
    )
    if ($Found.state -eq 'ok') {
        if ($Found.instance -eq '') {
            $message = "$Url does not tell its instance"
            throw (New-SfRefusal -Code 'instance-unproven' -Message $message -Do $script:Doctor)
        }
        return
    }
    $code, $do = switch ($Found.state) {
        'redirect' { 'new-redirects', $script:Alias }
        'unreachable' { 'new-unreachable', $script:Doctor }
        'maintenance' { 'new-maintenance', $script:Doctor }
        default { 'new-not-nextcloud', $script:Doctor }
    }
    throw (New-SfRefusal -Code $code -Message $Found.detail -Do $do)
}

function Get-SfJournalId {
    <#
    .SYNOPSIS
    Instance ids that end the file ids of the account's journals; none where no folder holds a file yet.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Order,
        [Parameter(Mandatory = $true)][string]$Number
    )
    $ids = [System.Collections.Generic.List[string]]::new()
    foreach ($folder in $Order.folders) {
        if ($folder.account -ceq $Number -and $folder.instance_id -ne '' -and -not $ids.Contains($folder.instance_id)) {
            $ids.Add($folder.instance_id)
        }
    }
    return , $ids.ToArray()
}

function Get-SfOldId {
    <#
    .SYNOPSIS
    The instance that the old name tells, for an account whose journals hold no file.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([Parameter(Mandatory = $true)][string]$Url)
    $found = Get-SfServer -Url $Url
    if ($found.instance -eq '') {
        $message = "the journals hold no file, and $Url does not tell its instance either"
        throw (New-SfRefusal -Code 'instance-unproven' -Message $message -Do $script:Alias)
    }
    return , [string[]]@($found.instance)
}

function New-SfInstanceError {
    <#
    .SYNOPSIS
    The refusal of a name that is another server.
    #>
    [CmdletBinding()]
    [OutputType([System.Exception])]
    param(
        [Parameter(Mandatory = $true)][string]$Url,
        [Parameter(Mandatory = $true)][string]$Found,
        [Parameter(Mandatory = $true)][string[]]$Expected
    )
    $message = "$Url is the instance $Found, the account belongs to $($Expected -join ', ')"
    $do = 'a client on another instance deletes local files: check the name, its DNS and the proxy in front of it'
    return New-SfRefusal -Code 'other-instance' -Message $message -Do $do
}

Export-ModuleMember -Function @(
    'Assert-SfNewInstance', 'Assert-SfOldInstance'
)
