# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# The order that the controller sends for a profile (model.plan.ProfileMove), checked before it is carried out: it names
# files that are removed and replaced. The twin of order.py.
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .State

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Cookies = '\Acookies[0-9]{1,9}\.db\z'
$script:Journal = '\A\.(_?sync_[0-9A-Za-z]+|csync_journal)\.db\z'
$script:Sha256 = '\A[0-9a-f]{64}\z'
$script:Cures = @('drop-account', 'repoint', 'journal-path', 'start-client')
# the account's own proxy is the one entry that the client writes without its name in front
$script:Secret = '\A(Nextcloud_[^\x00-\x1f]+|[^\x00-\x1f]+@[^\x00-\x1f]+_proxy_password)\z'

function ConvertTo-SfPlain {
    <#
    .SYNOPSIS
    A module's argument as objects and lists, whatever kinds of tables it came in; the same as what a file holds.
    #>
    [CmdletBinding()]
    [OutputType([psobject])]
    param([Parameter(Mandatory = $true)][object]$Data)
    return ConvertFrom-Json -InputObject (ConvertTo-Json -InputObject $Data -Depth 12 -Compress)
}

function Read-SfOrder {
    <#
    .SYNOPSIS
    The order as a table; new_config is bytes. Code unreadable where it is not what the controller writes.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)][psobject]$Raw)
    $order = @{ resume = (Get-SfField -Raw $Raw -Name 'resume') -eq $true }
    $order.digests = (Get-SfField -Raw $Raw -Name 'digests') -eq $true
    foreach ($name in @('user', 'config_path', 'strategy', 'on_missing_session', 'old_sha256', 'new_sha256')) {
        $order[$name] = Get-SfTextField -Raw $Raw -Name $name
    }
    foreach ($name in @('edits', 'accounts', 'secrets', 'cookies', 'folders')) {
        # a list of one is what PowerShell likes to take for its item
        $order[$name] = [object[]]@(Get-SfField -Raw $Raw -Name $name)
    }
    foreach ($name in @('cures', 'aside')) {
        $order[$name] = [object[]]@()
        # an order of an earlier version has neither
        if ($null -ne $Raw.PSObject.Properties[$name]) {
            $order[$name] = [object[]]@(Get-SfField -Raw $Raw -Name $name)
        }
    }
    # whether nothing is to be changed: the client is started, and that is all
    $order.starts_only = $order.cures.Length -eq 1 -and $order.cures[0] -ceq 'start-client'
    try {
        $order.new_config = [System.Convert]::FromBase64String((Get-SfTextField -Raw $Raw -Name 'new_config'))
    }
    catch [System.FormatException] {
        throw (New-SfOrderError -Message 'the new configuration is no base64')
    }
    Assert-SfOrder -Order $order
    return $order
}

function New-SfOrderError {
    <#
    .SYNOPSIS
    The error that an order is not what the controller writes.
    #>
    [CmdletBinding()]
    [OutputType([System.Exception])]
    param([Parameter(Mandatory = $true)][string]$Message)
    return New-SfError -Code 'unreadable' -Message $Message
}

function Get-SfField {
    <#
    .SYNOPSIS
    A value of an order, or an error that names what is missing.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][psobject]$Raw,
        [Parameter(Mandatory = $true)][string]$Name
    )
    $found = $Raw.PSObject.Properties[$Name]
    if ($null -eq $found) {
        throw (New-SfOrderError -Message "the order is not complete: $Name")
    }
    return $found.Value
}

function Get-SfTextField {
    <#
    .SYNOPSIS
    A text of an order.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][psobject]$Raw,
        [Parameter(Mandatory = $true)][string]$Name
    )
    $value = Get-SfField -Raw $Raw -Name $Name
    if ($value -isnot [string]) {
        throw (New-SfOrderError -Message "the order is not complete: $Name is no text")
    }
    return $value
}

function Assert-SfOrder {
    <#
    .SYNOPSIS
    Throw where an order contradicts itself or names what a client does not.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Order)
    foreach ($edit in $Order.edits) {
        Assert-SfFields -Raw $edit -Names @('section', 'key', 'old', 'new')
    }
    if ($Order.edits.Length -eq 0 -and -not $Order.resume -and -not $Order.starts_only) {
        throw (New-SfOrderError -Message 'the order changes nothing')
    }
    Assert-SfNames -Order $Order
    Assert-SfCures -Order $Order
    foreach ($digest in @($Order.old_sha256, $Order.new_sha256)) {
        if ($digest -cnotmatch $script:Sha256) {
            throw (New-SfOrderError -Message "'$digest' is no SHA-256")
        }
    }
    if ((Get-SfSha256 -Bytes $Order.new_config) -cne $Order.new_sha256) {
        throw (New-SfOrderError -Message 'the new configuration is not the one that the order names by its SHA-256')
    }
}

function Assert-SfFields {
    <#
    .SYNOPSIS
    Throw unless an item of an order has these fields and no others.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][psobject]$Raw,
        [Parameter(Mandatory = $true)][string[]]$Names
    )
    $there = @($Raw.PSObject.Properties | ForEach-Object -Process { $_.Name })
    foreach ($name in $Names) {
        if ($there -cnotcontains $name) {
            throw (New-SfOrderError -Message "an item of the order is not complete: $name")
        }
    }
    if ($there.Length -ne $Names.Length) {
        throw (New-SfOrderError -Message 'an item of the order has a field that is not known')
    }
}

function Assert-SfNames {
    <#
    .SYNOPSIS
    Names of files in a profile are held to what a client calls them: an order can reach nothing else.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Order)
    $numbers = [System.Collections.Generic.List[string]]::new()
    foreach ($account in $Order.accounts) {
        Assert-SfFields -Raw $account -Names @('number', 'login', 'user', 'old_url', 'new_url')
        $numbers.Add([string]$account.number)
    }
    foreach ($name in $Order.cookies) {
        if ($name -isnot [string] -or $name -cnotmatch $script:Cookies) {
            throw (New-SfOrderError -Message "'$name' is no cookie jar of the client")
        }
    }
    foreach ($copy in $Order.secrets) {
        Assert-SfFields -Raw $copy -Names @('source', 'target', 'required')
        if ($copy.source -cnotmatch $script:Secret -or $copy.target -cnotmatch $script:Secret) {
            throw (New-SfOrderError -Message 'the order names a credential that is not the client''s')
        }
    }
    foreach ($folder in $Order.folders) {
        Assert-SfFields -Raw $folder -Names @('account', 'group', 'alias', 'local_path', 'journal', 'instance_id')
        if ($folder.journal -cnotmatch $script:Journal) {
            throw (New-SfOrderError -Message "'$($folder.journal)' is no journal of the client")
        }
        if (-not $Order.resume -and -not $numbers.Contains([string]$folder.account)) {
            throw (New-SfOrderError -Message "the folder $($folder.alias) belongs to no account of the order")
        }
    }
}

function Assert-SfCures {
    <#
    .SYNOPSIS
    Throw where what is to be mended contradicts the rest of the order.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Order)
    foreach ($cure in $Order.cures) {
        if ($script:Cures -cnotcontains $cure) {
            throw (New-SfOrderError -Message "'$cure' is no cure that this host knows")
        }
    }
    if (($Order.aside.Length -gt 0) -ne ($Order.cures -ccontains 'repoint')) {
        throw (New-SfOrderError -Message 'copies are set aside by the cure repoint, and by it alone')
    }
    if ($Order.starts_only -and $Order.edits.Length -gt 0) {
        throw (New-SfOrderError -Message 'an order that starts the client changes nothing')
    }
    if ($Order.cures.Length -gt 0) {
        $isOther = $Order.secrets.Length -gt 0
        foreach ($account in $Order.accounts) {
            $isOther = $isOther -or $account.old_url -cne $account.new_url
        }
        if ($isOther) {
            throw (New-SfOrderError -Message 'a cure changes no server and copies no secret')
        }
    }
    foreach ($aside in $Order.aside) {
        Assert-SfAside -Order $Order -Aside $aside
    }
}

function Assert-SfAside {
    <#
    .SYNOPSIS
    Throw unless a copy that is set aside fits a folder of the order.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Order,
        [Parameter(Mandatory = $true)][psobject]$Aside
    )
    $names = @('account', 'group', 'alias', 'local_path', 'journal', 'original', 'carry')
    Assert-SfFields -Raw $Aside -Names $names
    $journal = ''
    foreach ($folder in $Order.folders) {
        $isAlias = $folder.group -ceq $Aside.group -and $folder.alias -ceq $Aside.alias
        if ($isAlias -and $folder.account -ceq $Aside.account -and $folder.local_path -ceq $Aside.original) {
            $journal = $folder.journal
        }
    }
    if ($journal -eq '') {
        throw (New-SfOrderError -Message "the original of $($Aside.local_path) is no folder of the order")
    }
    if ($Aside.journal -cnotmatch $script:Journal -or ($Aside.carry -and $Aside.journal -cne $journal)) {
        throw (New-SfOrderError -Message "'$($Aside.journal)' is not the journal of $($Aside.local_path)")
    }
}

Export-ModuleMember -Function @(
    'ConvertTo-SfPlain', 'Read-SfOrder'
)
