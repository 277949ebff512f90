# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Names
#AnsibleRequires -PowerShell .Folders

# Folders in the first levels of a profile that were synced once and belong to no account: the OrphanFolders of the
# facts. Told by a journal in them, or, where "Remove account" has deleted that, by a name as the client gives it.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Depth = 2
$script:ListingLimit = 2000
# holds many folders and no sync folder
$script:NotLookedAt = @('AppData')
$script:Digits = [char[]] '0123456789'

function Get-SfOrphan {
    <#
    .SYNOPSIS
    The OrphanFolder documents of a profile.

    .PARAMETER Known
    Disk paths of the folders that accounts use.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $ProfilePath,
        [AllowEmptyCollection()] [string[]] $Known = @(),
        [Parameter(Mandatory = $true)] [string] $Root
    )
    $used = [System.Collections.Generic.HashSet[string]]::new([System.StringComparer]::OrdinalIgnoreCase)
    foreach ($path in $Known) {
        $null = $used.Add($path)
    }
    $bases = Get-SfOrphanBase -Known $Known
    $found = [System.Collections.Generic.SortedDictionary[string, object]]::new([System.StringComparer]::Ordinal)
    $todo = [System.Collections.Generic.Queue[object]]::new()
    $null = $todo.Enqueue(@((Get-SfDiskPath -Path $ProfilePath -Root $Root), $ProfilePath, 0))
    while ($todo.Count -gt 0) {
        $disk, $shown, $depth = $todo.Dequeue()
        $listing = Get-SfListing -Disk $disk
        $isNamed = $depth -eq 1 -and $bases.Contains([System.IO.Path]::GetFileName($disk).TrimEnd($script:Digits))
        if ($depth -gt 0 -and ($listing.Journals.Length -gt 0 -or $isNamed)) {
            $found[$shown] = @($disk, $listing.Journals)
            continue
        }
        foreach ($name in $listing.Folders) {
            $below = [System.IO.Path]::Combine($disk, $name)
            if ($depth -lt $script:Depth -and -not $used.Contains($below) -and $script:NotLookedAt -notcontains $name) {
                $null = $todo.Enqueue(@($below, ($shown + '\' + $name), ($depth + 1)))
            }
        }
    }
    return , (Measure-SfOrphan -Found $found -Known $Known)
}

function Get-SfOrphanBase {
    <#
    .SYNOPSIS
    Names of sync folders: the client's default, and those in use, without the number that the client appends.
    #>
    [CmdletBinding()]
    param([AllowEmptyCollection()] [string[]] $Known)
    $bases = [System.Collections.Generic.HashSet[string]]::new([System.StringComparer]::OrdinalIgnoreCase)
    $null = $bases.Add('Nextcloud')
    foreach ($path in $Known) {
        $name = [System.IO.Path]::GetFileName($path).TrimEnd($script:Digits)
        if ($name.Length -gt 0) {
            $null = $bases.Add($name)
        }
    }
    return , $bases
}

function Get-SfListing {
    <#
    .SYNOPSIS
    The names of a directory's folders, links left out, and of its journals; none where it cannot be listed.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Disk)
    $folders = [System.Collections.Generic.List[string]]::new()
    $journals = [System.Collections.Generic.List[string]]::new()
    $count = 0
    try {
        $directory = [System.IO.DirectoryInfo]::new((Get-SfLongPath -Path $Disk))
        foreach ($info in $directory.EnumerateFileSystemInfos()) {
            $count += 1
            if ($count -gt $script:ListingLimit) {
                break
            }
            $flags = [int] $info.Attributes
            if (($flags -band 0x10) -eq 0) {
                if (Test-SfJournalName -Name $info.Name) {
                    $journals.Add($info.Name)
                }
            }
            elseif (($flags -band 0x400) -eq 0 -or (Test-SfCloudTag -Tag (Get-SfReparseTag -Path $info.FullName))) {
                $folders.Add($info.Name)
            }
        }
    }
    catch [System.IO.IOException], [System.UnauthorizedAccessException], [System.ComponentModel.Win32Exception] {
        # what cannot be listed has nothing to be found in it
        $count = 0
    }
    $folders.Sort([System.StringComparer]::Ordinal)
    $journals.Sort([System.StringComparer]::Ordinal)
    return [pscustomobject] @{ Folders = $folders.ToArray(); Journals = $journals.ToArray() }
}

function Measure-SfOrphan {
    <#
    .SYNOPSIS
    The OrphanFolder documents of folders that were found; one that cannot be walked is left out.
    #>
    [CmdletBinding()]
    param([System.Collections.IDictionary] $Found, [AllowEmptyCollection()] [string[]] $Known)
    $documents = [System.Collections.Generic.List[object]]::new()
    foreach ($pair in $Found.GetEnumerator()) {
        $disk, $journals = $pair.Value
        try {
            $counts = Measure-SfTree -Folder $disk -Twins $Known
        }
        catch {
            # too large, or not to be listed
            continue
        }
        $documents.Add([ordered]@{
                path = $pair.Key
                files = $counts['files']
                bytes = $counts['bytes']
                journals = [string[]] $journals
                twins = $counts['twins']
                twin_bytes = $counts['twin_bytes']
            })
    }
    return , $documents
}

Export-ModuleMember -Function @('Get-SfOrphan')
