# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# The original folder and its second copy, path by path: whether an account can go back to the original. The twin of
# copycheck.py, which tells what a client does with either. A job is a table with original, copy (disk paths), own (the
# original's journal, '' where it has none), journal (the copy's), unsynced and worthless (rules, see Excludes), purge
# (the copy is to be deleted; it may lack what it had) and spool.
#AnsibleRequires -PowerShell .CopyJudge
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Journal
#AnsibleRequires -PowerShell .JournalRows

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# what may be gone from the server before the original counts as another folder
$script:Few = 10
$script:Share = 4
# the first of these is told
$script:Codes = @(
    'repoint-virtual', 'repoint-encrypted', 'repoint-unread', 'other-instance', 'copy-pending', 'copy-own',
    'original-incomplete', 'original-conflict', 'original-strange', 'trees-differ'
)

function Compare-SfCopy {
    <#
    .SYNOPSIS
    What speaks against it: code ('' for nothing), count, examples; and what the client will do if nothing does: same,
    updated, uploads, removed.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)] [hashtable] $Job)
    $found = @{ counts = @{}; examples = @{}; same = 0; updated = 0; uploads = 0; removed = 0 }
    foreach ($path in @($Job.original, $Job.copy)) {
        Assert-SfPlainPath -Path $path -AllowCloud
        $entry = Get-SfEntry -Path $path
        if ($null -eq $entry -or $entry.Kind -ne 'folder') {
            Add-SfFinding -Found $found -Code 'repoint-unread' -What "$($path): it is no folder"
        }
    }
    $sides = $null
    if ($found.counts.Count -eq 0) {
        $sides = Read-SfCopySide -Job $Job -Found $found
    }
    if ($found.counts.Count -eq 0) {
        Compare-SfCopySide -Job $Job -Sides $sides -Found $found
    }
    return Get-SfCopyAnswer -Found $found
}

function Get-SfCopyAnswer {
    <#
    .SYNOPSIS
    The answer out of the findings.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)] [hashtable] $Found)
    $answer = @{ code = ''; count = 0; examples = [string[]] @() }
    foreach ($name in @('same', 'updated', 'uploads', 'removed')) {
        $answer[$name] = $Found[$name]
    }
    foreach ($code in $script:Codes) {
        if ($Found.counts.ContainsKey($code)) {
            $answer.code = $code
            $answer.count = $Found.counts[$code]
            $answer.examples = $Found.examples[$code].ToArray()
            break
        }
    }
    return $answer
}

function Read-SfCopySide {
    <#
    .SYNOPSIS
    Both folders and their journals as tables: original, copy, own and rows. What the journals alone tell is found.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Job,
        [Parameter(Mandatory = $true)] [hashtable] $Found
    )
    $sides = @{
        own = [System.Collections.Generic.Dictionary[string, object]]::new()
        rows = [System.Collections.Generic.Dictionary[string, object]]::new()
    }
    try {
        # one that is half deleted may have none any more
        if ($Job.journal -ne '') {
            $path = Get-SfJournalPath -Folder $Job.copy -Name $Job.journal
            $copied = Read-SfJournalRow -Journal $path -Spool $Job.spool
            $sides.rows = $copied.rows
            Add-SfJournalFinding -Counts $copied.counts -Other $copied.counts -Found $Found
            if ([long] $copied.counts['uploads'] -gt 0) {
                $what = "$($copied.counts['uploads']) uploads begun"
                Add-SfFinding -Found $Found -Code 'copy-pending' -What $what
            }
        }
        if ($Job.own -ne '') {
            $path = Get-SfJournalPath -Folder $Job.original -Name $Job.own
            $own = Read-SfJournalRow -Journal $path -Spool $Job.spool
            $sides.own = $own.rows
            Add-SfJournalFinding -Counts $own.counts -Other $copied.counts -Found $Found
        }
    }
    catch {
        $what = 'a journal: ' + (Get-SfErrorText -ErrorRecord $_)
        Add-SfFinding -Found $Found -Code 'repoint-unread' -What $what
        return $sides
    }
    foreach ($name in @('original', 'copy')) {
        try {
            $sides[$name] = Get-SfTreeTable -Folder $Job[$name]
        }
        catch {
            Add-SfFinding -Found $Found -Code 'repoint-unread' -What (Get-SfErrorText -ErrorRecord $_)
        }
    }
    return $sides
}

function Add-SfJournalFinding {
    <#
    .SYNOPSIS
    Find what a journal's counts say against it; Other are those of the copy's journal.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Counts,
        [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Other,
        [Parameter(Mandatory = $true)] [hashtable] $Found
    )
    if ($Counts['virtual'] -gt 0) {
        Add-SfFinding -Found $Found -Code 'repoint-virtual' -What "$($Counts['virtual']) virtual files"
    }
    if ($Counts['encrypted'] -gt 0) {
        Add-SfFinding -Found $Found -Code 'repoint-encrypted' -What "$($Counts['encrypted']) encrypted entries"
    }
    $one = [string]::Join(', ', [string[]] $Counts['instance_ids'])
    $two = [string]::Join(', ', [string[]] $Other['instance_ids'])
    if ($one -ne '' -and $two -ne '' -and $one -cne $two) {
        Add-SfFinding -Found $Found -Code 'other-instance' -What "$one and $two"
    }
}

function Compare-SfCopySide {
    <#
    .SYNOPSIS
    Judge every path that one of the four tables has.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Job,
        [Parameter(Mandatory = $true)] [hashtable] $Sides,
        [Parameter(Mandatory = $true)] [hashtable] $Found
    )
    $all = [System.Collections.Generic.HashSet[string]]::new([System.StringComparer]::Ordinal)
    foreach ($name in @('original', 'own', 'copy', 'rows')) {
        foreach ($key in $Sides[$name].GetEnumerator()) {
            $null = $all.Add($key.Key)
        }
    }
    $keys = [string[]]::new($all.Count)
    $all.CopyTo($keys)
    [System.Array]::Sort($keys, [System.StringComparer]::Ordinal)
    $hash = [System.Security.Cryptography.SHA1]::Create()
    try {
        $judge = @{ job = $Job; found = $Found; hash = $hash }
        foreach ($key in $keys) {
            Add-SfJudgement -Judge $judge -Pair (New-SfPair -Key $key -Sides $Sides)
        }
    }
    finally {
        $hash.Dispose()
    }
    $files = $Found.same + $Found.updated + $Found.removed
    if ($Found.removed -gt $script:Few -and $Found.removed * $script:Share -gt $files) {
        $what = "$($Found.removed) of $files files of the original are not on the server"
        Add-SfFinding -Found $Found -Code 'original-strange' -What $what
    }
}

Export-ModuleMember -Function @('Compare-SfCopy')
