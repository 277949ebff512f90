# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -CSharpUtil .Native
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Disk

# A journal of the client: the running client locks its own, and keeps much of it in the -wal beside it, so both are
# copied to a private folder and the copy is counted with the SQLite of Windows. The twin of journals.py and of the
# summary in journal.py.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:SizeLimit = [long] 4294967296
$script:Tries = 3
$script:MaxInstances = 5
# distinct ends of file ids that are looked through for instance ids
$script:MaxEnds = 200
$script:Magic = 'SQLite format 3'
$script:Database = 'ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Database'

function Get-SfJournalFact {
    <#
    .SYNOPSIS
    The JournalFacts of a sync folder's journal. Spool is a folder that only administrators can read.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $Folder,
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Name,
        [Parameter(Mandatory = $true)] [string] $Spool
    )
    $facts = [ordered]@{ name = $Name; state = 'ok'; detail = '' }
    $place = [System.IO.Path]::Combine($Spool, 'smartfleet-' + [System.Guid]::NewGuid().ToString('N'))
    try {
        $path = Get-SfJournalPath -Folder $Folder -Name $Name
        $entry = Get-SfEntry -Path $path
        if ($null -eq $entry) {
            $facts['state'] = 'absent'
            return $facts
        }
        $facts['size'] = $entry.Size
        $null = [System.IO.Directory]::CreateDirectory($place)
        $copy = [System.IO.Path]::Combine($place, 'journal.db')
        Copy-SfJournal -Path $path -Copy $copy
        Add-SfJournalCount -Copy $copy -Facts $facts
    }
    catch {
        $told = Get-SfErrorFact -ErrorRecord $_
        $facts['state'] = 'unreadable'
        $facts['detail'] = $told['message']
    }
    finally {
        Remove-SfJournalCopy -Place $place
    }
    return $facts
}

function Remove-SfJournalCopy {
    <#
    .SYNOPSIS
    Take the folder of a copy away.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Place)
    try {
        if ([System.IO.Directory]::Exists($Place)) {
            [System.IO.Directory]::Delete($Place, $true)
        }
    }
    catch [System.IO.IOException], [System.UnauthorizedAccessException] {
        # a scanner has it open: the module's own temporary folder is emptied when the module ends
        return
    }
}

function Get-SfJournalPath {
    <#
    .SYNOPSIS
    The disk path of a journal. Throws journal-name for a name that is a path or no name.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [string] $Folder,
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Name
    )
    $bad = [char[]] '/\:*?"<>|' + [char[]] (0..31)
    if ($Name.Trim().Length -eq 0 -or $Name.IndexOfAny([char[]] $bad) -ge 0 -or $Name -match '\A\.+\z') {
        throw (New-SfError -Code 'journal-name' -Message 'journalPath is no plain name')
    }
    return [System.IO.Path]::Combine($Folder, $Name)
}

function Copy-SfJournal {
    <#
    .SYNOPSIS
    Copy database and log as of one moment: a client that writes in between makes us begin anew.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [string] $Copy
    )
    for ($try = 0; $try -lt $script:Tries; $try++) {
        $before = Get-SfJournalStamp -Path $Path
        Copy-SfJournalFile -Path $Path -Copy $Copy
        [System.IO.File]::Delete($Copy + '-wal')
        if ((Get-SfJournalStamp -Path ($Path + '-wal')).Length -gt 0) {
            Copy-SfJournalFile -Path ($Path + '-wal') -Copy ($Copy + '-wal')
        }
        if ([string]::Equals((Get-SfJournalStamp -Path $Path), $before)) {
            return
        }
    }
    throw (New-SfError -Code 'journal-busy' -Message 'it changes while it is read')
}

function Get-SfJournalStamp {
    <#
    .SYNOPSIS
    Size and time of a file; '' where there is none.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [string] $Path)
    $entry = Get-SfEntry -Path $Path
    if ($null -eq $entry) {
        return ''
    }
    return '{0} {1}' -f $entry.Size, $entry.MtimeNs
}

function Copy-SfJournalFile {
    <#
    .SYNOPSIS
    Copy an ordinary file that others may have open. Throws journal-file for anything else.
    #>
    [CmdletBinding()]
    param([string] $Path, [string] $Copy)
    $entry = Get-SfEntry -Path $Path
    $problem = ''
    if ($null -eq $entry -or $entry.Kind -ne 'file') {
        $problem = 'it is no ordinary file'
    }
    elseif (Test-SfPlaceholder -Attributes $entry.Attributes) {
        $problem = 'its content is in a cloud and not on this disk'
    }
    elseif ($entry.Size -gt $script:SizeLimit) {
        $problem = 'it has {0} bytes' -f $entry.Size
    }
    elseif ((Get-SfFreeBytes -Path (Get-SfParent -Path $Copy)) -lt 2 * $entry.Size) {
        $problem = 'no room for a copy of it'
    }
    if ($problem.Length -gt 0) {
        throw (New-SfError -Code 'journal-file' -Message $problem)
    }
    $share = [System.IO.FileShare] 'ReadWrite, Delete'
    $source = New-Object -TypeName System.IO.FileStream -ArgumentList @(
        (Get-SfLongPath -Path $Path), [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read, $share
    )
    try {
        $target = New-Object -TypeName System.IO.FileStream -ArgumentList @($Copy, [System.IO.FileMode]::Create)
        try {
            $source.CopyTo($target)
        }
        finally {
            $target.Dispose()
        }
    }
    finally {
        $source.Dispose()
    }
}

function Add-SfJournalCount {
    <#
    .SYNOPSIS
    Add the counts of a copied journal to its facts. Throws journal-damaged.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $Copy,
        [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Facts
    )
    Assert-SfJournal -Copy $Copy
    try {
        $database = New-Object -TypeName $script:Database -ArgumentList $Copy
    }
    catch {
        $message = 'the journal cannot be opened: ' + (Get-SfErrorText -ErrorRecord $_)
        throw (New-SfError -Code 'journal-unread' -Message $message)
    }
    try {
        # a view could keep the query busy for ever, and no client makes one
        $views = $database.Read("SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index')", 1)
        if ($views.Length -gt 0) {
            throw (New-SfError -Code 'journal-damaged' -Message 'it holds what no client puts into a journal')
        }
        Add-SfJournalMetadata -Database $database -Facts $Facts
        $Facts['uploads'] = Measure-SfJournalTable -Database $database -Table 'uploadinfo'
        $Facts['downloads'] = Measure-SfJournalTable -Database $database -Table 'downloadinfo'
        $Facts['blacklist'] = Measure-SfJournalTable -Database $database -Table 'blacklist'
        $conflicts = Measure-SfJournalTable -Database $database -Table 'conflicts'
        $Facts['conflicts'] = $conflicts + (Measure-SfJournalTable -Database $database -Table 'caseconflicts')
    }
    catch {
        $words = Get-SfErrorText -ErrorRecord $_
        $message = 'the journal is damaged or cut off: ' + $words
        if ($words -match 'no such (table|column)') {
            $message = 'not a sync journal: ' + $words
        }
        throw (New-SfError -Code 'journal-damaged' -Message $message)
    }
    finally {
        $database.Dispose()
    }
}

function Assert-SfJournal {
    <#
    .SYNOPSIS
    Throw journal-damaged where a copy does not begin as a database does, nor is empty with all of it in the log.
    #>
    [CmdletBinding()]
    param([string] $Copy)
    $stream = New-Object -TypeName System.IO.FileStream -ArgumentList @($Copy, [System.IO.FileMode]::Open)
    try {
        $head = [byte[]]::new(16)
        $read = $stream.Read($head, 0, 16)
    }
    finally {
        $stream.Dispose()
    }
    $text = [System.Text.Encoding]::ASCII.GetString($head)
    $isDatabase = $read -eq 16 -and [string]::Equals($text, $script:Magic + [char] 0)
    if (-not $isDatabase -and ($read -gt 0 -or -not [System.IO.File]::Exists($Copy + '-wal'))) {
        $message = 'not a sync journal: the file is no SQLite database'
        throw (New-SfError -Code 'journal-damaged' -Message $message)
    }
}

function Add-SfJournalMetadata {
    <#
    .SYNOPSIS
    Add what the table of files tells.
    #>
    [CmdletBinding()]
    param([psobject] $Database, [System.Collections.IDictionary] $Facts)
    $columns = Get-SfJournalColumn -Database $Database -Table 'metadata'
    $checksum = '0'
    if ($columns -ccontains 'contentChecksum') {
        $checksum = 'length(contentChecksum) > 0'
    }
    $e2ee = '0'
    if ($columns -ccontains 'isE2eEncrypted') {
        $e2ee = 'CAST(isE2eEncrypted AS INTEGER) <> 0'
    }
    # every name in these statements is from the lines above
    $query = 'SELECT CAST(type AS INTEGER) AS kind, count(*), coalesce(sum({0}), 0), coalesce(sum({1}), 0)' +
    ' FROM metadata GROUP BY kind'
    $counts = @{ 0 = 0; 1 = 0; 2 = 0; 4 = 0; 5 = 0; 6 = 0 }
    $Facts['checksums'] = 0
    $Facts['encrypted'] = 0
    foreach ($row in $Database.Read(($query -f $checksum, $e2ee), 1000)) {
        $kind = 0
        if ($null -ne $row[0]) {
            $kind = [int] [System.Math]::Max(-1, [System.Math]::Min([long] $row[0], 7))
        }
        if ($counts.ContainsKey($kind)) {
            $counts[$kind] += [int] $row[1]
        }
        if ($kind -eq 0) {
            $Facts['checksums'] += [int] $row[2]
        }
        $Facts['encrypted'] += [int] $row[3]
    }
    $Facts['files'] = $counts[0]
    $Facts['symlinks'] = $counts[1]
    $Facts['directories'] = $counts[2]
    $Facts['virtual'] = $counts[4] + $counts[5] + $counts[6]
    $Facts['instance_ids'] = Get-SfJournalInstance -Database $Database
}

function Get-SfJournalInstance {
    <#
    .SYNOPSIS
    The server instance ids that end the file ids, sorted; an id begins with a letter, behind eight digits or more.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([psobject] $Database)
    $query = "SELECT DISTINCT ltrim(fileid, '0123456789') AS ending FROM metadata" +
    " WHERE length(fileid) - length(ltrim(fileid, '0123456789')) >= 8"
    $found = New-Object -TypeName 'System.Collections.Generic.List[string]'
    foreach ($row in $Database.Read($query, $script:MaxEnds)) {
        $ending = [string] $row[0]
        if ($found.Count -lt $script:MaxInstances -and $ending -cmatch '\A[a-z][0-9a-z]*\z') {
            $found.Add($ending)
        }
    }
    $found.Sort([System.StringComparer]::Ordinal)
    return , $found.ToArray()
}

function Measure-SfJournalTable {
    <#
    .SYNOPSIS
    Rows of a table; 0 where this version of the client has no such table. Table is one of our own words.
    #>
    [CmdletBinding()]
    [OutputType([int])]
    param([psobject] $Database, [string] $Table)
    $columns = Get-SfJournalColumn -Database $Database -Table $Table
    if ($columns.Length -eq 0) {
        return 0
    }
    $rows = $Database.Read(('SELECT count(*) FROM {0}' -f $Table), 1)
    return [int] $rows[0][0]
}

function Get-SfJournalColumn {
    <#
    .SYNOPSIS
    The names of a table's columns; none where there is no such table.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([psobject] $Database, [string] $Table)
    $names = New-Object -TypeName 'System.Collections.Generic.List[string]'
    foreach ($row in $Database.Read(('PRAGMA table_info({0})' -f $Table), 1000)) {
        $names.Add([string] $row[1])
    }
    return , $names.ToArray()
}

Export-ModuleMember -Function @(
    'Get-SfJournalFact', 'Get-SfJournalPath', 'Copy-SfJournal', 'Remove-SfJournalCopy', 'Add-SfJournalCount'
)
