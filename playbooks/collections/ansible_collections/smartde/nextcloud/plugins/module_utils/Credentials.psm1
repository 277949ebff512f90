# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# What is asked in a user's session: which credentials there are, to clone some, and which accounts the client names.
# For the desk and the presence see Desk.
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .WindowsTasks

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Find-SfCredential {
    <#
    .SYNOPSIS
    Which of these credentials the user has: names only.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Desk,
        [Parameter(Mandatory = $true)][hashtable]$Presence,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][string[]]$Names
    )
    $session = Get-SfBestSession -Presence $Presence
    $order = @{ work = 'look'; names = [object[]]$Names }
    $answer = Invoke-SfAsUser -Desk $Desk -Session $session -Order $order
    return , (Get-SfTextList -Answer $answer -Name 'entries')
}

function Copy-SfCredential {
    <#
    .SYNOPSIS
    Clone credentials; copied, same or missing for each. No value leaves the user's process.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Desk,
        [Parameter(Mandatory = $true)][hashtable]$Presence,
        [Parameter(Mandatory = $true)][object[]]$Copies
    )
    $pairs = [System.Collections.Generic.List[object]]::new()
    foreach ($copy in $Copies) {
        $pairs.Add(@{ source = $copy.source; target = $copy.target })
    }
    $session = Get-SfBestSession -Presence $Presence
    $order = @{ work = 'copy'; pairs = $pairs.ToArray() }
    $answer = Invoke-SfAsUser -Desk $Desk -Session $session -Order $order
    $states = Get-SfTextList -Answer $answer -Name 'states'
    if ($states.Length -ne $Copies.Length) {
        throw (New-SfError -Code 'user-part-failed' -Message 'the user''s session did not answer for every credential')
    }
    return , $states
}

function Get-SfClientName {
    <#
    .SYNOPSIS
    The names that the running client gives its accounts; nothing if it does not answer.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Desk,
        [Parameter(Mandatory = $true)][hashtable]$Presence,
        [Parameter(Mandatory = $true)][string[]]$Wanted
    )
    $session = Get-SfBestSession -Presence $Presence
    $order = @{ work = 'accounts'; wanted = [object[]]$Wanted; seconds = $Desk.start_seconds }
    $answer = Invoke-SfAsUser -Desk $Desk -Session $session -Order $order -Seconds $Desk.start_seconds
    $answered = $answer.PSObject.Properties['answered']
    if ($null -eq $answered -or $answered.Value -ne $true) {
        return $null
    }
    return , (Get-SfTextList -Answer $answer -Name 'names')
}

function Get-SfTextList {
    <#
    .SYNOPSIS
    A list of texts out of an answer; what is no text is left out.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param(
        [Parameter(Mandatory = $true)][psobject]$Answer,
        [Parameter(Mandatory = $true)][string]$Name
    )
    $found = [System.Collections.Generic.List[string]]::new()
    $told = $Answer.PSObject.Properties[$Name]
    if ($null -ne $told) {
        foreach ($one in @($told.Value)) {
            if ($one -is [string]) {
                $found.Add($one)
            }
        }
    }
    return , $found.ToArray()
}

function Get-SfBestSession {
    <#
    .SYNOPSIS
    The session to work in: the one that the client ran in, if it is still there, else the best one.
    #>
    [CmdletBinding()]
    [OutputType([int])]
    param([Parameter(Mandatory = $true)][hashtable]$Presence)
    foreach ($client in $Presence.clients) {
        if ($Presence.sessions -contains $client.session) {
            return $client.session
        }
    }
    if ($Presence.sessions.Length -eq 0) {
        throw (New-SfError -Code 'no-session' -Message 'the user has no session' -Outcome 'waiting-session')
    }
    return $Presence.sessions[0]
}

Export-ModuleMember -Function @(
    'Find-SfCredential', 'Copy-SfCredential', 'Get-SfClientName', 'Get-SfBestSession'
)
