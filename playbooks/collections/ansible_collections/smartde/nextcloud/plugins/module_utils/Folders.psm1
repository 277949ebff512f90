# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Names
#AnsibleRequires -PowerShell .Walk
#AnsibleRequires -PowerShell .Journal
#AnsibleRequires -PowerShell .Reach

# What lies in the sync folders of an account: the FolderFacts of the facts. Nothing but journals is opened; a tree is
# walked once, by names alone. The twin of folders.py, but that nothing is compared with the journal here.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:WalkSeconds = 240
# ticks in which the client takes a time for one: after 1970, before 2106, in whole seconds
$script:FirstTick = [long] 10000000
$script:EndTick = [long] 42949672960000000

function Get-SfFolderName {
    <#
    .SYNOPSIS
    FolderFacts as far as the configuration tells them; nothing is looked at.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [psobject] $Folder)
    return [ordered]@{
        account = $Folder.Account
        group = $Folder.Group
        alias = $Folder.Alias
        local_path = $Folder.LocalPath
        target_path = $Folder.TargetPath
        virtual_files = $Folder.VirtualFiles
        paused = $Folder.Paused
        journal_named = $Folder.JournalPath.Length -gt 0
        state = 'unwalked'
        detail = ''
        journal = [ordered]@{ name = $Folder.Journal; state = 'absent' }
        local_changes = $null
    }
}

function Add-SfFolderFact {
    <#
    .SYNOPSIS
    Look at a folder and add the rest of its FolderFacts. Never throws: what goes wrong is a state with its detail.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Facts,
        [Parameter(Mandatory = $true)] [psobject] $Folder,
        [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $View
    )
    $told = Get-SfFolderState -Path $Folder.LocalPath -Root $View['root'] -Homes $View['homes']
    $Facts['state'] = $told.State
    $Facts['detail'] = $told.Detail
    if ($told.State -ne 'ok') {
        return
    }
    $Facts['journal'] = Get-SfJournalFact -Folder $told.Disk -Name $Folder.Journal -Spool $View['spool']
    try {
        $counts = Measure-SfTree -Folder $told.Disk -VirtualFiles $Folder.VirtualFiles
        $Facts['free_bytes'] = Get-SfFreeBytes -Path $told.Disk
    }
    catch {
        $Facts['state'] = 'unwalked'
        $Facts['detail'] = (Get-SfErrorFact -ErrorRecord $_)['message']
        return
    }
    foreach ($name in @('files', 'bytes', 'placeholders', 'conflict_files', 'bad_mtimes')) {
        $Facts[$name] = $counts[$name]
    }
    if ($counts['unread'] -gt 0) {
        $Facts['detail'] = '{0} names in it cannot be looked at' -f $counts['unread']
    }
}

function Measure-SfTree {
    <#
    .SYNOPSIS
    Counts of a tree: files, bytes, placeholders, conflict_files, bad_mtimes, unread, twins, twin_bytes. Throws
    folder-slow for one that takes too long, and what .NET throws where the folder itself cannot be listed.

    .PARAMETER Twins
    Disk paths of folders; a file that one of them has too, with its path and size, is a twin.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [string] $Folder,
        [string] $VirtualFiles = 'off',
        [AllowEmptyCollection()] [string[]] $Twins = @()
    )
    $counts = @{
        files = 0; bytes = [long] 0; placeholders = 0; conflict_files = 0; bad_mtimes = 0; unread = 0
        twins = 0; twin_bytes = [long] 0
    }
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $todo = [System.Collections.Generic.Stack[object]]::new()
    $todo.Push(@($Folder, ''))
    while ($todo.Count -gt 0) {
        if ($watch.Elapsed.TotalSeconds -gt $script:WalkSeconds) {
            $message = 'not walked to its end in {0} s' -f $script:WalkSeconds
            throw (New-SfError -Code 'folder-slow' -Message $message)
        }
        $path, $prefix = $todo.Pop()
        try {
            $level = Open-SfLevel -Path $path -Prefix $prefix -VirtualFiles $VirtualFiles
        }
        catch {
            if ($prefix.Length -eq 0) {
                throw
            }
            # gone by now, or not to be listed
            $counts['unread'] += 1
            continue
        }
        Add-SfLevelCount -Counts $counts -Level $level -Twins $Twins
        foreach ($key in $level.Keys) {
            $entry = $level.Entries[$key]
            if ($entry[0] -ceq 'd') {
                $todo.Push(@($entry[3], ($prefix + $key)))
            }
        }
    }
    return $counts
}

function Add-SfLevelCount {
    <#
    .SYNOPSIS
    Count what lies in one directory itself. The loop that an audit spends its time in: no call for an ordinary file.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Counts,
        [Parameter(Mandatory = $true)] [hashtable] $Level,
        [AllowEmptyCollection()] [string[]] $Twins
    )
    $ordinal = [System.StringComparison]::Ordinal
    foreach ($key in $Level.Keys) {
        $entry = $Level.Entries[$key]
        $letter = $entry[0]
        if ($letter -ceq 'u' -or $letter -ceq 'x') {
            $Counts['unread'] += 1
        }
        if ($letter -cne 'f' -and $letter -cne 'p') {
            continue
        }
        $Counts['files'] += 1
        $Counts['bytes'] += $entry[1]
        if ($letter -ceq 'p') {
            $Counts['placeholders'] += 1
        }
        if ($entry[2] -lt $script:FirstTick -or $entry[2] -ge $script:EndTick) {
            $Counts['bad_mtimes'] += 1
        }
        if (($key.IndexOf('conflict', $ordinal) -ge 0 -or $key.IndexOf('case clash', $ordinal) -ge 0) -and
            (Test-SfConflictName -Name $key)) {
            $Counts['conflict_files'] += 1
        }
        if ($Twins.Length -gt 0 -and (Test-SfTwin -Path ($Level.Prefix + $key) -Size $entry[1] -Folders $Twins)) {
            $Counts['twins'] += 1
            $Counts['twin_bytes'] += $entry[1]
        }
    }
}

function Test-SfTwin {
    <#
    .SYNOPSIS
    Whether one of some folders has a file with this path and size.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([string] $Path, [long] $Size, [string[]] $Folders)
    $separator = [string] [System.IO.Path]::DirectorySeparatorChar
    $below = (ConvertFrom-SfByteName -Name $Path).Replace('/', $separator)
    foreach ($folder in $Folders) {
        $twin = [System.IO.FileInfo]::new((Get-SfLongPath -Path ($folder + $separator + $below)))
        if ($twin.Exists -and $twin.Length -eq $Size) {
            return $true
        }
    }
    return $false
}

Export-ModuleMember -Function @('Get-SfFolderName', 'Add-SfFolderFact', 'Measure-SfTree')
