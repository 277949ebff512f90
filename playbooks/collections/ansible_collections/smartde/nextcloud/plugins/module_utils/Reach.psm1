# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Disk

# Whether a folder that a configuration names may be walked. The name was written by the user, and the administrator who
# walks can go everywhere: into another profile, the system, or behind a junction he must not. The twin of reach.py.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:SystemFolders = @('C:\Windows', 'C:\Program Files', 'C:\Program Files (x86)', 'C:\ProgramData')

function Get-SfFolderState {
    <#
    .SYNOPSIS
    The state of a folder as the facts have it (State, Detail), and its disk path (Disk); only ok is to be walked.

    .PARAMETER Homes
    The profile folders of other people.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Path,
        [Parameter(Mandatory = $true)] [string] $Root,
        [AllowEmptyCollection()] [AllowEmptyString()] [string[]] $Homes = @()
    )
    if ($Path.Length -eq 0) {
        return New-SfFolderState -State 'missing' -Detail 'the configuration names no folder'
    }
    try {
        $named = Get-SfForbidden -Path $Path -Homes $Homes
        if ($null -ne $named) {
            return $named
        }
        $disk = Get-SfDiskPath -Path $Path -Root $Root
        Assert-SfPlainPath -Path $disk -AllowCloud -Below $Root
        $entry = Get-SfEntry -Path $disk
    }
    catch {
        $told = Get-SfErrorFact -ErrorRecord $_
        $states = @{
            'path-relative' = 'relative'; 'path-characters' = 'missing'; 'path-elsewhere' = 'missing'
            'path-reparse' = 'link'
        }
        $state = 'unreadable'
        if ($states.ContainsKey($told['code'])) {
            $state = $states[$told['code']]
        }
        return New-SfFolderState -State $state -Detail $told['message']
    }
    if ($null -eq $entry) {
        return New-SfFolderState -State 'missing' -Detail 'there is no such folder'
    }
    if ($entry.Kind -ne 'folder') {
        return New-SfFolderState -State 'not-a-folder'
    }
    return New-SfFolderState -State 'ok' -Disk $disk
}

function New-SfFolderState {
    <#
    .SYNOPSIS
    The object that a folder's state is told with.
    #>
    [CmdletBinding()]
    param([string] $State, [string] $Detail = '', [string] $Disk = '')
    return [pscustomobject] @{ State = $State; Detail = $Detail; Disk = $Disk }
}

function Get-SfForbidden {
    <#
    .SYNOPSIS
    The state (State, Detail) of a path that nobody may go to in a user's name by its place alone; $null for any other.

    .PARAMETER Homes
    The profile folders of other people.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Path,
        [AllowEmptyCollection()] [AllowEmptyString()] [string[]] $Homes = @()
    )
    $plain = Resolve-SfShortName -Path (Get-SfPlainName -Path $Path)
    $isShare = $plain.StartsWith('\\', [System.StringComparison]::Ordinal)
    if ($plain.Length -le 3 -or ($isShare -and $plain.TrimEnd([char] 0x5C).Split([char] 0x5C).Length -le 4)) {
        return New-SfFolderState -State 'root' -Detail 'it is the root of a drive or of a share'
    }
    foreach ($place in $script:SystemFolders) {
        if (Test-SfInside -Path $plain -Folder $place) {
            return New-SfFolderState -State 'outside-home' -Detail ('it lies in the system folder {0}' -f $place)
        }
    }
    foreach ($place in $Homes) {
        if ($place.Length -eq 0) {
            continue
        }
        if (Test-SfInside -Path $plain -Folder $place) {
            return New-SfFolderState -State 'outside-home' -Detail ('it lies in the profile {0}' -f $place)
        }
        if (Test-SfInside -Path $place -Folder $plain) {
            return New-SfFolderState -State 'root' -Detail ('the profile {0} lies in it' -f $place)
        }
    }
    return $null
}

function Test-SfInside {
    <#
    .SYNOPSIS
    Whether a path is a folder or lies in it, upper and lower case the same.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [string] $Folder
    )
    $around = $Folder.TrimEnd([char] 0x5C) + '\'
    return ($Path.TrimEnd([char] 0x5C) + '\').StartsWith($around, [System.StringComparison]::OrdinalIgnoreCase)
}

function Resolve-SfShortName {
    <#
    .SYNOPSIS
    A path without the short names that Windows also knows folders by: ANNA~1 would hide whose profile that is.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [string] $Path)
    if ($Path.IndexOf([char] 0x7E) -lt 0 -or -not (Test-SfWindows)) {
        return $Path
    }
    return [System.IO.Path]::GetFullPath($Path)
}

Export-ModuleMember -Function @('Get-SfFolderState', 'Get-SfForbidden')
