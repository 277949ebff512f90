# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Which step follows which, when one is done again, and what a mark is written for. Secrets and cookies come before the
# configuration: a client that somebody starts in between then finds either the old account whole or the new one whole,
# and credentials that Windows refuses leave the file untouched. A journal is carried over before the configuration
# names it; a copy is set aside after that, for a client that is started in between must not find its folder missing,
# and comes back before the configuration names it again.
#AnsibleRequires -PowerShell .Asides
#AnsibleRequires -PowerShell .Backup
#AnsibleRequires -PowerShell .CureProofs
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Instance
#AnsibleRequires -PowerShell .Marks
#AnsibleRequires -PowerShell .Move
#AnsibleRequires -PowerShell .Transaction
#AnsibleRequires -PowerShell .Undo

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Prepare = @('stop-client', 'backup', 'prove-cure', 'manifest')
$script:Commit = @(
    'copy-secrets', 'remove-cookies', 'carry-journal', 'write-config', 'set-aside', 'start-client', 'prove',
    'remove-sync-roots'
)
$script:Back = @(
    'undo-stop-client', 'return-copy', 'restore-config', 'remove-carried', 'restore-journals', 'restart-client',
    'undo-sync-roots'
)
# those that a move alone has, a cure alone, one that sets copies aside, and one that carries a journal over
$script:OfMove = @('copy-secrets', 'remove-cookies', 'remove-sync-roots', 'undo-sync-roots')
$script:OfCure = @('prove-cure')
$script:OfAside = @('set-aside', 'return-copy')
$script:OfCarry = @('carry-journal', 'remove-carried')

function Select-SfStep {
    <#
    .SYNOPSIS
    Those of some steps that an order has.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Order,
        [Parameter(Mandatory = $true)][string[]]$Steps
    )
    $isCure = $Order.cures.Length -gt 0
    $isCarry = $false
    foreach ($aside in $Order.aside) {
        $isCarry = $isCarry -or $aside.carry
    }
    $found = [System.Collections.Generic.List[string]]::new()
    foreach ($step in $Steps) {
        $isLeft = ($isCure -and $script:OfMove -ccontains $step) -or (-not $isCure -and $script:OfCure -ccontains $step)
        $isLeft = $isLeft -or ($Order.aside.Length -eq 0 -and $script:OfAside -ccontains $step)
        if (-not $isLeft -and ($isCarry -or $script:OfCarry -cnotcontains $step)) {
            $found.Add($step)
        }
    }
    return , $found.ToArray()
}

function Invoke-SfWork {
    <#
    .SYNOPSIS
    Do the work of one step.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Move,
        [Parameter(Mandatory = $true)][string]$Step
    )
    switch ($Step) {
        'check' { return Invoke-SfCheck -Move $Move -Begun $false }
        'check-again' { return Invoke-SfCheck -Move $Move -Begun $true }
        'prove-instance' { return Complete-SfWork -Detail (Assert-SfNewInstance -Order $Move.about.order) }
        'stop-client' { return Invoke-SfStop -Move $Move }
        'backup' { return Invoke-SfBackup -Move $Move }
        'prove-cure' { return Invoke-SfProveCure -Move $Move }
        'manifest' { return Invoke-SfManifest -Move $Move }
        'copy-secrets' { return Invoke-SfCopySecrets -Move $Move }
        'remove-cookies' { return Invoke-SfRemoveCookies -Move $Move }
        'carry-journal' { return Invoke-SfCarry -About $Move.about }
        'write-config' { return Invoke-SfWriteConfig -Move $Move }
        'set-aside' { return Invoke-SfSetAside -About $Move.about }
        'start-client' { return Invoke-SfStart -About $Move.about }
        'prove' { return Invoke-SfProve -Move $Move }
        'remove-sync-roots' { return Invoke-SfSyncRoots -About $Move.about }
        'undo-stop-client' { return Undo-SfStop -About $Move.about }
        'return-copy' { return Undo-SfSetAside -About $Move.about }
        'remove-carried' { return Undo-SfCarry -Move $Move }
        'restore-config' { return Undo-SfConfig -About $Move.about }
        'restore-journals' { return Undo-SfJournals -About $Move.about }
        'restart-client' { return Invoke-SfStart -About $Move.about }
        'undo-sync-roots' { return Invoke-SfSyncRoots -About $Move.about -Back }
    }
    throw (New-SfError -Code 'system-error' -Message "there is no step $Step")
}

function Test-SfAgain {
    <#
    .SYNOPSIS
    Whether a step that was ended before must be done once more, because the world may have moved on since.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Move,
        [Parameter(Mandatory = $true)][string]$Step
    )
    $transaction = $Move.transaction
    switch ($Step) {
        'stop-client' { return -not (Test-SfBegan -Transaction $transaction -Step 'start-client') }
        'backup' {
            if (Test-SfBegan -Transaction $transaction -Step 'write-config') {
                return $false
            }
            return -not (Test-SfBackupCurrent -Transaction $Move.about.folder)
        }
        # until the file is written: the user may have worked since, in a folder that no backup looks at
        'prove-cure' {
            $isBegun = Test-SfBegan -Transaction $transaction -Step 'write-config'
            return -not $isBegun -or (Test-SfUnwritten -About $Move.about)
        }
        'manifest' { return $Move.backup_is_new }
        'copy-secrets' {
            $copied = Get-SfEnded -Transaction $transaction -Step 'copy-secrets'
            return $null -ne $copied -and $copied.state -eq 'skip'
        }
        # who goes on proves for itself, whatever was proven before: the answer holds its proofs
        'start-client' { return $true }
        'prove' { return $true }
    }
    return $false
}

function Invoke-SfTimed {
    <#
    .SYNOPSIS
    Do one step and turn what it throws into a report: a table of report, and failure or nothing.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Move,
        [Parameter(Mandatory = $true)][string]$Step,
        [string]$Name = $Step
    )
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    try {
        $done = Invoke-SfWork -Move $Move -Step $Step
        $seconds = $clock.Elapsed.TotalSeconds
        $report = New-SfReport -Step $Name -State $done.state -Seconds $seconds -Detail $done.detail
        return @{ report = $report; failure = $null }
    }
    catch {
        $failure = ConvertTo-SfFailure -ErrorRecord $_
        $seconds = $clock.Elapsed.TotalSeconds
        $report = New-SfReport -Step $Name -State 'failed' -Seconds $seconds -Detail $failure.message
        return @{ report = $report; failure = $failure }
    }
}

function Invoke-SfMarked {
    <#
    .SYNOPSIS
    Do one step with its marks.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Move,
        [Parameter(Mandatory = $true)][string]$Step
    )
    $transaction = $Move.transaction
    Add-SfMark -Path $transaction.marks -Step $Step -State 'begin'
    $done = Invoke-SfTimed -Move $Move -Step $Step
    $transaction.reports.Add($done.report)
    if ($null -ne $done.failure) {
        $detail = "$($done.failure.code): $($done.failure.message)"
        Add-SfMark -Path $transaction.marks -Step $Step -State 'fail' -Detail $detail
        throw (New-SfFailureError -Failure $done.failure)
    }
    Add-SfEndMark -Transaction $transaction -Report $done.report
}

function Invoke-SfGate {
    <#
    .SYNOPSIS
    What must be true before the next step, with its reports; thrown with the outcome if it is not.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Move,
        [Parameter(Mandatory = $true)][bool]$Begun
    )
    $first = 'check'
    if ($Begun) {
        $first = 'check-again'
    }
    $reports = [System.Collections.Generic.List[object]]::new()
    foreach ($step in @($first, 'prove-instance')) {
        $done = Invoke-SfTimed -Move $Move -Step $step -Name ($step -replace '-again\z', '')
        $Move.transaction.reports.Add($done.report)
        $reports.Add($done.report)
        if ($null -ne $done.failure) {
            throw (New-SfFailureError -Failure (ConvertTo-SfGateFailure -Failure $done.failure))
        }
    }
    return , $reports.ToArray()
}

function ConvertTo-SfGateFailure {
    <#
    .SYNOPSIS
    What a gate says of paths and of the file is a refusal: nothing was tried.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.IDictionary])]
    param([Parameter(Mandatory = $true)][System.Collections.IDictionary]$Failure)
    if ($Failure.outcome -eq 'failed' -and $Failure.code -cmatch '\A(path|config)-') {
        $Failure.outcome = 'refused'
    }
    return $Failure
}

function Invoke-SfForward {
    <#
    .SYNOPSIS
    Do what is still to be done of the steps of these phases, in order. The first that fails throws.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Move,
        [Parameter(Mandatory = $true)][string]$Phase
    )
    $steps = $script:Commit
    if ($Phase -eq 'prepare') {
        $steps = $script:Prepare
    }
    foreach ($step in (Select-SfStep -Order $Move.about.order -Steps $steps)) {
        $mark = Get-SfEnded -Transaction $Move.transaction -Step $step
        if ($null -ne $mark -and -not (Test-SfAgain -Move $Move -Step $step)) {
            Add-SfKnownReport -Transaction $Move.transaction -Mark $mark
        }
        else {
            Invoke-SfMarked -Move $Move -Step $step
        }
    }
}

function Undo-SfMove {
    <#
    .SYNOPSIS
    Take everything back, whatever an earlier undo that died had ended. Code undo-failed: it stays open and can be
    undone another time.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Move,
        [Parameter(Mandatory = $true)][string]$Reason
    )
    $transaction = $Move.transaction
    try {
        Remove-SfSpare -Transaction $transaction
        if (-not (Test-SfUndoing -Transaction $transaction)) {
            Add-SfMark -Path $transaction.marks -Step 'transaction' -State 'undo' -Detail $Reason
        }
        foreach ($step in (Select-SfStep -Order $Move.about.order -Steps $script:Back)) {
            Invoke-SfMarked -Move $Move -Step $step
        }
        Add-SfMark -Path $transaction.marks -Step 'transaction' -State 'undone' -Detail $Reason
    }
    catch {
        $failure = ConvertTo-SfFailure -ErrorRecord $_
        $message = "$Reason; taking it back failed: $($failure.message)"
        $do = 'mend that, then roll this host back; the backup is whole'
        throw (New-SfError -Code 'undo-failed' -Message $message -Do $do)
    }
}

Export-ModuleMember -Function @(
    'Invoke-SfGate', 'Invoke-SfForward', 'Undo-SfMove'
)
