# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# What a journal knows of each path, and a folder as the disk has it, as tables by byte name (see Walk); the key of a
# directory ends in a slash. The client works on neither.
#AnsibleRequires -CSharpUtil .Native
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Excludes
#AnsibleRequires -PowerShell .Journal
#AnsibleRequires -PowerShell .Walk

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:RowLimit = 5000000
$script:Directory = 2
$script:Latin = [System.Text.Encoding]::GetEncoding(28591)
$script:Query = 'SELECT CAST(path AS TEXT), CAST(type AS INTEGER), CAST(filesize AS INTEGER),' +
' CAST(modtime AS INTEGER), CAST(md5 AS TEXT) FROM metadata'

function Read-SfJournalRow {
    <#
    .SYNOPSIS
    A journal as a table of counts (as the facts have them) and rows: key to a list of type, size, time in seconds and
    etag. Throws what Copy-SfJournal throws, journal-damaged, journal-unread.

    .PARAMETER Spool
    A folder that only administrators can read, for a copy.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [string] $Journal,
        [Parameter(Mandatory = $true)] [string] $Spool
    )
    $place = [System.IO.Path]::Combine($Spool, 'smartfleet-' + [System.Guid]::NewGuid().ToString('N'))
    try {
        $null = [System.IO.Directory]::CreateDirectory($place)
        $copy = [System.IO.Path]::Combine($place, 'journal.db')
        Copy-SfJournal -Path $Journal -Copy $copy
        $counts = [ordered]@{}
        Add-SfJournalCount -Copy $copy -Facts $counts
        return @{ counts = $counts; rows = (Get-SfJournalRowTable -Copy $copy) }
    }
    finally {
        Remove-SfJournalCopy -Place $place
    }
}

function Get-SfJournalRowTable {
    <#
    .SYNOPSIS
    The rows of a copied journal that Add-SfJournalCount has looked at.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Copy)
    $rows = [System.Collections.Generic.Dictionary[string, object]]::new([System.StringComparer]::Ordinal)
    $utf8 = [System.Text.Encoding]::UTF8
    $latin = $script:Latin
    $database = [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Database]::new($Copy)
    try {
        $found = $database.Read($script:Query, $script:RowLimit)
    }
    catch {
        $message = 'the journal is damaged or cut off: ' + (Get-SfErrorText -ErrorRecord $_)
        throw (New-SfError -Code 'journal-damaged' -Message $message)
    }
    finally {
        $database.Dispose()
    }
    if ($found.Length -ge $script:RowLimit) {
        throw (New-SfError -Code 'journal-damaged' -Message 'the journal has more rows than any client writes')
    }
    foreach ($row in $found) {
        $key = $latin.GetString($utf8.GetBytes([string] $row[0]))
        if ([long] $row[1] -eq $script:Directory) {
            $key += '/'
        }
        $rows[$key] = @([long] $row[1], [long] $row[2], [long] $row[3], ([string] $row[4]).Trim([char] '"'))
    }
    return , $rows
}

function Get-SfTreeTable {
    <#
    .SYNOPSIS
    A folder as the disk has it: key to a list of letter, size, time in ticks and disk path, as Open-SfLevel gives
    them. A directory that cannot be listed has the letter x. Throws what .NET throws for the folder itself.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $Folder,
        [string] $VirtualFiles = 'off'
    )
    $found = [System.Collections.Generic.Dictionary[string, object]]::new([System.StringComparer]::Ordinal)
    $todo = [System.Collections.Generic.Stack[object]]::new()
    $todo.Push((Open-SfLevel -Path $Folder -Prefix '' -VirtualFiles $VirtualFiles))
    while ($todo.Count -gt 0) {
        $level = $todo.Pop()
        foreach ($key in $level.Keys) {
            $entry = $level.Entries[$key]
            $path = $level.Prefix + $key
            $found[$path] = $entry
            if ($entry[0] -ceq 'd') {
                $below = Open-SfTreeBelow -Path $entry[3] -Prefix $path -VirtualFiles $VirtualFiles
                if ($null -eq $below) {
                    $found[$path] = @('x', [long] 0, [long] 0, $entry[3])
                }
                else {
                    $todo.Push($below)
                }
            }
        }
    }
    return , $found
}

function Open-SfTreeBelow {
    <#
    .SYNOPSIS
    A directory that a walk comes to; nothing where it cannot be listed, or has become a junction.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [string] $Prefix,
        [Parameter(Mandatory = $true)] [string] $VirtualFiles
    )
    try {
        $flags = [int] [System.IO.File]::GetAttributes($Path)
        if (($flags -band 0x400) -ne 0 -and -not (Test-SfCloudTag -Tag (Get-SfReparseTag -Path $Path))) {
            return $null
        }
        return Open-SfLevel -Path $Path -Prefix $Prefix -VirtualFiles $VirtualFiles
    }
    catch {
        # not for us, or gone: both are told as what could not be looked at
        return $null
    }
}

function Test-SfSynced {
    <#
    .SYNOPSIS
    Whether a file is as the client left it, by its entry of the disk and its row: the client's own test.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [AllowNull()] [object[]] $Entry,
        [AllowNull()] [object[]] $Row
    )
    if ($null -eq $Entry -or $null -eq $Row) {
        return $false
    }
    $type = $Row[0]
    if ($Entry[0] -ceq 'p') {
        # virtual, or to be downloaded
        return $type -eq 4 -or $type -eq 5
    }
    if ($Entry[0] -cne 'f' -or ($type -ne 0 -and $type -ne 6)) {
        return $false
    }
    return $Entry[1] -eq $Row[1] -and [System.Math]::Floor($Entry[2] / 10000000.0) -eq $Row[2]
}

function Measure-SfLocalChange {
    <#
    .SYNOPSIS
    What the client has still to upload, as the LocalChanges of the facts: a table of new, changed and deleted, with
    files (on the disk) and unread (what could not be looked at).

    .PARAMETER Rules
    What Read-SfExclude gave.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Tree,
        [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Rows,
        [Parameter(Mandatory = $true)] [hashtable] $Rules
    )
    $sum = @{ new = 0; changed = 0; deleted = 0; files = 0; unread = 0 }
    foreach ($pair in $Tree.GetEnumerator()) {
        $entry = $pair.Value
        $letter = $entry[0]
        if ($letter -ceq 'u' -or $letter -ceq 'x') {
            $sum.unread++
        }
        if ($letter -cne 'f' -and $letter -cne 'p') {
            continue
        }
        $sum.files++
        $row = $null
        if ($Rows.ContainsKey($pair.Key) -and @(0, 4, 5, 6) -contains $Rows[$pair.Key][0]) {
            $row = $Rows[$pair.Key]
        }
        if ($null -ne $row) {
            if (-not (Test-SfSynced -Entry $entry -Row $row)) {
                $sum.changed++
            }
        }
        elseif (-not (Test-SfUnsynced -Rules $Rules -Path (ConvertFrom-SfByteName -Name $pair.Key))) {
            $sum.new++
        }
    }
    foreach ($pair in $Rows.GetEnumerator()) {
        if (@(0, 4, 5, 6) -contains $pair.Value[0] -and -not $Tree.ContainsKey($pair.Key)) {
            $sum.deleted++
        }
    }
    return $sum
}

Export-ModuleMember -Function @('Read-SfJournalRow', 'Get-SfTreeTable', 'Test-SfSynced', 'Measure-SfLocalChange')
