# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# What one path of an original folder and its second copy means: for CopyCheck, which tells the tables. A pair has key,
# mine and theirs (the entries of the disk, letter first), own and row (of the journals, type first); each is nothing
# where it is missing.
#AnsibleRequires -PowerShell .Digests
#AnsibleRequires -PowerShell .Excludes
#AnsibleRequires -PowerShell .JournalRows
#AnsibleRequires -PowerShell .Walk

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Examples = 3
$script:File = 0
$script:Directory = 2

function Add-SfFinding {
    <#
    .SYNOPSIS
    Count what speaks against it, and keep some examples.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Found,
        [Parameter(Mandatory = $true)] [string] $Code,
        [Parameter(Mandatory = $true)] [string] $What
    )
    if (-not $Found.counts.ContainsKey($Code)) {
        $Found.counts[$Code] = 0
        $Found.examples[$Code] = [System.Collections.Generic.List[string]]::new()
    }
    $Found.counts[$Code]++
    if ($Found.examples[$Code].Count -lt $script:Examples) {
        $Found.examples[$Code].Add($What)
    }
}

function New-SfPair {
    <#
    .SYNOPSIS
    One path as the four tables know it.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [string] $Key,
        [Parameter(Mandatory = $true)] [hashtable] $Sides
    )
    $pair = @{ key = $Key; mine = $null; own = $null; theirs = $null; row = $null }
    if ($Sides.original.ContainsKey($Key)) {
        $pair.mine = $Sides.original[$Key]
    }
    if ($Sides.own.ContainsKey($Key)) {
        $pair.own = $Sides.own[$Key]
    }
    if ($Sides.copy.ContainsKey($Key)) {
        $pair.theirs = $Sides.copy[$Key]
    }
    if ($Sides.rows.ContainsKey($Key)) {
        $pair.row = $Sides.rows[$Key]
    }
    return $pair
}

function Add-SfJudgement {
    <#
    .SYNOPSIS
    Judge one path. Judge is a table with job, found and hash (an algorithm to use).
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Judge,
        [Parameter(Mandatory = $true)] [hashtable] $Pair
    )
    foreach ($entry in @($Pair.mine, $Pair.theirs)) {
        if ($null -eq $entry) {
            continue
        }
        if ($entry[0] -ceq 'u' -or $entry[0] -ceq 'x') {
            Add-SfPairFinding -Judge $Judge -Pair $Pair -Code 'repoint-unread'
            return
        }
        if ($entry[0] -ceq 'p') {
            Add-SfPairFinding -Judge $Judge -Pair $Pair -Code 'repoint-virtual'
            return
        }
    }
    Add-SfCopyJudgement -Judge $Judge -Pair $Pair
    if ($Judge.job.purge) {
        return
    }
    if ($Judge.job.own -ne '') {
        Add-SfOriginalJudgement -Judge $Judge -Pair $Pair
    }
    else {
        Add-SfBothJudgement -Judge $Judge -Pair $Pair
    }
}

function Add-SfPairFinding {
    <#
    .SYNOPSIS
    Find something against a path.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Judge,
        [Parameter(Mandatory = $true)] [hashtable] $Pair,
        [Parameter(Mandatory = $true)] [string] $Code
    )
    $what = ConvertFrom-SfByteName -Name ($Pair.key.TrimEnd([char] '/'))
    Add-SfFinding -Found $Judge.found -Code $Code -What $what
}

function Test-SfFolderEntry {
    <#
    .SYNOPSIS
    Whether an entry of the disk is a folder.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([AllowNull()] [object[]] $Entry)
    return $null -ne $Entry -and $Entry[0] -ceq 'd'
}

function Test-SfEqual {
    <#
    .SYNOPSIS
    Whether a path is a file with the same content in both folders.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Judge,
        [Parameter(Mandatory = $true)] [hashtable] $Pair
    )
    $mine = $Pair.mine
    $theirs = $Pair.theirs
    if ($null -eq $mine -or $null -eq $theirs -or $mine[0] -cne 'f' -or $theirs[0] -cne 'f') {
        return $false
    }
    if ($mine[1] -ne $theirs[1]) {
        return $false
    }
    $one = Get-SfFileDigest -Path $mine[3] -Size $mine[1] -Ticks $mine[2] -Hash $Judge.hash
    if ($one -ceq '-') {
        return $false
    }
    return $one -ceq (Get-SfFileDigest -Path $theirs[3] -Size $theirs[1] -Ticks $theirs[2] -Hash $Judge.hash)
}

function Add-SfCopyJudgement {
    <#
    .SYNOPSIS
    Whether the copy holds something of its own.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Judge,
        [Parameter(Mandatory = $true)] [hashtable] $Pair
    )
    $entry = $Pair.theirs
    $row = $Pair.row
    $isPurge = $Judge.job.purge
    if ($null -eq $entry) {
        if ($null -ne $row -and -not $isPurge) {
            Add-SfPairFinding -Judge $Judge -Pair $Pair -Code 'copy-pending'
        }
        return
    }
    if ($entry[0] -ceq 'd') {
        return
    }
    if ($null -eq $row -or $row[0] -ne $script:File) {
        $path = ConvertFrom-SfByteName -Name $Pair.key
        if (-not (Test-SfUnsynced -Rules $Judge.job.worthless -Path $path)) {
            if (-not (Test-SfEqual -Judge $Judge -Pair $Pair)) {
                Add-SfPairFinding -Judge $Judge -Pair $Pair -Code 'copy-own'
            }
        }
    }
    elseif (-not (Test-SfSynced -Entry $entry -Row $row)) {
        if (-not $isPurge -or -not (Test-SfEqual -Judge $Judge -Pair $Pair)) {
            Add-SfPairFinding -Judge $Judge -Pair $Pair -Code 'copy-pending'
        }
    }
}

function Add-SfOriginalJudgement {
    <#
    .SYNOPSIS
    What the client will do with this path of the original and its own journal.
    .DESCRIPTION
    What is gone here it deletes on the server, if that has it. The copy's journal is no proof that it has not: a folder
    may have been left out of the copy (selective sync).
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Judge,
        [Parameter(Mandatory = $true)] [hashtable] $Pair
    )
    $found = $Judge.found
    $entry = $Pair.mine
    # what the copy's journal knows as a file or a folder is on the server
    $theirs = $null
    if ($null -ne $Pair.row -and ($Pair.row[0] -eq $script:File -or $Pair.row[0] -eq $script:Directory)) {
        $theirs = $Pair.row
    }
    if ($null -eq $entry -and $null -eq $Pair.own) {
        if ($null -ne $theirs -and $theirs[0] -eq $script:File) {
            $found.updated++
        }
        return
    }
    $own = $Pair.own
    $isKnown = $null -ne $own -and $own[0] -eq $script:File
    if ($null -eq $entry -or $entry[0] -cne 'f') {
        if ($null -eq $entry -or ($isKnown -and -not (Test-SfFolderEntry -Entry $entry))) {
            Add-SfPairFinding -Judge $Judge -Pair $Pair -Code 'original-incomplete'
        }
        return
    }
    if (-not $isKnown -or -not (Test-SfSynced -Entry $entry -Row $own)) {
        Add-SfEditJudgement -Judge $Judge -Pair $Pair -Theirs $theirs -IsKnown $isKnown
        return
    }
    if ($null -eq $theirs) {
        $found.removed++
    }
    elseif ($own[3] -ceq $theirs[3]) {
        $found.same++
    }
    else {
        $found.updated++
    }
}

function Add-SfEditJudgement {
    <#
    .SYNOPSIS
    A file that was changed or made in the original. What the server changed as well would become a conflict.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Judge,
        [Parameter(Mandatory = $true)] [hashtable] $Pair,
        [AllowNull()] [object[]] $Theirs,
        [Parameter(Mandatory = $true)] [bool] $IsKnown
    )
    if (-not $IsKnown -and $null -eq $Theirs) {
        if (Test-SfUnsynced -Rules $Judge.job.unsynced -Path (ConvertFrom-SfByteName -Name $Pair.key)) {
            return
        }
    }
    if ($null -eq $Theirs -or ($IsKnown -and $Pair.own[3] -ceq $Theirs[3])) {
        $Judge.found.uploads++
    }
    elseif (Test-SfEqual -Judge $Judge -Pair $Pair) {
        $Judge.found.same++
    }
    else {
        Add-SfPairFinding -Judge $Judge -Pair $Pair -Code 'original-conflict'
    }
}

function Add-SfBothJudgement {
    <#
    .SYNOPSIS
    Without a journal of its own, the original must be what the copy is.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Judge,
        [Parameter(Mandatory = $true)] [hashtable] $Pair
    )
    $mine = $Pair.mine
    $theirs = $Pair.theirs
    if ($null -eq $Pair.row) {
        $isFolder = (Test-SfFolderEntry -Entry $theirs) -and (Test-SfFolderEntry -Entry $mine)
        if ($null -eq $mine -or $mine[0] -ceq 'l' -or $isFolder) {
            return
        }
        $isLeft = Test-SfUnsynced -Rules $Judge.job.unsynced -Path (ConvertFrom-SfByteName -Name $Pair.key)
        if (-not $isLeft -and -not (Test-SfEqual -Judge $Judge -Pair $Pair)) {
            Add-SfPairFinding -Judge $Judge -Pair $Pair -Code 'trees-differ'
        }
        return
    }
    if ($Pair.row[0] -eq $script:Directory) {
        if (-not (Test-SfFolderEntry -Entry $mine)) {
            Add-SfPairFinding -Judge $Judge -Pair $Pair -Code 'trees-differ'
        }
        return
    }
    $isSame = $null -ne $mine -and $null -ne $theirs
    if ($isSame) {
        $isSame = [System.Math]::Floor($mine[2] / 10000000.0) -eq [System.Math]::Floor($theirs[2] / 10000000.0)
    }
    if ($isSame -and (Test-SfEqual -Judge $Judge -Pair $Pair)) {
        $Judge.found.same++
    }
    else {
        Add-SfPairFinding -Judge $Judge -Pair $Pair -Code 'trees-differ'
    }
}

Export-ModuleMember -Function @('Add-SfFinding', 'New-SfPair', 'Add-SfJudgement')
