# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Delete the copies that a cure has set aside. The one thing here that cannot be taken back. The twin of purging.py;
# here it takes the user's session, for an administrator who deletes what a user can change meanwhile may be led
# elsewhere. The request is a table as in Apply, without an order of its own.
#AnsibleRequires -PowerShell .Asides
#AnsibleRequires -PowerShell .Backup
#AnsibleRequires -PowerShell .ConfigWrite
#AnsibleRequires -PowerShell .Copies
#AnsibleRequires -PowerShell .CureProofs
#AnsibleRequires -PowerShell .Desk
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Marks
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .Requests
#AnsibleRequires -PowerShell .Transaction

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Purge = 'purge-copy'

function Remove-SfAsideCopy {
    <#
    .SYNOPSIS
    Delete those of the profile's latest transaction: the outcome. Throws nothing that a host can cause.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Request,
        [Parameter(Mandatory = $true)][string]$User,
        [Parameter(Mandatory = $true)][string]$ConfigPath
    )
    try {
        $known = Get-SfProfileMove -Root $Request.root -User $User -ConfigPath $ConfigPath
        if ($known.Length -gt 0 -and $known[$known.Length - 1].state -eq 'done') {
            $last = $known[$known.Length - 1]
            $stored = $Request.Clone()
            $stored.order = Read-SfStoredOrder -Folder $last.folder
            $move = New-SfRequestMove -Request $stored -Folder $last.folder
            $left = Get-SfLeftCopy -About $move.about
            if ($left.Length -gt 0) {
                return Remove-SfLeftCopy -Move $move -Left $left
            }
        }
        $made = New-SfOutcome -User $User -ConfigPath $ConfigPath -Outcome 'already'
        $made.code = 'nothing-to-purge'
        $made.message = 'no copy is set aside here'
        return $made
    }
    catch {
        $failure = ConvertTo-SfFailure -ErrorRecord $_
        return New-SfErrorOutcome -User $User -ConfigPath $ConfigPath -Failure $failure
    }
}

function Get-SfLeftCopy {
    <#
    .SYNOPSIS
    The copies that lie aside: copy (see Get-SfCopy), away and identity.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $left = [System.Collections.Generic.List[object]]::new()
    $copies = Get-SfCopy -About $About
    foreach ($one in (Get-SfRecordedCopy -About $About)) {
        foreach ($copy in $copies) {
            if ($copy.away -ceq $one.away -and $null -ne (Get-SfEntry -Path $one.away)) {
                $left.Add(@{ copy = $copy; away = $one.away; identity = $one.identity })
            }
        }
    }
    return , $left.ToArray()
}

function Remove-SfLeftCopy {
    <#
    .SYNOPSIS
    Prove of each copy that it holds nothing of its own, then delete it.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Move,
        [Parameter(Mandatory = $true)][object[]]$Left
    )
    $names = [System.Collections.Generic.List[string]]::new()
    foreach ($one in $Left) {
        $id = Get-SfFolderId -Path $one.away
        if ($id -ne $one.identity) {
            $message = "$($one.away) is another folder than the one that was set aside"
            throw (New-SfRefusal -Code 'copy-unfit' -Message $message -Do 'look what lies there')
        }
        $journal = [System.IO.Path]::Combine($one.away, $one.copy.aside.journal)
        Assert-SfUnused -About $Move.about -Copy $one.copy -Place $one.away
        # one that is half deleted may have no journal any more: then only what the original holds as well is worthless
        $isBegun = Test-SfBegan -Transaction $Move.transaction -Step $script:Purge
        $isBare = $isBegun -and $null -eq (Get-SfEntry -Path $journal)
        Assert-SfWorthless -About $Move.about -Copy $one.copy -Place $one.away -Bare:$isBare
        $names.Add($one.away)
    }
    $told = [string]::Join(', ', $names.ToArray())
    if ($Move.check_mode) {
        $message = "$told would be deleted"
        return New-SfMoveOutcome -Move $Move -Outcome 'prepared' -Code 'check-mode' -Message $message
    }
    $presence = Get-SfPresence -Desk $Move.about.desk
    if ($presence.sessions.Length -eq 0) {
        $do = 'delete it again when the user is logged in to the desktop'
        $message = 'the user is not logged on, and a copy is deleted in the name of its user alone'
        throw (New-SfError -Code 'no-session' -Message $message -Do $do -Outcome 'waiting-session')
    }
    return Remove-SfProvenCopy -Move $Move -Presence $presence -Left $Left
}

function Assert-SfUnused {
    <#
    .SYNOPSIS
    That the account still syncs the original, and no account the copy: its client would delete that on the server.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][hashtable]$Copy,
        [Parameter(Mandatory = $true)][string]$Place
    )
    $separator = [string][System.IO.Path]::DirectorySeparatorChar
    $ignore = [System.StringComparison]::OrdinalIgnoreCase
    $message = "no account syncs $($Copy.original.path) any more"
    foreach ($folder in (Get-SfKnownFolder -Bytes (Read-SfConfigFile -Path $About.config).bytes)) {
        $path = (Get-SfDiskPath -Path $folder.LocalPath -Root $About.root)
        if ([string]::Equals($path, $Copy.original.path, $ignore)) {
            $message = ''
        }
    }
    foreach ($folder in (Get-SfKnownFolder -Bytes (Read-SfConfigFile -Path $About.config).bytes)) {
        $path = (Get-SfDiskPath -Path $folder.LocalPath -Root $About.root) + $separator
        if ($path.StartsWith($Place + $separator, $ignore) -or ($Place + $separator).StartsWith($path, $ignore)) {
            $message = "nextcloud.cfg names $path"
        }
    }
    if ($message -ne '') {
        $do = 'keep it, or delete it by hand'
        throw (New-SfRefusal -Code 'copy-needed' -Message "$Place is not to be deleted: $message" -Do $do)
    }
}

function Remove-SfProvenCopy {
    <#
    .SYNOPSIS
    Delete copies in their user's session, with marks.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Move,
        [Parameter(Mandatory = $true)][hashtable]$Presence,
        [Parameter(Mandatory = $true)][object[]]$Left
    )
    $marks = $Move.transaction.marks
    $told = [string]::Join(', ', [string[]]@($Left | ForEach-Object -Process { $_.away }))
    Add-SfMark -Path $marks -Step $script:Purge -State 'begin'
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    try {
        foreach ($one in $Left) {
            # while the journal is there, what is left can be proven again
            $journal = $one.copy.aside.journal
            $last = [string[]]@((Get-SfJournalPart) + @('-shm') | ForEach-Object -Process { $journal + $_ })
            Remove-SfDeskTree -Desk $Move.about.desk -Presence $Presence -Path $one.away -Last $last
        }
    }
    catch {
        $failure = ConvertTo-SfFailure -ErrorRecord $_
        Add-SfMark -Path $marks -Step $script:Purge -State 'fail' -Detail "$($failure.code): $($failure.message)"
        $failure.message = "not all of it is deleted: $($failure.message)"
        throw (New-SfFailureError -Failure $failure)
    }
    $seconds = $clock.Elapsed.TotalSeconds
    Add-SfMark -Path $marks -Step $script:Purge -State 'end' -Detail $told
    $report = New-SfReport -Step $script:Purge -State 'done' -Seconds $seconds -Detail $told
    $Move.transaction.reports.Add($report)
    return New-SfMoveOutcome -Move $Move -Outcome 'cured' -Message "deleted: $told"
}

Export-ModuleMember -Function @(
    'Remove-SfAsideCopy'
)
