# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Disk

# SHA-1 of files, read as a stream. It is what the client's journal holds: it finds damage, it is no signature.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Get-SfFileDigest {
    <#
    .SYNOPSIS
    The SHA-1 of a file in hex; '-' where the file cannot be read, or is not or no longer what the walk saw.

    .PARAMETER Ticks
    Its time of writing as the walk saw it, in ticks since 1970.

    .PARAMETER Hash
    A hash algorithm to use, made once for many files.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [long] $Size,
        [Parameter(Mandatory = $true)] [long] $Ticks,
        [Parameter(Mandatory = $true)] [System.Security.Cryptography.HashAlgorithm] $Hash
    )
    try {
        # asked again at the last moment: a file that was dehydrated since would be fetched, a link would be followed
        $flags = [int] [System.IO.File]::GetAttributes($Path)
        if (($flags -band 0x441600) -ne 0 -and -not (Test-SfReadable -Attributes $flags -Path $Path)) {
            return '-'
        }
        $stream = [System.IO.FileStream]::new(
            $Path, [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read,
            [System.IO.FileShare] 'ReadWrite, Delete', 131072, [System.IO.FileOptions]::SequentialScan
        )
        try {
            $digest = $Hash.ComputeHash($stream)
            $read = $stream.Position
        }
        finally {
            $stream.Dispose()
        }
        $now = [System.IO.File]::GetLastWriteTimeUtc($Path).Ticks - 621355968000000000
        if ($read -ne $Size -or $now -ne $Ticks) {
            return '-'
        }
        return [System.BitConverter]::ToString($digest).Replace('-', '').ToLowerInvariant()
    }
    catch {
        # held open by another process, gone, or not for us: the file counts as one whose content is not proven
        return '-'
    }
}

function Test-SfReadable {
    <#
    .SYNOPSIS
    Whether a file with unusual attributes has its content here and is no link.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)] [int] $Attributes,
        [Parameter(Mandatory = $true)] [string] $Path
    )
    if (Test-SfPlaceholder -Attributes $Attributes) {
        return $false
    }
    return ($Attributes -band 0x400) -eq 0 -or (Test-SfCloudTag -Tag (Get-SfReparseTag -Path $Path))
}

Export-ModuleMember -Function @('Get-SfFileDigest')
