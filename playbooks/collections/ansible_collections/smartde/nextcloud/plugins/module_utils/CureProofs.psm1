# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Before a cure changes anything: that nothing is lost by it. And before it is taken back. The twin of cureproofs.py.
#AnsibleRequires -PowerShell .Accounts
#AnsibleRequires -PowerShell .Asides
#AnsibleRequires -PowerShell .ConfigWrite
#AnsibleRequires -PowerShell .Copies
#AnsibleRequires -PowerShell .CopyCheck
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Edits
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Excludes
#AnsibleRequires -PowerShell .Journal
#AnsibleRequires -PowerShell .JournalRows
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .Profile
#AnsibleRequires -PowerShell .Reach
#AnsibleRequires -PowerShell .StateWrite
#AnsibleRequires -PowerShell .Transaction

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:List = 'sync-exclude.lst'
$script:ByHand = 'let the user say which folder is the right one; smartfleet fix HOST --only drop-account keeps both'
$script:Stay = 'leave the account as it is; its folder holds everything'
$script:SyncFirst = 'let the client run until it has uploaded everything, then fix again'
# why an account does not go back to its original folder, and what mends it
$script:Against = @{
    'repoint-virtual' = @('virtual files are in use, and what they hold is not on this disk', $script:ByHand)
    'repoint-encrypted' = @('a folder is end-to-end encrypted', $script:ByHand)
    'repoint-unread' = @('{0} names or journals cannot be read', 'mend their rights, then fix again')
    'other-instance' = @('original and copy are from two servers', $script:ByHand)
    'copy-pending' = @('{0} changes in the copy are not on the server yet', $script:SyncFirst)
    'copy-own' = @(
        '{0} files are in the copy alone, and not on the server', 'have the user move them, then fix again')
    'original-incomplete' = @(
        '{0} entries of the server are missing in the original: its client would delete them there', $script:ByHand)
    'original-conflict' = @(
        '{0} files were changed in the original and on the server: they would become conflicts', $script:ByHand)
    'original-strange' = @('the original is hardly the folder of before', $script:ByHand)
    'trees-differ' = @(
        '{0} entries of original and copy differ, and the original has no journal', $script:ByHand)
}

function Invoke-SfProveCure {
    <#
    .SYNOPSIS
    That nothing is lost by the cure, now that the client has ended. Refused if that is not proven.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Move)
    $about = $Move.about
    $details = [System.Collections.Generic.List[string]]::new()
    $details.AddRange((Get-SfDropped -About $about))
    $recorded = [System.Collections.Generic.List[object]]::new()
    foreach ($copy in (Get-SfCopy -About $about)) {
        $id = Get-SfMovableId -Path $copy.path -ProfilePath $about.home -Original $copy.original.path
        if ($copy.aside.carry -and -not (Test-SfBegan -Transaction $Move.transaction -Step 'carry-journal')) {
            Assert-SfNoJournal -Copy $copy
        }
        $details.Add((Assert-SfCompared -About $about -Copy $copy))
        $recorded.Add([ordered]@{ path = $copy.path; away = $copy.away; identity = $id })
    }
    if ($recorded.Count -gt 0) {
        Save-SfRecordedCopy -About $about -Copies ($recorded.ToArray())
    }
    if ($details.Count -eq 0) {
        return Skip-SfWork -Detail 'nothing leaves the configuration'
    }
    return Complete-SfWork -Detail ([string]::Join('; ', $details.ToArray()))
}

function Test-SfWayBack {
    <#
    .SYNOPSIS
    Whether a copy is to be renamed back. Refused where that cannot be (copy-purged, copy-name-taken), or would lose
    files (copy-incomplete) or leave edits behind (original-pending).
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $away = Get-SfAwayCopy -About $About
    foreach ($one in $away) {
        if ($null -eq (Get-SfEntry -Path $one.away)) {
            $message = "$($one.away) is gone: the copy was deleted"
            throw (New-SfRefusal -Code 'copy-purged' -Message $message -Do 'leave it as it is, it is cured')
        }
        if ($null -ne (Get-SfEntry -Path $one.path)) {
            $message = "$($one.path) is taken by something else"
            throw (New-SfRefusal -Code 'copy-name-taken' -Message $message -Do 'rename that, then roll back')
        }
    }
    if ($away.Length -gt 0) {
        Assert-SfWhole -About $About -Away $away
        Assert-SfUploaded -About $About
    }
    return $away.Length -gt 0
}

function Assert-SfWhole {
    <#
    .SYNOPSIS
    Refuse to bring back a copy of which something is gone, half purged or tidied up by hand: its client would take
    that for deleted by the user.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Away
    )
    $known = Get-SfKnownFolder -Bytes (Get-SfBefore -About $About)
    foreach ($copy in (Get-SfCopy -About $About)) {
        $isAway = $false
        foreach ($one in $Away) {
            $isAway = $isAway -or $one.path -ceq $copy.path
        }
        foreach ($folder in $known) {
            $place = @{ account = $folder.Account; group = $folder.Group; alias = $folder.Alias }
            if (-not $isAway -or -not (Test-SfSamePlace -One $place -Other $copy.aside)) {
                continue
            }
            $seen = Measure-SfWaiting -About $About -Folder $folder -Disk $copy.away
            $message = ''
            if ($seen.problem -ne '') {
                $message = "whether $($copy.away) is whole cannot be told: $($seen.problem)"
            }
            elseif ($seen.deleted -gt 0) {
                $message = "$($seen.deleted) files of $($copy.away) are gone: its client would delete them on the " +
                'server'
            }
            if ($message -ne '') {
                throw (New-SfRefusal -Code 'copy-incomplete' -Message $message -Do $script:Stay)
            }
        }
    }
}

function Get-SfExcludePath {
    <#
    .SYNOPSIS
    The client's lists of names that it leaves alone: the program's and the profile's own.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $paths = [System.Collections.Generic.List[string]]::new()
    if ($About.desk.program -ne '') {
        $program = Get-SfDiskPath -Path $About.desk.program -Root $About.root
        $paths.Add([System.IO.Path]::Combine((Get-SfParent -Path $program), $script:List))
    }
    $paths.Add([System.IO.Path]::Combine((Get-SfParent -Path $About.config), $script:List))
    return , $paths.ToArray()
}

function Get-SfCopyJob {
    <#
    .SYNOPSIS
    What CopyCheck is to compare.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][hashtable]$Copy
    )
    $lists = Get-SfExcludePath -About $About
    $own = ''
    if (-not $Copy.aside.carry) {
        $own = $Copy.original.move.journal
    }
    return @{
        original = $Copy.original.path
        copy = $Copy.path
        own = $own
        journal = $Copy.aside.journal
        unsynced = (Read-SfExclude -Paths $lists -Hidden $Copy.original.hidden)
        worthless = (Read-SfExclude -Paths $lists -Deletable)
        purge = $false
        spool = (New-SfSpool -About $About)
    }
}

function New-SfSpool {
    <#
    .SYNOPSIS
    A folder for administrators alone, for copies of journals.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $spool = [System.IO.Path]::Combine($About.folder, 'spool')
    $null = [System.IO.Directory]::CreateDirectory($spool)
    return $spool
}

function Assert-SfCompared {
    <#
    .SYNOPSIS
    That the account can go back to the original; what the client will do, for people.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][hashtable]$Copy
    )
    if ($Copy.original.virtual_files -ne 'off') {
        $found = @{ code = 'repoint-virtual'; count = 1; examples = [string[]]@($Copy.path) }
        throw (New-SfAgainst -Found $found -Paths $Copy.path)
    }
    $job = Get-SfCopyJob -About $About -Copy $Copy
    try {
        Show-SfPlaceholder
        $found = Compare-SfCopy -Job $job
    }
    finally {
        Remove-SfFolder -Path $job.spool
    }
    if ($found.code -ne '') {
        throw (New-SfAgainst -Found $found -Paths "$($Copy.original.path) and $($Copy.path)")
    }
    if ($Copy.aside.carry) {
        return "$($Copy.path): $($found.same) files, all the same as in the original"
    }
    return "$($Copy.path) holds nothing of its own; in the original $($found.same) files are as on the server, " +
    "$($found.updated) will be brought up to date, $($found.uploads) uploaded, $($found.removed) deleted"
}

function Assert-SfWorthless {
    <#
    .SYNOPSIS
    That everything in a copy, which lies at Place now, is on the server or in the original; Bare: its journal is gone.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][hashtable]$Copy,
        [Parameter(Mandatory = $true)][string]$Place,
        [switch]$Bare
    )
    $job = Get-SfCopyJob -About $About -Copy $Copy
    $job.copy = $Place
    if ($Bare) {
        $job.journal = ''
    }
    $job.own = ''
    $job.purge = $true
    try {
        Show-SfPlaceholder
        $found = Compare-SfCopy -Job $job
    }
    finally {
        Remove-SfFolder -Path $job.spool
    }
    if ($found.code -ne '') {
        throw (New-SfAgainst -Found $found -Paths $Place)
    }
}

function New-SfAgainst {
    <#
    .SYNOPSIS
    What was found against it, as the refusal that it is.
    #>
    [CmdletBinding()]
    [OutputType([System.Exception])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Found,
        [Parameter(Mandatory = $true)][string]$Paths
    )
    $told = $script:Against[$Found.code]
    $words = $told[0].Replace('{0}', [string]$Found.count)
    $examples = [string]::Join(', ', [string[]]$Found.examples)
    return New-SfRefusal -Code $Found.code -Message "$($Paths): $words ($examples)" -Do $told[1]
}

function Assert-SfNoJournal {
    <#
    .SYNOPSIS
    Refuse to carry a journal into a folder that has one.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Copy)
    $path = $Copy.original.journal
    foreach ($one in @($path, "$path-wal")) {
        if ($null -ne (Get-SfEntry -Path $one)) {
            $do = 'audit the host and fix again'
            throw (New-SfRefusal -Code 'journal-there' -Message "$path is there already" -Do $do)
        }
    }
}

function Get-SfPlaceKey {
    <#
    .SYNOPSIS
    What tells one place of the disk from another, however a configuration spells it.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)][AllowEmptyString()][string]$Path)
    try {
        return (Get-SfPlainName -Path $Path).ToUpperInvariant()
    }
    catch [System.InvalidOperationException] {
        # no path of this host: nothing else is called so
        return $Path
    }
}

function Get-SfDropped {
    <#
    .SYNOPSIS
    For each folder whose account leaves the configuration, that nothing in it waits to be uploaded: details for people.
    Refused with shared-folder, drop-pending, drop-unproven.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $before = Get-SfBefore -About $About
    $after = Get-SfAccount -Ini (Read-SfCleanIni -Bytes (Get-SfTarget -About $About -Before $before))
    $numbers = [System.Collections.Generic.List[string]]::new()
    $staying = [System.Collections.Generic.List[string]]::new()
    foreach ($account in $after) {
        $numbers.Add($account.Number)
        foreach ($folder in $account.Folders) {
            $staying.Add((Get-SfPlaceKey -Path $folder.LocalPath))
        }
    }
    $originals = [System.Collections.Generic.List[string]]::new()
    foreach ($aside in $About.order.aside) {
        $originals.Add((Get-SfPlaceKey -Path $aside.original))
    }
    $details = [System.Collections.Generic.List[string]]::new()
    foreach ($account in (Get-SfAccount -Ini (Read-SfCleanIni -Bytes $before))) {
        if ($numbers.Contains($account.Number)) {
            continue
        }
        foreach ($folder in $account.Folders) {
            $key = Get-SfPlaceKey -Path $folder.LocalPath
            if ($originals.Contains($key)) {
                continue
            }
            if ($staying.Contains($key)) {
                $message = "$($folder.LocalPath) is synced by the account that stays too"
                throw (New-SfRefusal -Code 'shared-folder' -Message $message -Do $script:ByHand)
            }
            $details.Add((Assert-SfSettled -About $About -Folder $folder))
        }
    }
    return , $details.ToArray()
}

function Assert-SfSettled {
    <#
    .SYNOPSIS
    Refuse to drop a folder that waits to be uploaded, or of which that cannot be told; a detail for people.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][psobject]$Folder
    )
    $path = $Folder.LocalPath
    $told = Get-SfFolderState -Path $path -Root $About.root -Homes $About.homes
    if ($told.State -eq 'missing') {
        return "$path is gone"
    }
    $why = $told.Detail
    if ($told.State -eq 'ok') {
        $seen = Measure-SfWaiting -About $About -Folder $Folder -Disk $told.Disk
        if ($seen.problem -eq '' -and $seen.waiting -eq 0) {
            return "$path is uploaded, $($seen.files) files stay where they are"
        }
        if ($seen.problem -eq '') {
            $message = "$($seen.waiting) changes in $path are not on the server yet"
            throw (New-SfRefusal -Code 'drop-pending' -Message $message -Do $script:SyncFirst)
        }
        if ($seen.files -eq 0) {
            return "$path is empty"
        }
        $why = $seen.problem
    }
    $message = "whether $path was uploaded cannot be told: $why"
    throw (New-SfRefusal -Code 'drop-unproven' -Message $message -Do $script:ByHand)
}

function Measure-SfWaiting {
    <#
    .SYNOPSIS
    What a folder has still to upload by its own journal: waiting (a number), deleted (of these), files, and problem (''
    where it can be told).
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][psobject]$Folder,
        [Parameter(Mandatory = $true)][string]$Disk
    )
    Show-SfPlaceholder
    $seen = @{ waiting = 0; deleted = 0; files = 0; problem = '' }
    $rules = Read-SfExclude -Paths (Get-SfExcludePath -About $About) -Hidden $Folder.IgnoreHidden
    $nothing = [System.Collections.Generic.Dictionary[string, object]]::new()
    $spool = New-SfSpool -About $About
    try {
        $tree = Get-SfTreeTable -Folder $Disk -VirtualFiles $Folder.VirtualFiles
        $sum = Measure-SfLocalChange -Tree $tree -Rows $nothing -Rules $rules
        $seen.files = $sum.files
        $journal = Get-SfJournalPath -Folder $Disk -Name $Folder.Journal
        $known = Read-SfJournalRow -Journal $journal -Spool $spool
        $sum = Measure-SfLocalChange -Tree $tree -Rows $known.rows -Rules $rules
        $seen.deleted = $sum.deleted
        $seen.waiting = [System.Math]::Max($sum.new + $sum.changed + $sum.deleted, [int]$known.counts['uploads'])
        if ($sum.unread -gt 0) {
            $seen.problem = "$($sum.unread) names in it cannot be looked at"
        }
    }
    catch {
        $seen.problem = Get-SfErrorText -ErrorRecord $_
    }
    finally {
        Remove-SfFolder -Path $spool
    }
    return $seen
}

function Assert-SfUploaded {
    <#
    .SYNOPSIS
    Before an account leaves its original folder again: refuse if what was edited there is not on the server.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $known = Get-SfKnownFolder -Bytes (Read-SfConfigFile -Path $About.config).bytes
    foreach ($aside in $About.order.aside) {
        foreach ($folder in $known) {
            $place = @{ account = $folder.Account; group = $folder.Group; alias = $folder.Alias }
            if (-not (Test-SfSamePlace -One $place -Other $aside)) {
                continue
            }
            $told = Get-SfFolderState -Path $folder.LocalPath -Root $About.root -Homes $About.homes
            if ($told.State -ne 'ok') {
                continue
            }
            $seen = Measure-SfWaiting -About $About -Folder $folder -Disk $told.Disk
            if ($seen.waiting -gt 0) {
                $message = "$($seen.waiting) changes in $($aside.original) are not on the server yet, and would be " +
                'left behind'
                $do = 'let the client upload them, then roll back'
                throw (New-SfRefusal -Code 'original-pending' -Message $message -Do $do)
            }
        }
    }
}

Export-ModuleMember -Function @(
    'Invoke-SfProveCure', 'Test-SfWayBack', 'Assert-SfWorthless'
)
