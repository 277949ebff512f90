# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# What is written to the state folder: folders for administrators only, and JSON files that are whole or not there.
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .WindowsAcl

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Initialize-SfStateFolder {
    <#
    .SYNOPSIS
    Make the state folder, or a folder below it, for administrators only. Code state-foreign where somebody else owns
    what lies there.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [string]$Path = ''
    )
    $state = Get-SfStateFolder -Root $Root
    Initialize-SfPrivateFolder -Path $state
    if ($Path -eq '' -or $Path -ceq $state) {
        return
    }
    # what lies below inherits the rights; only administrators can have put anything there
    $null = [System.IO.Directory]::CreateDirectory($Path)
}

function Write-SfJson {
    <#
    .SYNOPSIS
    Replace a JSON file of the state folder atomically and durably.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][object]$Data
    )
    $text = ConvertTo-Json -InputObject $Data -Depth 12 -Compress
    $bytes = [System.Text.UTF8Encoding]::new($false).GetBytes($text)
    $temporary = $Path + '.tmp'
    Write-SfDurable -Path $temporary -Bytes $bytes
    Move-SfOver -Source $temporary -Target $Path
}

function Write-SfDurable {
    <#
    .SYNOPSIS
    Write a new file, or one of an earlier try anew, and wait until the disk has it.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Bytes
    )
    $stream = [System.IO.FileStream]::new(
        $Path, [System.IO.FileMode]::Create, [System.IO.FileAccess]::Write, [System.IO.FileShare]::None)
    try {
        $stream.Write($Bytes, 0, $Bytes.Length)
        $stream.Flush($true)
    }
    finally {
        $stream.Dispose()
    }
}

function Move-SfOver {
    <#
    .SYNOPSIS
    Give a file the name of another one in the same folder, in one step. A virus scanner that looks into a file that was
    just written is waited for.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Source,
        [Parameter(Mandatory = $true)][string]$Target
    )
    for ($try = 1; $true; $try++) {
        try {
            if ([System.IO.File]::Exists($Target)) {
                # $null would become an empty text here, and that is no name of a backup
                [System.IO.File]::Replace($Source, $Target, [NullString]::Value)
            }
            else {
                [System.IO.File]::Move($Source, $Target)
            }
            return
        }
        catch {
            if ($try -ge 10 -or -not (Test-SfInUse -Exception $_.Exception)) {
                throw
            }
        }
        Start-Sleep -Milliseconds 300
    }
}

function Remove-SfFile {
    <#
    .SYNOPSIS
    Remove a file of the state folder, if it is there. A virus scanner is waited for.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Path)
    for ($try = 1; [System.IO.File]::Exists($Path); $try++) {
        try {
            [System.IO.File]::Delete($Path)
            return
        }
        catch {
            if ($try -ge 10 -or -not (Test-SfInUse -Exception $_.Exception)) {
                throw
            }
        }
        Start-Sleep -Milliseconds 300
    }
}

function Remove-SfFolder {
    <#
    .SYNOPSIS
    Remove a folder of the state folder with all that is in it, if it is there. A virus scanner is waited for.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Path)
    for ($try = 1; [System.IO.Directory]::Exists($Path); $try++) {
        try {
            [System.IO.Directory]::Delete($Path, $true)
            return
        }
        catch {
            if ($try -ge 10) {
                throw
            }
        }
        Start-Sleep -Milliseconds 300
    }
}

function Move-SfFolder {
    <#
    .SYNOPSIS
    Rename a folder of the state folder. A virus scanner that looks into a file in it is waited for.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Source,
        [Parameter(Mandatory = $true)][string]$Target
    )
    for ($try = 1; $true; $try++) {
        try {
            [System.IO.Directory]::Move($Source, $Target)
            return
        }
        catch {
            if ($try -ge 10) {
                throw
            }
        }
        Start-Sleep -Milliseconds 300
    }
}

Export-ModuleMember -Function @(
    'Initialize-SfStateFolder', 'Write-SfJson', 'Write-SfDurable', 'Move-SfOver', 'Remove-SfFile', 'Remove-SfFolder',
    'Move-SfFolder'
)
