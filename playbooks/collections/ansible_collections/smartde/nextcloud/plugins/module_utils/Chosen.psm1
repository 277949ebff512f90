# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Which moves of a host are taken back, and what it takes to work on a profile. For the host's table see HostWork.
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .Restore
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .Transaction
#AnsibleRequires -PowerShell .WindowsDesk

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Select-SfChosen {
    <#
    .SYNOPSIS
    The latest transaction of each profile, or a table of user and config_path alone for a profile without one.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Place,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Wanted
    )
    if ($Place.run -ne '') {
        $null = Get-SfRunFolder -Root $Place.root -Run $Place.run
    }
    $latest = [ordered]@{}
    foreach ($one in (Get-SfTransaction -Root $Place.root -Run $Place.run)) {
        $latest["$($one.user)$([char]0)$($one.config_path)"] = $one
    }
    $chosen = [System.Collections.Generic.List[object]]::new()
    foreach ($one in $Wanted) {
        $key = "$($one.user)$([char]0)$($one.config_path)"
        if ($latest.Contains($key)) {
            $chosen.Add($latest[$key])
        }
        else {
            $chosen.Add(@{ user = [string]$one.user; config_path = [string]$one.config_path; folder = '' })
        }
    }
    if ($Wanted.Length -eq 0) {
        foreach ($one in $latest.Values) {
            $chosen.Add($one)
        }
    }
    return , $chosen.ToArray()
}

function Restore-SfChosen {
    <#
    .SYNOPSIS
    Take one move after the other back.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Place,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Chosen,
        [Parameter(Mandatory = $true)][bool]$OnlyOpen
    )
    $outcomes = [System.Collections.Generic.List[object]]::new()
    foreach ($one in $Chosen) {
        if ($one.folder -eq '') {
            $made = New-SfOutcome -User $one.user -ConfigPath $one.config_path -Outcome 'already'
            $made.code = 'no-transaction'
            $made.message = 'this host remembers no move'
            $outcomes.Add($made)
            continue
        }
        try {
            $request = New-SfRequest -Place $Place -User $one.user -ConfigPath $one.config_path
            $outcomes.Add((Restore-SfMove -Request $request -Known $one -OnlyOpen $OnlyOpen))
        }
        catch {
            $failure = ConvertTo-SfFailure -ErrorRecord $_
            $outcomes.Add((New-SfErrorOutcome -User $one.user -ConfigPath $one.config_path -Failure $failure))
        }
    }
    return , $outcomes.ToArray()
}

function New-SfRequest {
    <#
    .SYNOPSIS
    Find the profile and say how to work on it; the order comes in by itself.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Place,
        [Parameter(Mandatory = $true)][string]$User,
        [Parameter(Mandatory = $true)][string]$ConfigPath
    )
    $located = Find-SfProfile -Root $Place.root -User $User -ConfigPath $ConfigPath -Spool $Place.spool
    $desk = @{
        root = $Place.root
        sid = $located.sid
        folder = $located.folder
        standard = $located.standard
        program = (Find-SfProgram -Root $Place.root)
        files = $Place.files
        stop_seconds = $Place.stop_seconds
        start_seconds = $Place.start_seconds
    }
    return @{
        root = $Place.root
        run = $Place.run
        order = $null
        raw = $null
        located = $located
        desk = $desk
        phases = $Place.phases
        check_mode = $Place.check_mode
    }
}

function Get-SfNameOf {
    <#
    .SYNOPSIS
    A text of an order that may not be one; '' where it is missing.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][psobject]$Raw,
        [Parameter(Mandatory = $true)][string]$Name
    )
    $found = $Raw.PSObject.Properties[$Name]
    if ($null -eq $found) {
        return ''
    }
    return [string]$found.Value
}

Export-ModuleMember -Function @(
    'Select-SfChosen', 'Restore-SfChosen', 'New-SfRequest', 'Get-SfNameOf'
)
