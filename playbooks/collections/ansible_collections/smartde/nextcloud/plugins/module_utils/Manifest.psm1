# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Walk
#AnsibleRequires -PowerShell .Digests

# Manifests in the format of the Python twin (module_utils/manifest.py tells it): what a sync folder held at one moment,
# one line a name, gzipped, in the order of a walk, with a digest of all lines at the end.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Latin = [System.Text.Encoding]::GetEncoding(28591)
$script:Magic = "smartfleet-manifest 1`n"
$script:Chunk = 262144
$script:Blank = [char[]] ' '
$script:Escaped = [char[]] "\`n"

function Write-SfManifest {
    <#
    .SYNOPSIS
    Walk a folder and write it down; a table of what it holds: lines, files, bytes, placeholders, links, unread, root
    (the digest of all lines). Throws what .NET throws where the folder itself cannot be listed.

    .PARAMETER Folder
    The disk path of the sync folder; the caller has made sure that it may be walked.

    .PARAMETER Stream
    Where the manifest goes; it is left open. Without one the folder is only counted.

    .PARAMETER Digests
    Read every file and write down its SHA-1.

    .PARAMETER Known
    The paths that the sync journal knows, with slashes. A file that is not among them is marked as still to be
    uploaded; without a journal that is every file.

    .PARAMETER VirtualFiles
    The folder's mode of virtual files in the configuration.

    .PARAMETER Seconds
    After how long it is given up, with the code folder-slow; 0 for never.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [string] $Folder,
        [AllowNull()] [System.IO.Stream] $Stream = $null,
        [switch] $Digests,
        [AllowNull()] [System.Collections.Generic.HashSet[string]] $Known = $null,
        [string] $VirtualFiles = 'off',
        [double] $Seconds = 0
    )
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $book = New-SfBook -Stream $Stream
    $book.Digests = [bool] $Digests
    $book.Known = $Known
    $book.VirtualFiles = $VirtualFiles
    try {
        $levels = New-Object -TypeName 'System.Collections.Generic.Stack[object]'
        $levels.Push((Open-SfLevel -Path $Folder -Prefix '' -VirtualFiles $VirtualFiles))
        while ($levels.Count -gt 0) {
            if ($Seconds -gt 0 -and $watch.Elapsed.TotalSeconds -gt $Seconds) {
                throw (New-SfError -Code 'folder-slow' -Message "not walked to its end in $Seconds s")
            }
            $below = Add-SfLevel -Book $book -Level ($levels.Peek())
            if ($null -ne $below) {
                $levels.Push($below)
            }
            else {
                $null = $levels.Pop()
            }
        }
        return Close-SfBook -Book $book
    }
    finally {
        $book.Root.Dispose()
        $book.Sha1.Dispose()
        if ($null -ne $book.Zip) {
            $book.Zip.Dispose()
        }
    }
}

function Save-SfManifest {
    <#
    .SYNOPSIS
    As Write-SfManifest, into a file that is there only when it is whole and on the disk.

    .PARAMETER Path
    The disk path of the manifest.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [string] $Folder,
        [Parameter(Mandatory = $true)] [string] $Path,
        [switch] $Digests,
        [AllowNull()] [System.Collections.Generic.HashSet[string]] $Known = $null,
        [string] $VirtualFiles = 'off'
    )
    $target = Get-SfLongPath -Path $Path
    $partial = $target + '.partial'
    $stream = New-Object -TypeName System.IO.FileStream -ArgumentList @(
        $partial, [System.IO.FileMode]::Create, [System.IO.FileAccess]::Write, [System.IO.FileShare]::None
    )
    try {
        $with = @{
            Folder = $Folder; Stream = $stream; Digests = $Digests; Known = $Known; VirtualFiles = $VirtualFiles
        }
        $count = Write-SfManifest @with
        $stream.Flush($true)
    }
    catch {
        $stream.Dispose()
        [System.IO.File]::Delete($partial)
        throw
    }
    $stream.Dispose()
    [System.IO.File]::Delete($target)
    [System.IO.File]::Move($partial, $target)
    return $count
}

function New-SfBook {
    <#
    .SYNOPSIS
    What is carried from name to name while a manifest is written.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([AllowNull()] [System.IO.Stream] $Stream)
    $book = @{
        Root = [System.Security.Cryptography.SHA256CryptoServiceProvider]::new()
        Sha1 = [System.Security.Cryptography.SHA1]::Create()
        Plain = New-Object -TypeName System.Text.StringBuilder
        Stored = New-Object -TypeName System.Text.StringBuilder
        Kinds = @{ f = 0; d = 0; l = 0; p = 0; u = 0; x = 0 }
        Bytes = [long] 0
        Zip = $null
    }
    if ($null -ne $Stream) {
        $book.Zip = New-Object -TypeName System.IO.Compression.GZipStream -ArgumentList @(
            $Stream, [System.IO.Compression.CompressionMode]::Compress, $true
        )
        Write-SfText -Zip $book.Zip -Text $script:Magic
    }
    return $book
}

function Add-SfLevel {
    <#
    .SYNOPSIS
    Write down the names of a directory up to the next directory in it, which is given opened; $null at the end.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Book,
        [Parameter(Mandatory = $true)] [hashtable] $Level
    )
    $keys = $Level.Keys
    $entries = $Level.Entries
    $prefix = $Level.Prefix
    $kinds = $Book.Kinds
    $plain = $Book.Plain
    $known = $Book.Known
    $hashing = $Book.Digests
    $storing = $null -ne $Book.Zip
    $utf8 = [System.Text.Encoding]::UTF8
    $below = $null
    for ($at = $Level.At; $at -lt $keys.Count -and $null -eq $below; $at++) {
        $key = $keys[$at]
        $letter, $size, $ticks, $place = $entries[$key]
        $path = $prefix + $key
        if ($letter -ceq 'd') {
            $letter, $below = Open-SfBelow -Path $place -Prefix $path -VirtualFiles $Book.VirtualFiles
            if ($letter -ceq '') {
                continue
            }
        }
        if ($letter -ceq 'd' -or $letter -ceq 'x') {
            $path = $path.Substring(0, $path.Length - 1)
        }
        $digest = '-'
        if ($letter -ceq 'f') {
            $Book.Bytes += $size
            if ($hashing) {
                $digest = Get-SfFileDigest -Path $place -Size $size -Ticks $ticks -Hash $Book.Sha1
            }
        }
        if ($path.IndexOfAny($script:Escaped) -ge 0) {
            $path = $path.Replace('\', '\\').Replace("`n", '\n')
        }
        # a tick is 100 nanoseconds
        $time = if ($ticks -eq 0) { '0' } else { "${ticks}00" }
        $rest = " $size $time $digest $path`n"
        $kinds[$letter]++
        $null = $plain.Append($letter).Append($rest)
        if ($storing) {
            if ($letter -ceq 'f') {
                $plainPath = $utf8.GetString($script:Latin.GetBytes($prefix + $key))
                $isKnown = $null -ne $known -and $known.Contains($plainPath)
                $letter = if ($isKnown) { 'f' } else { 'F' }
            }
            $null = $Book.Stored.Append($letter).Append($rest)
        }
        if ($plain.Length -gt $script:Chunk) {
            Save-SfChunk -Book $Book
        }
    }
    $Level.At = $at
    return $below
}

function Open-SfBelow {
    <#
    .SYNOPSIS
    A directory that a walk comes to: the letter of its line ('' if it is gone by now, x if it cannot be listed), and
    the level, or $null.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [string] $Prefix,
        [Parameter(Mandatory = $true)] [string] $VirtualFiles
    )
    try {
        # asked again at the last moment: a directory that was swapped for a junction is not entered
        $flags = [int] [System.IO.File]::GetAttributes($Path)
        if (($flags -band 0x400) -ne 0 -and -not (Test-SfCloudTag -Tag (Get-SfReparseTag -Path $Path))) {
            return , @('x', $null)
        }
        return , @('d', (Open-SfLevel -Path $Path -Prefix $Prefix -VirtualFiles $VirtualFiles))
    }
    catch [System.IO.DirectoryNotFoundException] {
        return , @('', $null)
    }
    catch [System.IO.FileNotFoundException] {
        return , @('', $null)
    }
    catch {
        # not for us, or not to be read
        return , @('x', $null)
    }
}

function Save-SfChunk {
    <#
    .SYNOPSIS
    Take the lines that were gathered into the digest, and into the file.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [hashtable] $Book)
    $lines = $script:Latin.GetBytes($Book.Plain.ToString())
    $null = $Book.Root.TransformBlock($lines, 0, $lines.Length, $lines, 0)
    $null = $Book.Plain.Clear()
    if ($null -ne $Book.Zip) {
        Write-SfText -Zip $Book.Zip -Text ($Book.Stored.ToString())
        $null = $Book.Stored.Clear()
    }
}

function Write-SfText {
    <#
    .SYNOPSIS
    Write byte names into a stream, a byte for each character.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [System.IO.Stream] $Zip,
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Text
    )
    $bytes = $script:Latin.GetBytes($Text)
    $Zip.Write($bytes, 0, $bytes.Length)
}

function Close-SfBook {
    <#
    .SYNOPSIS
    Write the last line, and give the sums.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)] [hashtable] $Book)
    Save-SfChunk -Book $Book
    $root = Complete-SfHash -Hash $Book.Root
    $kinds = $Book.Kinds
    $lines = $kinds.f + $kinds.d + $kinds.l + $kinds.p + $kinds.u + $kinds.x
    if ($null -ne $Book.Zip) {
        Write-SfText -Zip $Book.Zip -Text "end $lines $root`n"
    }
    return @{
        lines = $lines
        files = $kinds.f
        bytes = $Book.Bytes
        placeholders = $kinds.p
        links = $kinds.l
        unread = $kinds.u + $kinds.x
        root = $root
    }
}

function Complete-SfHash {
    <#
    .SYNOPSIS
    The digest of all that a hash algorithm was given, in hex.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [System.Security.Cryptography.HashAlgorithm] $Hash)
    $nothing = New-Object -TypeName 'byte[]' -ArgumentList 0
    $null = $Hash.TransformFinalBlock($nothing, 0, 0)
    return [System.BitConverter]::ToString($Hash.Hash).Replace('-', '').ToLowerInvariant()
}

function Open-SfManifest {
    <#
    .SYNOPSIS
    A reader of the lines of a manifest, behind its first line. Throws manifest-damaged. A line ends at a carriage
    return too, which no name on Windows holds.

    .PARAMETER Path
    The disk path of the manifest.
    #>
    [CmdletBinding()]
    [OutputType([System.IO.StreamReader])]
    param([Parameter(Mandatory = $true)] [string] $Path)
    $stream = New-Object -TypeName System.IO.FileStream -ArgumentList @(
        (Get-SfLongPath -Path $Path), [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read,
        [System.IO.FileShare]::Read
    )
    $zip = New-Object -TypeName System.IO.Compression.GZipStream -ArgumentList @(
        $stream, [System.IO.Compression.CompressionMode]::Decompress
    )
    $reader = New-Object -TypeName System.IO.StreamReader -ArgumentList $zip, $script:Latin
    try {
        $first = $reader.ReadLine()
    }
    catch {
        $first = ''
    }
    if ($first -cne $script:Magic.TrimEnd()) {
        $reader.Dispose()
        throw (New-SfError -Code 'manifest-damaged' -Message 'the manifest from before is damaged, or none')
    }
    return $reader
}

function Get-SfManifestRoot {
    <#
    .SYNOPSIS
    The digest that a manifest stands for, to be compared with that of a walk. Throws manifest-damaged.

    .PARAMETER Digests
    Whether the walk has digests of contents; without it those of the manifest are left out.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [switch] $Digests
    )
    $hash = [System.Security.Cryptography.SHA256CryptoServiceProvider]::new()
    $whole = [System.Security.Cryptography.SHA256CryptoServiceProvider]::new()
    $reader = Open-SfManifest -Path $Path
    try {
        $number = 0
        $text = New-Object -TypeName System.Text.StringBuilder
        $stored = New-Object -TypeName System.Text.StringBuilder
        $line = $reader.ReadLine()
        while ($null -ne $line -and -not $line.StartsWith('end ', [System.StringComparison]::Ordinal)) {
            $letter, $size, $time, $digest, $name = $line.Split($script:Blank, 5)
            $letter = $letter.ToLowerInvariant()
            $null = $stored.Append("$letter $size $time $digest $name`n")
            if (-not $Digests) {
                $digest = '-'
            }
            $null = $text.Append("$letter $size $time $digest $name`n")
            $number++
            if ($text.Length -gt $script:Chunk) {
                Add-SfHash -Hash $hash -Text $text
                Add-SfHash -Hash $whole -Text $stored
            }
            $line = $reader.ReadLine()
        }
        Add-SfHash -Hash $hash -Text $text
        Add-SfHash -Hash $whole -Text $stored
        $end = Complete-SfHash -Hash $whole
        if ($line -cne "end $number $end") {
            throw (New-SfError -Code 'manifest-damaged' -Message 'the manifest from before is damaged or cut off')
        }
        return Complete-SfHash -Hash $hash
    }
    finally {
        $reader.Dispose()
        $hash.Dispose()
        $whole.Dispose()
    }
}

function Add-SfHash {
    <#
    .SYNOPSIS
    Take lines into a digest, and forget them.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [System.Security.Cryptography.HashAlgorithm] $Hash,
        [Parameter(Mandatory = $true)] [System.Text.StringBuilder] $Text
    )
    $lines = $script:Latin.GetBytes($Text.ToString())
    $null = $Hash.TransformBlock($lines, 0, $lines.Length, $lines, 0)
    $null = $Text.Clear()
}

Export-ModuleMember -Function @('Write-SfManifest', 'Save-SfManifest', 'Open-SfManifest', 'Get-SfManifestRoot')
