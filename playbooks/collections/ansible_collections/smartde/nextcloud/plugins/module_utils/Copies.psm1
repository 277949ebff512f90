# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# A second copy of a sync folder: renamed, and its journal carried over. The twin of copies.py. Here it is done by the
# administrator, so the folder that holds a name is held itself while that is changed, nothing is ever put over what is
# there, and links are neither followed nor moved.
#AnsibleRequires -CSharpUtil .Native
#AnsibleRequires -PowerShell .Backup
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .PlainFile
#AnsibleRequires -PowerShell .StateWrite
#AnsibleRequires -PowerShell .WindowsAcl

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Temporary = '.smartfleet-tmp'
$script:Look = 'look what lies there'
# folders that Windows itself knows by their names
$script:Known = @(
    '3D Objects', 'AppData', 'Contacts', 'Desktop', 'Documents', 'Downloads', 'Favorites', 'Links', 'Music', 'OneDrive',
    'Pictures', 'Saved Games', 'Searches', 'Videos'
)

function Get-SfFolderId {
    <#
    .SYNOPSIS
    The number that a folder keeps for as long as it exists; nothing where there is nothing. Code copy-unfit for what is
    no folder.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Path)
    Assert-SfPlainPath -Path (Get-SfParent -Path $Path) -AllowCloud
    $entry = Get-SfEntry -Path $Path
    if ($null -eq $entry) {
        return $null
    }
    if ($entry.Kind -ne 'folder') {
        throw (New-SfRefusal -Code 'copy-unfit' -Message "$Path is no folder" -Do $script:Look)
    }
    if (-not (Test-SfWindows)) {
        return [long]0
    }
    $long = Get-SfLongPath -Path $Path
    return [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Disk]::FolderId($long)
}

function Get-SfMovableId {
    <#
    .SYNOPSIS
    The number of a copy that can be renamed where it is. Refused with copy-unfit for one that is not there, for the
    original itself, and for a folder that Windows knows by its name.
    #>
    [CmdletBinding()]
    [OutputType([long])]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][string]$ProfilePath,
        [Parameter(Mandatory = $true)][string]$Original
    )
    $do = 'set it aside by hand'
    $found = Get-SfFolderId -Path $Path
    if ($null -eq $found) {
        throw (New-SfRefusal -Code 'copy-unfit' -Message "$Path is no folder" -Do $do)
    }
    if ((Test-SfWindows) -and $found -eq (Get-SfFolderId -Path $Original)) {
        $message = "$Path is the original by another name"
        throw (New-SfRefusal -Code 'copy-unfit' -Message $message -Do $do)
    }
    $separator = [string][System.IO.Path]::DirectorySeparatorChar
    $isAround = ($ProfilePath + $separator).StartsWith($Path + $separator, [System.StringComparison]::OrdinalIgnoreCase)
    $parent = Get-SfParent -Path $Path
    $isKnown = [string]::Equals($parent, $ProfilePath, [System.StringComparison]::OrdinalIgnoreCase) -and
    $script:Known -contains [System.IO.Path]::GetFileName($Path)
    if ($isAround -or $isKnown -or $parent -eq '') {
        $message = "$Path is a folder that Windows knows by its name"
        throw (New-SfRefusal -Code 'copy-unfit' -Message $message -Do $do)
    }
    return [long]$found
}

function Rename-SfCopy {
    <#
    .SYNOPSIS
    Give the folder with this number another name beside it; nothing is done where that was done before. Codes
    copy-unfit, file-in-use.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][string]$Target,
        [Parameter(Mandatory = $true)][long]$Id
    )
    $there = Get-SfFolderId -Path $Path
    $away = Get-SfFolderId -Path $Target
    if ($null -eq $there -and $null -ne $away -and $away -eq $Id) {
        return
    }
    if ($null -eq $there -or $there -ne $Id -or $null -ne $away) {
        $taken = $Path
        if ($null -ne $away) {
            $taken = $Target
        }
        $message = "$taken is another folder than before"
        throw (New-SfRefusal -Code 'copy-unfit' -Message $message -Do $script:Look)
    }
    $pin = Lock-SfFolder -Path (Get-SfParent -Path $Path) -AllowCloud
    try {
        Move-SfFolder -Source (Get-SfLongPath -Path $Path) -Target (Get-SfLongPath -Path $Target)
    }
    catch {
        $message = "$Path cannot be renamed: $(Get-SfErrorText -ErrorRecord $_)"
        $do = 'have the user close the windows and files that are open in it, then fix again'
        throw (New-SfError -Code 'file-in-use' -Message $message -Do $do)
    }
    finally {
        $pin.Dispose()
    }
}

function Copy-SfCarried {
    <#
    .SYNOPSIS
    Copy the journal of a folder into another one; the names that are there then. The database comes last: without it
    the rest is nothing to a client. What is there already must be the same bytes (an earlier try), else code
    journal-there.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param(
        [Parameter(Mandatory = $true)][string]$From,
        [Parameter(Mandatory = $true)][string]$To,
        [Parameter(Mandatory = $true)][string]$Journal
    )
    $names = [System.Collections.Generic.List[string]]::new()
    $parts = Get-SfJournalPart
    $pin = Lock-SfFolder -Path $To -AllowCloud
    try {
        for ($number = $parts.Length - 1; $number -ge 0; $number--) {
            $name = $Journal + $parts[$number]
            if (Copy-SfCarriedFile -From $From -To $To -Name $name) {
                $names.Add($name)
            }
        }
    }
    finally {
        $pin.Dispose()
    }
    return , $names.ToArray()
}

function Copy-SfCarriedFile {
    <#
    .SYNOPSIS
    Copy one file of a journal; whether there is one.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][string]$From,
        [Parameter(Mandatory = $true)][string]$To,
        [Parameter(Mandatory = $true)][string]$Name
    )
    $path = [System.IO.Path]::Combine($From, $Name)
    $target = [System.IO.Path]::Combine($To, $Name)
    $temporary = (Get-SfLongPath -Path $target) + $script:Temporary
    $stream = Open-SfPlainFile -Path $path -AllowCloud
    if ($null -eq $stream) {
        return $false
    }
    try {
        [System.IO.File]::Delete($temporary)
        $digest = Copy-SfHashed -From $stream -Path $temporary
        if ($null -ne (Get-SfEntry -Path $target)) {
            Assert-SfCarried -Path $target -Temporary $temporary -Digest $digest
            return $true
        }
        Copy-SfOwner -From (Get-SfLongPath -Path $path) -To $temporary
        $flags = [int][System.IO.File]::GetAttributes((Get-SfLongPath -Path $path))
        [System.IO.File]::SetAttributes($temporary, [System.IO.FileAttributes]($flags -band 0x27))
        # fails where there is something by now
        [System.IO.File]::Move($temporary, (Get-SfLongPath -Path $target))
        return $true
    }
    finally {
        $stream.Dispose()
        [System.IO.File]::Delete($temporary)
    }
}

function Assert-SfCarried {
    <#
    .SYNOPSIS
    Throw journal-there unless a file that is there already is the one that was to be copied.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][string]$Temporary,
        [Parameter(Mandatory = $true)][string]$Digest
    )
    [System.IO.File]::Delete($Temporary)
    $same = ''
    $stream = Open-SfPlainFile -Path $Path -AllowCloud
    if ($null -ne $stream) {
        try {
            $same = Copy-SfHashed -From $stream -Path $Temporary
        }
        finally {
            $stream.Dispose()
        }
    }
    if ($same -cne $Digest) {
        $message = "the original has a journal of its own: $Path"
        throw (New-SfError -Code 'journal-there' -Message $message -Do 'audit the host again')
    }
}

function Test-SfCarried {
    <#
    .SYNOPSIS
    Whether a file is the same bytes as the one that it may be a copy of.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][string]$From
    )
    $digests = [System.Collections.Generic.List[string]]::new()
    $hasher = [System.Security.Cryptography.SHA256CryptoServiceProvider]::new()
    try {
        foreach ($one in @($Path, $From)) {
            $stream = Open-SfPlainFile -Path $one -AllowCloud
            if ($null -eq $stream) {
                return $false
            }
            try {
                $digests.Add([System.BitConverter]::ToString($hasher.ComputeHash($stream)))
            }
            finally {
                $stream.Dispose()
            }
        }
    }
    finally {
        $hasher.Dispose()
    }
    return $digests[0] -ceq $digests[1]
}

function Remove-SfCarried {
    <#
    .SYNOPSIS
    Remove the files of a journal that was carried into a folder from another one; their names. It is known by its
    number, whatever a client wrote since; one that was not noted yet ('') by its bytes.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param(
        [Parameter(Mandatory = $true)][string]$Folder,
        [Parameter(Mandatory = $true)][string]$Journal,
        [Parameter(Mandatory = $true)][string]$From,
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Id
    )
    $removed = [System.Collections.Generic.List[string]]::new()
    $pin = Lock-SfFolder -Path $Folder -AllowCloud
    try {
        $sign = Get-SfFileSign -Path ([System.IO.Path]::Combine($Folder, $Journal)) -AllowCloud
        $isNoted = $Id -ne '' -and ($null -eq $sign -or [string]$sign.id -eq $Id)
        $parts = (Get-SfJournalPart) + @('-shm')
        foreach ($part in ($parts + @($parts | ForEach-Object -Process { $_ + $script:Temporary }))) {
            $path = [System.IO.Path]::Combine($Folder, $Journal + $part)
            $entry = Get-SfEntry -Path $path
            $isMine = $isNoted -or $part.EndsWith($script:Temporary, [System.StringComparison]::Ordinal)
            if ($null -eq $entry -or $entry.Kind -ne 'file') {
                continue
            }
            if ($isMine -or (Test-SfCarried -Path $path -From ([System.IO.Path]::Combine($From, $Journal + $part)))) {
                [System.IO.File]::SetAttributes((Get-SfLongPath -Path $path), [System.IO.FileAttributes]::Normal)
                [System.IO.File]::Delete((Get-SfLongPath -Path $path))
                $removed.Add($Journal + $part)
            }
        }
    }
    finally {
        $pin.Dispose()
    }
    return , $removed.ToArray()
}

Export-ModuleMember -Function @(
    'Get-SfFolderId', 'Get-SfMovableId', 'Rename-SfCopy', 'Copy-SfCarried', 'Remove-SfCarried'
)
