# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# The sync folders of a move: written down before it, compared after it.
#AnsibleRequires -CSharpUtil .Native
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Journal
#AnsibleRequires -PowerShell .Manifest
#AnsibleRequires -PowerShell .ManifestCompare
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .StateWrite

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:RowLimit = 10000000
$script:Examples = 5
# of what is gone every path is needed, to ask the journal for it
$script:AllPaths = 10000000

function Write-SfTrees {
    <#
    .SYNOPSIS
    Write every folder down, with digests if the order wants them; what was found, for people.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Folders
    )
    # else Windows may show a placeholder as an ordinary file, and reading it would fetch it
    Show-SfPlaceholder
    $sum = @{ files = [long]0; bytes = [long]0; unread = [long]0 }
    foreach ($folder in $Folders) {
        Assert-SfPlainPath -Path $folder.path -AllowCloud
        $path = Get-SfTreePath -About $About -Folder $folder
        $known = Get-SfRowPath -About $About -Folder $folder
        $with = $About.order.digests
        $mode = $folder.virtual_files
        $count = Save-SfManifest -Folder $folder.path -Path $path -Known $known -Digests:$with -VirtualFiles $mode
        foreach ($name in @('files', 'bytes', 'unread')) {
            $sum[$name] += $count[$name]
        }
    }
    $more = ''
    if ($sum.unread -gt 0) {
        $more = ", $($sum.unread) names could not be read"
    }
    return "$($sum.files) files, $($sum.bytes) bytes$more"
}

function Get-SfTreePath {
    <#
    .SYNOPSIS
    Where a folder's manifest from before the move lies.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][hashtable]$Folder
    )
    $move = $Folder.move
    return Get-SfManifestPath -Folder $About.folder -Account $move.account -Group $move.group -Alias $move.alias
}

function Get-SfRowPath {
    <#
    .SYNOPSIS
    The paths that a folder's journal knows now, as a set; an empty one where the journal cannot be read.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Generic.HashSet[string]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][hashtable]$Folder
    )
    $known = [System.Collections.Generic.HashSet[string]]::new([System.StringComparer]::Ordinal)
    $spool = [System.IO.Path]::Combine($About.folder, 'spool')
    try {
        Remove-SfFolder -Path $spool
        $null = [System.IO.Directory]::CreateDirectory($spool)
        $copy = [System.IO.Path]::Combine($spool, 'journal.db')
        Copy-SfJournal -Path $Folder.journal -Copy $copy
        Add-SfRowPath -Copy $copy -Known $known
    }
    catch {
        # no journal, or none that can be read: then every file counts as not uploaded yet
        $known.Clear()
    }
    finally {
        Remove-SfFolder -Path $spool
    }
    return , $known
}

function Add-SfRowPath {
    <#
    .SYNOPSIS
    Add the paths of a copied journal to a set.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Copy,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][System.Collections.Generic.HashSet[string]]$Known
    )
    $database = [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Database]::new($Copy)
    try {
        # a view could keep the query busy for ever, and no client makes one
        $others = $database.Read("SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index')", 1)
        if ($others.Length -gt 0) {
            return
        }
        foreach ($row in $database.Read('SELECT path FROM metadata', $script:RowLimit)) {
            $null = $Known.Add([string]$row[0])
        }
    }
    finally {
        $database.Dispose()
    }
}

function Compare-SfTree {
    <#
    .SYNOPSIS
    A folder now against its manifest from before: the counts of Compare-SfManifest, with lost (gone, and the journal
    still has it: not synced yet, or lost on this disk) and lost_paths, some of them.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][hashtable]$Folder
    )
    Show-SfPlaceholder
    Assert-SfPlainPath -Path $Folder.path -AllowCloud
    $before = Get-SfTreePath -About $About -Folder $Folder
    $now = [System.IO.Path]::Combine($About.folder, 'now.gz')
    try {
        $null = Save-SfManifest -Folder $Folder.path -Path $now -VirtualFiles $Folder.virtual_files
        $tally = Compare-SfManifest -Before $before -Now $now -Examples $script:AllPaths
    }
    finally {
        Remove-SfFile -Path $now
    }
    $tally.lost = 0
    $tally.lost_paths = [System.Collections.Generic.List[string]]::new()
    if ($tally.gone -gt 0) {
        $known = Get-SfRowPath -About $About -Folder $Folder
        foreach ($example in $tally.examples) {
            if ($example.kind -eq 'gone' -and $known.Contains($example.path)) {
                $tally.lost++
                if ($tally.lost -le $script:Examples) {
                    $tally.lost_paths.Add($example.path)
                }
            }
        }
    }
    return $tally
}

function Get-SfTreeProof {
    <#
    .SYNOPSIS
    The proofs disk, conflicts and server. What seems lost is looked at again for some seconds: a client at work is a
    moment ahead of its own journal.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Folders,
        [Parameter(Mandatory = $true)][double]$Seconds
    )
    $server = New-SfProof -Proof 'server' -State 'unknown' -Detail 'the user''s secret is not used for this on Windows'
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    try {
        $sum = Measure-SfAllTrees -About $About -Folders $Folders
        while ($sum.lost -gt 0 -and $clock.Elapsed.TotalSeconds -lt $Seconds) {
            Start-Sleep -Seconds 3
            $sum = Measure-SfAllTrees -About $About -Folders $Folders
        }
    }
    catch {
        $why = Get-SfErrorText -ErrorRecord $_
        $disk = New-SfProof -Proof 'disk' -State 'unknown' -Detail $why
        $conflicts = New-SfProof -Proof 'conflicts' -State 'unknown' -Detail $why
        return , [object[]]@($disk, $conflicts, $server)
    }
    $conflicts = New-SfProof -Proof 'conflicts' -State 'ok'
    if ($sum.conflicts -gt 0) {
        $conflicts = New-SfProof -Proof 'conflicts' -State 'failed' -Detail "$($sum.conflicts) new conflict files"
    }
    return , [object[]]@((Get-SfDiskProof -Sum $sum), $conflicts, $server)
}

function Measure-SfAllTrees {
    <#
    .SYNOPSIS
    The counts of all folders together.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Folders
    )
    $names = @('same', 'changed', 'new', 'gone', 'hidden', 'conflicts', 'lost')
    $sum = @{ paths = [System.Collections.Generic.List[string]]::new() }
    foreach ($name in $names) {
        $sum[$name] = 0
    }
    foreach ($folder in $Folders) {
        $tally = Compare-SfTree -About $About -Folder $folder
        foreach ($name in $names) {
            $sum[$name] += $tally[$name]
        }
        $sum.paths.AddRange($tally.lost_paths)
    }
    return $sum
}

function Get-SfDiskProof {
    <#
    .SYNOPSIS
    The proof disk out of the counts. A file that is gone and that the journal does not know any more was deleted
    through the server, or was none that the client syncs.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param([Parameter(Mandatory = $true)][hashtable]$Sum)
    if ($Sum.lost -gt 0) {
        $detail = "$($Sum.lost) files are not what they were: $([string]::Join(', ', $Sum.paths.ToArray()))"
        return New-SfProof -Proof 'disk' -State 'failed' -Detail $detail
    }
    if ($Sum.hidden -gt 0) {
        return New-SfProof -Proof 'disk' -State 'unknown' -Detail "$($Sum.hidden) files could not be compared"
    }
    $other = $Sum.changed + $Sum.new
    $detail = "$($Sum.same) files as before, $other changed or new since, $($Sum.gone) deleted since"
    return New-SfProof -Proof 'disk' -State 'ok' -Detail $detail
}

Export-ModuleMember -Function @(
    'Write-SfTrees', 'Get-SfTreeProof'
)
