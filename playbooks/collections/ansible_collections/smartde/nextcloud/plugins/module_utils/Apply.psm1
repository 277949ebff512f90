# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Carry an order out on one profile, wherever an earlier try may have ended. The twin of applying.py. A request is a
# table with root, run, order, raw (the order as it came), located, desk, phases and check_mode.
#AnsibleRequires -PowerShell .Desk
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Gates
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .Requests
#AnsibleRequires -PowerShell .Retelling
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .StateWrite
#AnsibleRequires -PowerShell .Steps
#AnsibleRequires -PowerShell .Transaction

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Invoke-SfOrder {
    <#
    .SYNOPSIS
    Begin a transaction, go on with an open one, or say why not: the outcome. Throws nothing that a host can cause.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param([Parameter(Mandatory = $true)][hashtable]$Request)
    $order = $Request.order
    try {
        $known = Get-SfProfileMove -Root $Request.root -User $order.user -ConfigPath $order.config_path
        $opened = $null
        foreach ($one in $known) {
            if ($null -eq $opened -and $one.state -eq 'open') {
                $opened = $one
            }
        }
        if ($null -ne $opened) {
            if ($Request.check_mode) {
                return Show-SfResume -Request $Request -Opened $opened
            }
            return Resume-SfOrder -Request $Request -Opened $opened
        }
        if ($order.starts_only) {
            return Start-SfOnly -Request $Request
        }
        if ($known.Length -gt 0) {
            $last = $known[$known.Length - 1]
            if ($last.state -eq 'done' -and (Test-SfDid -Known $last -Request $Request)) {
                $done = Get-SfDoneBefore -Request $Request -Done $last
                if ($null -ne $done) {
                    return $done
                }
            }
        }
        return Start-SfOrder -Request $Request
    }
    catch {
        $failure = ConvertTo-SfFailure -ErrorRecord $_
        return New-SfErrorOutcome -User $order.user -ConfigPath $order.config_path -Failure $failure
    }
}

function Resume-SfOrder {
    <#
    .SYNOPSIS
    With an open transaction: go on if it is the same order, else take it back.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Request,
        [Parameter(Mandatory = $true)][hashtable]$Opened
    )
    $isSame = Test-SfCarriesOut -Known $Opened -Order $Request.order
    $stored = $Request.Clone()
    $stored.order = Read-SfStoredOrder -Folder $Opened.folder
    $move = New-SfRequestMove -Request $stored -Folder $Opened.folder
    if ($isSame -and -not (Test-SfUndoing -Transaction $move.transaction)) {
        Add-SfRunLink -Request $Request -Opened $Opened
        return Step-SfOrder -Request $stored -Move $move
    }
    $reason = 'a failure before'
    if (-not $isSame) {
        $reason = 'another order came'
    }
    Undo-SfMove -Move $move -Reason $reason
    if ($isSame -and -not $Request.order.resume) {
        return Start-SfOrder -Request $Request
    }
    $message = "an unfinished move of run $($Opened.run) with another order was taken back; nothing else was done"
    throw (New-SfRefusal -Code 'open-transaction-undone' -Message $message)
}

function Show-SfResume {
    <#
    .SYNOPSIS
    As Resume-SfOrder, in check mode.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Request,
        [Parameter(Mandatory = $true)][hashtable]$Opened
    )
    $move = New-SfRequestMove -Request $Request -Folder $Opened.folder
    $isSame = Test-SfCarriesOut -Known $Opened -Order $Request.order
    $would = 'taken back first'
    if ($isSame -and -not (Test-SfUndoing -Transaction $move.transaction)) {
        $would = 'gone on with'
    }
    $message = "the unfinished move of run $($Opened.run) would be $would"
    return New-SfMoveOutcome -Move $move -Outcome 'prepared' -Code 'check-mode' -Message $message
}

function Start-SfOrder {
    <#
    .SYNOPSIS
    Begin.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param([Parameter(Mandatory = $true)][hashtable]$Request)
    $order = $Request.order
    if ($order.resume -and $order.edits.Length -eq 0) {
        throw (New-SfRefusal -Code 'nothing-to-resume' -Message 'there is no unfinished move here')
    }
    $name = @{ Root = $Request.root; Run = $Request.run; User = $order.user; ConfigPath = $order.config_path }
    $folder = Get-SfProfileFolder @name
    $move = New-SfRequestMove -Request $Request -Folder $folder
    try {
        $reports = Invoke-SfGate -Move $move -Begun $false
    }
    catch {
        return New-SfMoveFailure -Move $move -Failure (ConvertTo-SfFailure -ErrorRecord $_)
    }
    if ($Request.check_mode) {
        # whichever half: none was prepared before
        $message = 'the account would be moved'
        if ($order.cures.Length -gt 0) {
            $message = 'it would be mended'
        }
        return New-SfMoveOutcome -Move $move -Outcome 'prepared' -Code 'check-mode' -Message $message
    }
    if ($Request.phases -cnotcontains 'prepare') {
        throw (New-SfRefusal -Code 'not-prepared' -Message 'this profile was not prepared' -Do 'apply again')
    }
    Initialize-SfMoveFolder -Request $Request -Folder $folder
    Open-SfTransaction -Transaction $move.transaction
    foreach ($report in $reports) {
        Add-SfEndMark -Transaction $move.transaction -Report $report
    }
    return Invoke-SfPhases -Request $Request -Move $move
}

function Start-SfOnly {
    <#
    .SYNOPSIS
    Start a client that does not run. Nothing else is changed, so there is nothing to remember and to take back.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param([Parameter(Mandatory = $true)][hashtable]$Request)
    $order = $Request.order
    $desk = $Request.desk
    if (Test-SfRunning -Desk $desk) {
        return New-SfOutcome -User $order.user -ConfigPath $order.config_path -Outcome 'already'
    }
    $name = @{ Root = $Request.root; Run = $Request.run; User = $order.user; ConfigPath = $order.config_path }
    $move = New-SfRequestMove -Request $Request -Folder (Get-SfProfileFolder @name)
    $null = Invoke-SfGate -Move $move -Begun $false
    $presence = Get-SfPresence -Desk $desk
    if ($presence.sessions.Length -eq 0) {
        $message = 'the user is not logged on, so the client has no desktop to be started on'
        $do = 'fix again when the user is logged in to the desktop'
        throw (New-SfError -Code 'no-session' -Message $message -Do $do -Outcome 'waiting-session')
    }
    if ($Request.check_mode) {
        $message = 'the client would be started'
        return New-SfMoveOutcome -Move $move -Outcome 'prepared' -Code 'check-mode' -Message $message
    }
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $detail = Start-SfDesk -Desk $desk -Presence $presence
    $with = @{ Step = 'start-client'; State = 'done'; Seconds = $clock.Elapsed.TotalSeconds; Detail = $detail }
    $move.transaction.reports.Add((New-SfReport @with))
    $made = New-SfMoveOutcome -Move $move -Outcome 'cured'
    $made.proofs = [object[]]@((New-SfProof -Proof 'client-running' -State 'ok'))
    return $made
}

function Initialize-SfMoveFolder {
    <#
    .SYNOPSIS
    The transaction's folder with its order; of an earlier try of the same run only the marks and the backup stay. Its
    configuration and its client were those of that time.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Request,
        [Parameter(Mandatory = $true)][string]$Folder
    )
    Initialize-SfStateFolder -Root $Request.root -Path $Folder
    Remove-SfFile -Path ($Folder + '.link')
    foreach ($name in @('client.json', 'settled.json', 'outcome.json', 'aside.json', 'carried.json')) {
        Remove-SfFile -Path ([System.IO.Path]::Combine($Folder, $name))
    }
    Write-SfJson -Path ([System.IO.Path]::Combine($Folder, 'order.json')) -Data $Request.raw
}

function Step-SfOrder {
    <#
    .SYNOPSIS
    Go on with an open transaction.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Request,
        [Parameter(Mandatory = $true)][hashtable]$Move
    )
    $history = Get-SfHistory -Transaction $Move.transaction
    if ($history.Length -eq 0) {
        # it died between its order and its first mark
        Open-SfTransaction -Transaction $Move.transaction
    }
    try {
        $null = Invoke-SfGate -Move $Move -Begun $true
    }
    catch {
        return Undo-SfOrder -Move $Move -Failure (ConvertTo-SfFailure -ErrorRecord $_)
    }
    return Invoke-SfPhases -Request $Request -Move $Move
}

function Invoke-SfPhases {
    <#
    .SYNOPSIS
    The steps of the phases; whatever fails is taken back before it is reported.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Request,
        [Parameter(Mandatory = $true)][hashtable]$Move
    )
    try {
        if ($Request.phases -ccontains 'prepare') {
            Invoke-SfForward -Move $Move -Phase 'prepare'
        }
        if ($Request.phases -cnotcontains 'commit') {
            $message = 'the client is stopped, the backup is made'
            return New-SfMoveOutcome -Move $Move -Outcome 'prepared' -Message $message
        }
        Invoke-SfForward -Move $Move -Phase 'commit'
    }
    catch {
        return Undo-SfOrder -Move $Move -Failure (ConvertTo-SfFailure -ErrorRecord $_)
    }
    $made = New-SfMoveOutcome -Move $Move -Outcome (Get-SfSuccess -Order $Request.order)
    if ($null -ne $Move.sign_in) {
        $made.outcome = 'waiting-sign-in'
        $made.code = $Move.sign_in.code
        $made.message = $Move.sign_in.message
        $made.do = Get-SfSignInText
    }
    $made.backup = [System.IO.Path]::Combine($Move.about.folder, 'backup')
    $made.proofs = $Move.proofs
    Remove-SfSpare -Transaction $Move.transaction
    # before the last mark: a move that is done can be told again
    Save-SfTold -Folder $Move.about.folder -Run $Request.run -Outcome $made
    Close-SfTransaction -Transaction $Move.transaction -Detail $made.outcome
    return $made
}

function Undo-SfOrder {
    <#
    .SYNOPSIS
    Take everything back and report what failed; a failed proof is part of the report.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Move,
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Failure
    )
    Undo-SfMove -Move $Move -Reason "$($Failure.code): $($Failure.message)"
    $made = New-SfMoveFailure -Move $Move -Failure $Failure
    $made.message = "$($Failure.message); everything is as it was before"
    $made.proofs = $Move.proofs
    return $made
}

Export-ModuleMember -Function @(
    'Invoke-SfOrder'
)
