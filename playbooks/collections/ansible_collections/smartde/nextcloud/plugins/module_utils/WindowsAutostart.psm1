# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -CSharpUtil .Native
#AnsibleRequires -PowerShell .ClientConfig
#AnsibleRequires -PowerShell .Disk

# Whether Windows starts the client of a configuration when its user logs on. The twin of autostart.py.
#
# The client writes its path, without quotes, into HKEY_CURRENT_USER (utility_win.cpp), and takes an entry of
# HKEY_LOCAL_MACHINE for its own too. Neither carries --confdir.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# the program of a command line: quoted, or up to the first .exe, as Windows tries it with blanks in the path
$script:Program = [regex] '(?i)\A\s*(?:"([^"]*)"|(.*?\.exe)(?=\s|\z))'
$script:ClientProgram = 'nextcloud.exe'
$script:ClientWord = 'nextcloud'

function Get-SfAutostart {
    <#
    .SYNOPSIS
    on, off or unknown. Machine and Mine are what Get-SfLogonCommand gives for the machine and for the user.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [psobject] $Place,
        [AllowNull()] [AllowEmptyCollection()] [AllowEmptyString()] [string[]] $Machine,
        [AllowNull()] [AllowEmptyCollection()] [AllowEmptyString()] [string[]] $Mine
    )
    $answer = 'off'
    if ($null -eq $Machine -or $null -eq $Mine) {
        $answer = 'unknown'
    }
    foreach ($command in (@($Machine) + @($Mine))) {
        $told = Get-SfCommandAnswer -Command ([string] $command) -Place $Place
        if ($told -ceq 'on') {
            return 'on'
        }
        if ($told -ceq 'unknown') {
            $answer = 'unknown'
        }
    }
    return $answer
}

function Get-SfCommandAnswer {
    <#
    .SYNOPSIS
    What one command line does for a configuration: on if it starts its client, unknown if it cannot be told.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([AllowEmptyString()] [string] $Command, [psobject] $Place)
    $match = $script:Program.Match($Command)
    $program = ($match.Groups[1].Value + $match.Groups[2].Value).Replace('/', '\')
    if ($program.Substring($program.LastIndexOf([char] 0x5C) + 1) -ne $script:ClientProgram) {
        # a script of somebody's own, or a window that shows the folder: nobody can tell
        if ($Command.IndexOf($script:ClientWord, [System.StringComparison]::OrdinalIgnoreCase) -ge 0) {
            return 'unknown'
        }
        return 'off'
    }
    if (-not (Test-SfProgramThere -Path $program)) {
        return 'off'
    }
    $line = $script:ClientProgram + $Command.Substring($match.Length)
    $words = [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Words]::Split($line)
    $folder = Get-SfConfigFolder -Client ([pscustomobject] @{ Arguments = $words })
    $isUsual = $folder.Length -eq 0
    if ($Place.Kind -ceq 'confdir' -or -not $isUsual) {
        if ($isUsual -or ($folder + '\nextcloud.cfg') -ne $Place.Path) {
            return 'off'
        }
    }
    return 'on'
}

function Test-SfProgramThere {
    <#
    .SYNOPSIS
    Whether the program of a command line is there. Taken for granted where only its user could see it: on a share, on
    another drive, behind a link, or named with a variable of his.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([AllowEmptyString()] [string] $Path)
    $drive = [string] $env:SystemDrive + '\'
    $isHere = $Path.StartsWith($drive, [System.StringComparison]::OrdinalIgnoreCase)
    if (-not $isHere -or $Path.IndexOf([char] 0x25) -ge 0) {
        return $true
    }
    try {
        Assert-SfPlainPath -Path $Path
        return [System.IO.File]::Exists((Get-SfLongPath -Path $Path))
    }
    catch [System.InvalidOperationException], [System.IO.IOException], [System.UnauthorizedAccessException] {
        return $true
    }
}

Export-ModuleMember -Function @('Get-SfAutostart')
