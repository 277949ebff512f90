# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# The backup of a profile: configuration and journals, in the folder `backup` of its transaction. It is made beside its
# place and renamed into it when every byte is on the disk, so a folder `backup` is always a whole one. The twin of
# backup.py; a source is a table with path and name, a saved file has path, name, size, sha256, inode, mtime_ns, mode.
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .PlainFile
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .StateWrite

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# what must stay free beside the backup itself: the manifest of a large folder takes about that much
$script:Reserve = [long]33554432
# a journal is copied with what SQLite keeps beside it; -shm is made anew by whoever opens it
$script:Parts = @('', '-wal', '-journal')

function Get-SfJournalPart {
    <#
    .SYNOPSIS
    What follows the name of a journal in the names of its files: the database first.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param()
    return , [string[]]$script:Parts
}

function Get-SfJournalSource {
    <#
    .SYNOPSIS
    The files of one journal; the number keeps folders apart in the backup.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][int]$Number,
        [Parameter(Mandatory = $true)][string]$Journal
    )
    $sources = [System.Collections.Generic.List[object]]::new()
    foreach ($part in $script:Parts) {
        $sources.Add(@{ path = ($Journal + $part); name = "journal-$Number.db$part" })
    }
    return , $sources.ToArray()
}

function Assert-SfSpace {
    <#
    .SYNOPSIS
    The bytes that the sources need. Code out-of-space, before anything is written, where they will not fit.
    #>
    [CmdletBinding()]
    [OutputType([long])]
    param(
        [Parameter(Mandatory = $true)][object[]]$Sources,
        [Parameter(Mandatory = $true)][string]$Transaction
    )
    $needed = [long]0
    foreach ($source in $Sources) {
        $sign = Get-SfFileSign -Path $source.path -AllowCloud
        if ($null -ne $sign) {
            $needed += $sign.size
        }
    }
    $free = Get-SfFreeBytes -Path $Transaction
    if ($needed + $script:Reserve -gt $free) {
        $wanted = [Math]::Floor([double]($needed + $script:Reserve) / 1000000)
        $message = "the backup needs $wanted MB, $([Math]::Floor([double]$free / 1000000)) MB are free"
        throw (New-SfError -Code 'out-of-space' -Message $message)
    }
    return $needed
}

function New-SfBackup {
    <#
    .SYNOPSIS
    Copy what there is of the sources; the saved files.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][object[]]$Sources,
        [Parameter(Mandatory = $true)][string]$Transaction
    )
    $left = Assert-SfSpace -Sources $Sources -Transaction $Transaction
    $folder = [System.IO.Path]::Combine($Transaction, 'backup')
    $partial = $folder + '.partial'
    Remove-SfFolder -Path $partial
    $null = [System.IO.Directory]::CreateDirectory($partial)
    $saved = [System.Collections.Generic.List[object]]::new()
    try {
        foreach ($source in $Sources) {
            $one = Save-SfFile -Source $source -Folder $partial -Limit $left
            if ($null -ne $one) {
                $saved.Add($one)
                $left -= $one.size
            }
        }
        $meta = [ordered]@{ files = $saved.ToArray() }
        Write-SfJson -Path ([System.IO.Path]::Combine($partial, 'meta.json')) -Data $meta
    }
    catch {
        Remove-SfFolder -Path $partial
        throw
    }
    Remove-SfFolder -Path $folder
    Move-SfFolder -Source $partial -Target $folder
    return , $saved.ToArray()
}

function Save-SfFile {
    <#
    .SYNOPSIS
    Copy one file into the backup; what was saved, or nothing where there is no such file.
    .DESCRIPTION
    No more than Limit bytes are written: who makes a file larger after its space was found cannot fill the disk. Code
    file-changed. A file that somebody writes to is a sharing violation.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Source,
        [Parameter(Mandatory = $true)][string]$Folder,
        [Parameter(Mandatory = $true)][long]$Limit
    )
    $stream = Open-SfPlainFile -Path $Source.path -AllowCloud
    if ($null -eq $stream) {
        return $null
    }
    try {
        $sign = Get-SfStreamSign -Stream $stream
        if ($sign.size -gt $Limit) {
            $do = 'is a client still running?'
            throw (New-SfError -Code 'file-changed' -Message "$($Source.path) has grown" -Do $do)
        }
        $sha256 = Copy-SfHashed -From $stream -Path ([System.IO.Path]::Combine($Folder, $Source.name))
    }
    finally {
        $stream.Dispose()
    }
    return [ordered]@{
        path = $Source.path
        name = $Source.name
        size = $sign.size
        sha256 = $sha256
        inode = $sign.id
        mtime_ns = $sign.mtime_ns
        mode = [int][System.IO.File]::GetAttributes((Get-SfLongPath -Path $Source.path))
    }
}

function Copy-SfHashed {
    <#
    .SYNOPSIS
    Write an open file to a new one and to the disk; its SHA-256. Nobody else can write to it meanwhile.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][System.IO.FileStream]$From,
        [Parameter(Mandatory = $true)][string]$Path
    )
    $hasher = [System.Security.Cryptography.SHA256CryptoServiceProvider]::new()
    $target = [System.IO.FileStream]::new(
        $Path, [System.IO.FileMode]::CreateNew, [System.IO.FileAccess]::ReadWrite, [System.IO.FileShare]::None)
    try {
        $From.CopyTo($target, 1048576)
        $target.Flush($true)
        $null = $target.Seek(0, [System.IO.SeekOrigin]::Begin)
        return [System.BitConverter]::ToString($hasher.ComputeHash($target)).Replace('-', '').ToLowerInvariant()
    }
    finally {
        $target.Dispose()
        $hasher.Dispose()
    }
}

function Get-SfSaved {
    <#
    .SYNOPSIS
    The files of a transaction's backup; an error where there is none.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param([Parameter(Mandatory = $true)][string]$Transaction)
    $meta = Read-SfJson -Path ([System.IO.Path]::Combine($Transaction, 'backup', 'meta.json'))
    return , [object[]]@($meta.files)
}

function Test-SfBackup {
    <#
    .SYNOPSIS
    Whether the transaction got as far as a backup.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory = $true)][string]$Transaction)
    return [System.IO.File]::Exists([System.IO.Path]::Combine($Transaction, 'backup', 'meta.json'))
}

function Read-SfBackup {
    <#
    .SYNOPSIS
    The bytes of a small file of the backup. Code unreadable if it is not what was saved.
    #>
    [CmdletBinding()]
    [OutputType([byte[]])]
    param(
        [Parameter(Mandatory = $true)][string]$Transaction,
        [Parameter(Mandatory = $true)][string]$Name
    )
    $bytes = [System.IO.File]::ReadAllBytes([System.IO.Path]::Combine($Transaction, 'backup', $Name))
    $expected = ''
    foreach ($one in (Get-SfSaved -Transaction $Transaction)) {
        if ($one.name -ceq $Name) {
            $expected = $one.sha256
        }
    }
    if ((Get-SfSha256 -Bytes $bytes) -cne $expected) {
        throw (New-SfError -Code 'unreadable' -Message "the backup of $Name is damaged")
    }
    return , $bytes
}

function Test-SfBackupCurrent {
    <#
    .SYNOPSIS
    Whether the files in the profile still are the ones that were saved, by id, size and time.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory = $true)][string]$Transaction)
    if (-not (Test-SfBackup -Transaction $Transaction)) {
        return $false
    }
    foreach ($one in (Get-SfSaved -Transaction $Transaction)) {
        $now = Get-SfFileSign -Path $one.path -AllowCloud
        if ($null -eq $now -or $now.id -ne $one.inode -or $now.size -ne $one.size -or $now.mtime_ns -ne $one.mtime_ns) {
            return $false
        }
    }
    return $true
}

function Restore-SfFile {
    <#
    .SYNOPSIS
    Give a file back to the profile where it is missing; one that is there is never replaced.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Transaction,
        [Parameter(Mandatory = $true)][psobject]$Saved
    )
    $folder = Get-SfParent -Path $Saved.path
    $target = Get-SfLongPath -Path $Saved.path
    $temporary = $target + '.smartfleet-tmp'
    $pin = Lock-SfFolder -Path $folder -AllowCloud
    $source = $null
    try {
        if ([System.IO.File]::Exists($target) -or [System.IO.Directory]::Exists($target)) {
            return
        }
        [System.IO.File]::Delete($temporary)
        $source = [System.IO.File]::OpenRead([System.IO.Path]::Combine($Transaction, 'backup', $Saved.name))
        $null = Copy-SfHashed -From $source -Path $temporary
        $time = [datetime]::new([long]($Saved.mtime_ns / 100) + 621355968000000000, [System.DateTimeKind]::Utc)
        [System.IO.File]::SetLastWriteTimeUtc($temporary, $time)
        [System.IO.File]::SetAttributes($temporary, [System.IO.FileAttributes]([int]$Saved.mode -band 0x27))
        [System.IO.File]::Move($temporary, $target)
    }
    catch {
        # half a journal would take up the room that was missing
        [System.IO.File]::Delete($temporary)
        throw
    }
    finally {
        if ($null -ne $source) {
            $source.Dispose()
        }
        $pin.Dispose()
    }
}

Export-ModuleMember -Function @(
    'Get-SfJournalPart', 'Get-SfJournalSource', 'Copy-SfHashed', 'Assert-SfSpace', 'New-SfBackup', 'Get-SfSaved',
    'Test-SfBackup', 'Read-SfBackup', 'Test-SfBackupCurrent', 'Restore-SfFile'
)
