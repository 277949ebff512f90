# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Files in a user's profile, opened by an administrator. The user may swap a folder for a junction at any moment, so a
# file that was opened is asked where it really lies, and a folder that is written to is held: while a file in it is
# open, neither it nor a folder above it can be renamed, removed, or made a junction.
#AnsibleRequires -CSharpUtil .Native
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Open-SfPlainFile {
    <#
    .SYNOPSIS
    A stream on an ordinary file that nobody is writing to; nothing where there is no file. Codes not-a-file,
    path-reparse; a sharing violation where somebody has it open for writing.
    #>
    [CmdletBinding()]
    [OutputType([System.IO.FileStream])]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [System.IO.FileShare]$Share = [System.IO.FileShare]::Read,
        [switch]$AllowCloud
    )
    Assert-SfPlainPath -Path $Path -AllowCloud:$AllowCloud
    $entry = Get-SfEntry -Path $Path
    if ($null -eq $entry) {
        return $null
    }
    if ($entry.Kind -ne 'file' -or (Test-SfPlaceholder -Attributes $entry.Attributes)) {
        throw (New-SfError -Code 'not-a-file' -Message "$Path is no ordinary file")
    }
    $stream = [System.IO.FileStream]::new(
        (Get-SfLongPath -Path $Path), [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read, $Share)
    try {
        Assert-SfSamePlace -Stream $stream -Path $Path
    }
    catch {
        $stream.Dispose()
        throw
    }
    return $stream
}

function Assert-SfSamePlace {
    <#
    .SYNOPSIS
    Throw path-reparse where an open file lies elsewhere than its path says.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][System.IO.FileStream]$Stream,
        [Parameter(Mandatory = $true)][string]$Path
    )
    if (-not (Test-SfWindows) -or $Path.StartsWith('\\', [System.StringComparison]::Ordinal)) {
        return
    }
    $real = [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Disk]::FinalPath($Stream.SafeFileHandle)
    if (-not [string]::Equals($real, '\\?\' + $Path, [System.StringComparison]::OrdinalIgnoreCase)) {
        $message = "$Path really lies in $($real): an administrator does not follow a junction"
        throw (New-SfError -Code 'path-reparse' -Message $message)
    }
}

function Get-SfFileSign {
    <#
    .SYNOPSIS
    What tells a file from another one of the same name: id, size and mtime_ns; nothing for what is missing or no file.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [switch]$AllowCloud
    )
    $everybody = [System.IO.FileShare]'ReadWrite, Delete'
    try {
        $stream = Open-SfPlainFile -Path $Path -Share $everybody -AllowCloud:$AllowCloud
    }
    catch {
        if ((Get-SfErrorFact -ErrorRecord $_).code -ne '') {
            return $null
        }
        throw
    }
    if ($null -eq $stream) {
        return $null
    }
    try {
        return Get-SfStreamSign -Stream $stream
    }
    finally {
        $stream.Dispose()
    }
}

function Get-SfStreamSign {
    <#
    .SYNOPSIS
    As Get-SfFileSign, for a file that is open.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)][System.IO.FileStream]$Stream)
    $number = [long]0
    if (Test-SfWindows) {
        $handle = $Stream.SafeFileHandle
        $number = [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Disk]::FileId($handle)
    }
    $ticks = [System.IO.File]::GetLastWriteTimeUtc($Stream.Name).Ticks - 621355968000000000
    return @{ id = $number; size = $Stream.Length; mtime_ns = [long]($ticks * 100) }
}

function Lock-SfFolder {
    <#
    .SYNOPSIS
    Hold a folder in its place until the stream that is returned is disposed of. Code path-reparse.
    #>
    [CmdletBinding()]
    [OutputType([System.IO.FileStream])]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [switch]$AllowCloud
    )
    Assert-SfPlainPath -Path $Path -AllowCloud:$AllowCloud
    $name = [System.IO.Path]::Combine($Path, '.smartfleet-' + [guid]::NewGuid().ToString('N'))
    $stream = [System.IO.FileStream]::new(
        (Get-SfLongPath -Path $name),
        [System.IO.FileMode]::CreateNew,
        [System.IO.FileAccess]::ReadWrite,
        [System.IO.FileShare]::None,
        4096,
        [System.IO.FileOptions]::DeleteOnClose)
    try {
        Assert-SfSamePlace -Stream $stream -Path $name
    }
    catch {
        $stream.Dispose()
        throw
    }
    return $stream
}

Export-ModuleMember -Function @(
    'Open-SfPlainFile', 'Get-SfFileSign', 'Get-SfStreamSign', 'Lock-SfFolder'
)
