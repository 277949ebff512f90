# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -CSharpUtil .Native
#AnsibleRequires -PowerShell .Errors

# Paths on the disk: every access to a file goes through Get-SfDiskPath and Get-SfLongPath.
#
# A path of the host is one like C:\Users\eva. The root '/' is the real C:\; any other root is a folder that stands for
# C:\, so everything that needs no Windows call also runs on PowerShell 7 elsewhere. A disk path is what the system
# that this runs on opens.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# numbers that PowerShell 5.1 would read as negative stand here in decimal
$script:CloudTag = [long] 2415919130    # 0x9000001A, IO_REPARSE_TAG_CLOUD
$script:CloudMask = [long] 4294905855   # 0xFFFF0FFF: all but the four bits that tell the clouds apart
$script:LinkTag = [long] 2684354572     # 0xA000000C, IO_REPARSE_TAG_SYMLINK
$script:Recall = 0x1000 -bor 0x40000 -bor 0x400000   # OFFLINE, RECALL_ON_OPEN, RECALL_ON_DATA_ACCESS
$script:SparseCloud = 0x200 -bor 0x400               # SPARSE_FILE and REPARSE_POINT
$script:LongPrefix = '\\?\'
$script:NoName = [char[]] ([char[]] ':*?"<>|' + [char[]] (0..31))
$script:TakesLongPrefix = $null

function Test-SfWindows {
    <#
    .SYNOPSIS
    Whether this runs on Windows.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param()
    return [System.Environment]::OSVersion.Platform -eq [System.PlatformID]::Win32NT
}

function Get-SfDiskPath {
    <#
    .SYNOPSIS
    The disk path of a path of the host; both kinds of slashes are taken. Throws path-relative,
    path-characters, path-elsewhere.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Path,
        [string] $Root = '/'
    )
    $plain = Get-SfPlainName -Path $Path
    if ($Root -ceq '/') {
        return $plain
    }
    if (-not $plain.StartsWith('C:\', [System.StringComparison]::OrdinalIgnoreCase)) {
        $message = '{0} is not on the drive that the root stands for' -f $Path
        throw (New-SfError -Code 'path-elsewhere' -Message $message)
    }
    $below = $plain.Substring(3).Replace('\', [string] [System.IO.Path]::DirectorySeparatorChar)
    if ($below.Length -eq 0) {
        return $Root
    }
    return [System.IO.Path]::Combine($Root, $below)
}

function Get-SfPlainName {
    <#
    .SYNOPSIS
    A path of the host with backslashes, without a slash at its end, '.' and '..' resolved. Throws path-relative,
    path-characters.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Path)
    $text = $Path.Replace('/', '\')
    if ($text.StartsWith('\\?\UNC\', [System.StringComparison]::OrdinalIgnoreCase)) {
        $text = '\\' + $text.Substring(8)
    }
    elseif ($text.StartsWith($script:LongPrefix, [System.StringComparison]::Ordinal)) {
        $text = $text.Substring(4)
    }
    $isShare = $text -cmatch '\A\\\\[^\\?.*][^\\]*\\[^\\]+'
    if (-not $isShare -and $text -cnotmatch '\A[A-Za-z]:\\') {
        throw (New-SfError -Code 'path-relative' -Message ('{0} is no absolute path' -f $Path))
    }
    $head = $text.Substring(0, 3)
    if ($isShare) {
        $head = $Matches[0] + '\'
    }
    $rest = ''
    if ($text.Length -gt $head.Length) {
        $rest = $text.Substring($head.Length)
    }
    if ($rest.IndexOfAny($script:NoName) -ge 0) {
        throw (New-SfError -Code 'path-characters' -Message ('{0} holds a character that no name may have' -f $Path))
    }
    $parts = New-Object -TypeName 'System.Collections.Generic.List[string]'
    foreach ($part in $rest.Split([char] 0x5C)) {
        if ($part -ceq '..' -and $parts.Count -gt 0) {
            $parts.RemoveAt($parts.Count - 1)
        }
        elseif ($part.Length -gt 0 -and $part -cne '.' -and $part -cne '..') {
            $parts.Add($part)
        }
    }
    return $head + [string]::Join('\', $parts.ToArray())
}

function Get-SfLongPath {
    <#
    .SYNOPSIS
    A disk path as .NET takes it at any length: with \\?\ where this Windows and its .NET know that, else as it is.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [string] $Path)
    if (-not (Test-SfWindows) -or $Path.StartsWith($script:LongPrefix, [System.StringComparison]::Ordinal)) {
        return $Path
    }
    if ($null -eq $script:TakesLongPrefix) {
        try {
            $script:TakesLongPrefix = [System.IO.Directory]::Exists($script:LongPrefix + $env:SystemDrive + '\')
        }
        catch [System.ArgumentException] {
            $script:TakesLongPrefix = $false
        }
    }
    if (-not $script:TakesLongPrefix) {
        return $Path
    }
    if ($Path.StartsWith('\\', [System.StringComparison]::Ordinal)) {
        return '\\?\UNC\' + $Path.Substring(2)
    }
    return $script:LongPrefix + $Path
}

function Get-SfEntry {
    <#
    .SYNOPSIS
    What lies at a disk path, without following a link or opening it: Kind (file, folder, link), Attributes, Size,
    MtimeNs, Mtime in seconds; $null if there is nothing. Throws what .NET throws where it may not be looked at.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Path)
    $long = Get-SfLongPath -Path $Path
    try {
        $attributes = [int] [System.IO.File]::GetAttributes($long)
    }
    catch [System.IO.FileNotFoundException] {
        return $null
    }
    catch [System.IO.DirectoryNotFoundException] {
        return $null
    }
    $kind = 'file'
    $info = New-Object -TypeName System.IO.FileInfo -ArgumentList $long
    $size = [long] 0
    if (($attributes -band 0x400) -ne 0 -and -not (Test-SfCloudTag -Tag (Get-SfReparseTag -Path $Path))) {
        $kind = 'link'
    }
    elseif (($attributes -band 0x10) -ne 0) {
        $kind = 'folder'
    }
    else {
        $size = [long] $info.Length
    }
    $ticks = [long] $info.LastWriteTimeUtc.Ticks - 621355968000000000
    # no time at all is 1601, which is no number of nanoseconds in 64 bits
    $fits = [System.Math]::Max(-90000000000000000, [System.Math]::Min($ticks, 90000000000000000))
    return [pscustomobject] @{
        Kind = $kind
        Attributes = $attributes
        Size = $size
        MtimeNs = $fits * 100
        Mtime = [double] $ticks / 10000000
    }
}

function Get-SfReparseTag {
    <#
    .SYNOPSIS
    The reparse tag of what lies at a disk path, as a positive number; 0 if it is no reparse point or is not there.
    #>
    [CmdletBinding()]
    [OutputType([long])]
    param([Parameter(Mandatory = $true)] [string] $Path)
    if ((Get-SfParent -Path $Path).Length -eq 0) {
        return [long] 0
    }
    if (Test-SfWindows) {
        $long = Get-SfLongPath -Path $Path
        return [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Disk]::ReparseTag($long)
    }
    try {
        $attributes = [int] [System.IO.File]::GetAttributes($Path)
    }
    catch [System.IO.IOException] {
        return [long] 0
    }
    if (($attributes -band 0x400) -ne 0) {
        return $script:LinkTag
    }
    return [long] 0
}

function Test-SfCloudTag {
    <#
    .SYNOPSIS
    Whether a reparse tag is that of a cloud file: a placeholder, or a folder that a sync engine keeps.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory = $true)] [long] $Tag)
    return ($Tag -band $script:CloudMask) -eq $script:CloudTag
}

function Test-SfPlaceholder {
    <#
    .SYNOPSIS
    Whether a file with these attributes has no content on this disk: reading it would fetch it.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory = $true)] [int] $Attributes)
    return ($Attributes -band $script:Recall) -ne 0 -or
    ($Attributes -band $script:SparseCloud) -eq $script:SparseCloud
}

function Show-SfPlaceholder {
    <#
    .SYNOPSIS
    Have Windows show this process cloud files as they are: by default it may disguise them as ordinary ones.
    #>
    [CmdletBinding()]
    param()
    if (Test-SfWindows) {
        [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Disk]::ExposePlaceholders()
    }
}

function Assert-SfPlainPath {
    <#
    .SYNOPSIS
    Throw path-reparse where a part of a disk path, itself included, is a reparse point; parts that are not there pass.

    .PARAMETER AllowCloud
    Let the reparse points of cloud files pass: sync folders and what lies in them have them.

    .PARAMETER Below
    Look only at the parts below this folder, which the caller knows.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [switch] $AllowCloud,
        [string] $Below = ''
    )
    $stop = $Below.TrimEnd([char[]] '/\')
    $current = $Path
    while ($current.Length -gt 0 -and -not [string]::Equals($current, $stop)) {
        $tag = Get-SfReparseTag -Path $current
        if ($tag -ne 0 -and -not ($AllowCloud -and (Test-SfCloudTag -Tag $tag))) {
            $message = '{0} is a junction or a link, or lies behind one ({1}): an administrator does not follow it'
            throw (New-SfError -Code 'path-reparse' -Message ($message -f $Path, $current))
        }
        $current = Get-SfParent -Path $current
    }
}

function Get-SfParent {
    <#
    .SYNOPSIS
    The folder that a disk path lies in; '' above the root of a drive or share.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [string] $Path)
    $separator = [System.IO.Path]::DirectorySeparatorChar
    $root = [System.IO.Path]::GetPathRoot($Path)
    $trimmed = $Path.TrimEnd($separator)
    if ($trimmed.Length -le $root.TrimEnd($separator).Length) {
        return ''
    }
    $cut = $trimmed.LastIndexOf($separator)
    if ($cut -lt $root.Length) {
        return $root
    }
    return $trimmed.Substring(0, $cut)
}

function Read-SfFile {
    <#
    .SYNOPSIS
    The bytes of a file that others may have open, if it holds no more than Limit; Throws path-too-large.
    #>
    [CmdletBinding()]
    [OutputType([byte[]])]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [int] $Limit
    )
    $share = [System.IO.FileShare] 'ReadWrite, Delete'
    $stream = New-Object -TypeName System.IO.FileStream -ArgumentList @(
        (Get-SfLongPath -Path $Path), [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read, $share
    )
    try {
        $bytes = [byte[]]::new($Limit + 1)
        $held = 0
        $read = $stream.Read($bytes, 0, $bytes.Length)
        while ($read -gt 0) {
            $held += $read
            $read = $stream.Read($bytes, $held, $bytes.Length - $held)
        }
    }
    finally {
        $stream.Dispose()
    }
    if ($held -gt $Limit) {
        throw (New-SfError -Code 'path-too-large' -Message ('it is larger than {0} bytes' -f $Limit))
    }
    $content = [byte[]]::new($held)
    [System.Array]::Copy($bytes, $content, $held)
    return , $content
}

function Get-SfFreeBytes {
    <#
    .SYNOPSIS
    Free space for an administrator where a disk path is, or would be; 0 where that cannot be told.
    #>
    [CmdletBinding()]
    [OutputType([long])]
    param([Parameter(Mandatory = $true)] [string] $Path)
    $folder = $Path
    while (-not [System.IO.Directory]::Exists((Get-SfLongPath -Path $folder))) {
        $folder = Get-SfParent -Path $folder
        if ($folder.Length -eq 0) {
            return [long] 0
        }
    }
    if (Test-SfWindows) {
        return [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Disk]::FreeBytes($folder)
    }
    $drive = New-Object -TypeName System.IO.DriveInfo -ArgumentList $folder
    return [long] $drive.AvailableFreeSpace
}

Export-ModuleMember -Function @(
    'Test-SfWindows', 'Get-SfDiskPath', 'Get-SfPlainName', 'Get-SfLongPath', 'Get-SfEntry', 'Get-SfReparseTag',
    'Test-SfCloudTag', 'Test-SfPlaceholder', 'Show-SfPlaceholder', 'Assert-SfPlainPath', 'Get-SfParent', 'Read-SfFile',
    'Get-SfFreeBytes'
)
