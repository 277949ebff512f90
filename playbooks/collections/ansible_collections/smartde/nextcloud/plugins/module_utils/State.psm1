# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Where a host keeps what smartfleet knows about its moves: C:\ProgramData\smartfleet, for administrators only. The
# layout is the one that state.py describes; a run that goes on with the open transaction of an earlier run has a file
# runs\NEW\NAME.link that names it, in the place of a link. What is here reads only; see StateWrite for the rest.
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Marks

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Get-SfStateFolder {
    <#
    .SYNOPSIS
    The state folder on the disk.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)][string]$Root)
    return Get-SfDiskPath -Path 'C:\ProgramData\smartfleet' -Root $Root
}

function Get-SfRunFolder {
    <#
    .SYNOPSIS
    The folder of a run. Code run-unfit for a run id that is no plain name: it becomes part of a path.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Run
    )
    if ($Run -cnotmatch '\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z') {
        $message = "'$Run' is no run id: letters, digits, dot, dash and underscore, at most 100"
        throw (New-SfError -Code 'run-unfit' -Message $message)
    }
    return [System.IO.Path]::Combine((Get-SfStateFolder -Root $Root), 'runs', $Run)
}

function Get-SfProfileName {
    <#
    .SYNOPSIS
    Folder name of a profile: readable, and the same for the same profile in every run.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][string]$User,
        [Parameter(Mandatory = $true)][string]$ConfigPath
    )
    $bytes = [System.Text.Encoding]::UTF8.GetBytes($User + [char]0 + $ConfigPath)
    $plain = [regex]::Replace($User, '[^A-Za-z0-9._]', '_')
    $short = $plain.Substring(0, [Math]::Min(40, $plain.Length)).TrimStart('.')
    return $short + '-' + (Get-SfSha256 -Bytes $bytes).Substring(0, 8)
}

function Get-SfSha256 {
    <#
    .SYNOPSIS
    The SHA-256 of bytes, in lower-case hex.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Bytes)
    $hasher = [System.Security.Cryptography.SHA256CryptoServiceProvider]::new()
    try {
        return [System.BitConverter]::ToString($hasher.ComputeHash($Bytes)).Replace('-', '').ToLowerInvariant()
    }
    finally {
        $hasher.Dispose()
    }
}

function Get-SfProfileFolder {
    <#
    .SYNOPSIS
    The folder of a profile's transaction in a run.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Run,
        [Parameter(Mandatory = $true)][string]$User,
        [Parameter(Mandatory = $true)][string]$ConfigPath
    )
    $folder = Get-SfRunFolder -Root $Root -Run $Run
    return [System.IO.Path]::Combine($folder, (Get-SfProfileName -User $User -ConfigPath $ConfigPath))
}

function Get-SfManifestPath {
    <#
    .SYNOPSIS
    The manifest of a sync folder in the transaction's folder; an alias may hold any character.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][string]$Folder,
        [Parameter(Mandatory = $true)][string]$Account,
        [Parameter(Mandatory = $true)][string]$Group,
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Alias
    )
    $plain = [System.Text.StringBuilder]::new()
    foreach ($letter in $Alias.ToCharArray()) {
        $text = [string]$letter
        if ($text -cnotmatch '\A[A-Za-z0-9._-]\z') {
            $text = '%{0:x2}' -f [int]$letter
        }
        $null = $plain.Append($text)
    }
    return [System.IO.Path]::Combine($Folder, "manifest-$Account-$Group-$($plain.ToString()).gz")
}

function Read-SfJson {
    <#
    .SYNOPSIS
    A JSON file of the state folder as an object. Code unreadable where it is none.
    #>
    [CmdletBinding()]
    [OutputType([psobject])]
    param([Parameter(Mandatory = $true)][string]$Path)
    $text = [System.IO.File]::ReadAllText($Path, [System.Text.Encoding]::UTF8)
    try {
        return ConvertFrom-Json -InputObject $text
    }
    catch {
        throw (New-SfError -Code 'unreadable' -Message "$Path is no JSON")
    }
}

function Get-SfTransaction {
    <#
    .SYNOPSIS
    Every transaction of the host, oldest first, or those that a run began or went on with.
    .DESCRIPTION
    Each has run, folder, user, config_path, state (open, done, undone), step (the last that left a mark), started,
    old_sha256, new_sha256 (of the files that were really there), planned_old, planned_new (of the order). What cannot
    be read is left out: it was never begun.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [AllowEmptyString()][string]$Run = ''
    )
    $runs = [System.IO.Path]::Combine((Get-SfStateFolder -Root $Root), 'runs')
    $found = [System.Collections.Generic.List[object]]::new()
    foreach ($folder in (Get-SfSubfolder -Path $runs)) {
        $name = [System.IO.Path]::GetFileName($folder)
        foreach ($place in (Get-SfSubfolder -Path $folder)) {
            $known = Read-SfTransaction -Run $name -Folder $place
            if ($null -ne $known -and (Test-SfOfRun -Root $Root -Run $Run -Known $known)) {
                $found.Add($known)
            }
        }
    }
    $sorted = @($found | Sort-Object -Property { $_.started })
    return , $sorted
}

function Get-SfSubfolder {
    <#
    .SYNOPSIS
    The paths of the folders in a folder, by name; none where it is missing.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([Parameter(Mandatory = $true)][string]$Path)
    if (-not [System.IO.Directory]::Exists($Path)) {
        return
    }
    $names = [System.IO.Directory]::GetDirectories($Path)
    [System.Array]::Sort($names, [System.StringComparer]::Ordinal)
    return $names
}

function Test-SfOfRun {
    <#
    .SYNOPSIS
    Whether a transaction belongs to a run: the run began it, or has a file that names it; any for an empty run.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Run,
        [Parameter(Mandatory = $true)][hashtable]$Known
    )
    if ($Run -eq '' -or $Known.run -ceq $Run) {
        return $true
    }
    $name = [System.IO.Path]::GetFileName($Known.folder) + '.link'
    $link = [System.IO.Path]::Combine((Get-SfRunFolder -Root $Root -Run $Run), $name)
    if (-not [System.IO.File]::Exists($link)) {
        return $false
    }
    return ([string](Read-SfJson -Path $link).run) -ceq $Known.run
}

function Read-SfTransaction {
    <#
    .SYNOPSIS
    What a transaction's folder tells; nothing where it cannot be read.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][string]$Run,
        [Parameter(Mandatory = $true)][string]$Folder
    )
    try {
        $order = Read-SfJson -Path ([System.IO.Path]::Combine($Folder, 'order.json'))
        $marks = Read-SfMark -Path ([System.IO.Path]::Combine($Folder, 'marks.jsonl'))
        $real = $order
        $settled = [System.IO.Path]::Combine($Folder, 'settled.json')
        if ([System.IO.File]::Exists($settled)) {
            $real = Read-SfJson -Path $settled
        }
        $told = Get-SfMarkSummary -Marks $marks -Default (Get-SfFolderTime -Path $Folder)
        return @{
            run = $Run
            folder = $Folder
            user = [string]$order.user
            config_path = [string]$order.config_path
            state = $told.state
            step = $told.step
            started = $told.started
            old_sha256 = [string]$real.old_sha256
            new_sha256 = [string]$real.new_sha256
            planned_old = [string]$order.old_sha256
            planned_new = [string]$order.new_sha256
        }
    }
    catch {
        return $null
    }
}

function Get-SfFolderTime {
    <#
    .SYNOPSIS
    When a folder was last written, in seconds since the epoch.
    #>
    [CmdletBinding()]
    [OutputType([double])]
    param([Parameter(Mandatory = $true)][string]$Path)
    return ([System.IO.Directory]::GetLastWriteTimeUtc($Path).Ticks - 621355968000000000) / 10000000.0
}

function Get-SfMarkSummary {
    <#
    .SYNOPSIS
    What marks say of a transaction: state, step, and when it was last begun.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Marks,
        [double]$Default = 0.0
    )
    $told = @{ state = 'open'; step = ''; started = $Default }
    foreach ($mark in $Marks) {
        if ($mark.step -ne 'transaction') {
            $told.step = $mark.step
            continue
        }
        $told.state = 'open'
        if ($mark.state -eq 'done' -or $mark.state -eq 'undone') {
            $told.state = $mark.state
        }
        if ($mark.state -eq 'open') {
            # a run can begin a profile again that it had taken back
            $told.started = $mark.time
        }
    }
    return $told
}

Export-ModuleMember -Function @(
    'Get-SfStateFolder', 'Get-SfRunFolder', 'Get-SfSha256', 'Get-SfProfileFolder', 'Get-SfManifestPath',
    'Read-SfJson', 'Get-SfTransaction', 'Get-SfSubfolder'
)
