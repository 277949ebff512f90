# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Take a remembered move back on one profile. The twin of restoring.py. The request is a table as in Apply, without an
# order of its own.
#AnsibleRequires -PowerShell .CureProofs
#AnsibleRequires -PowerShell .Desk
#AnsibleRequires -PowerShell .Instance
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .Profile
#AnsibleRequires -PowerShell .Requests
#AnsibleRequires -PowerShell .Steps
#AnsibleRequires -PowerShell .Transaction
#AnsibleRequires -PowerShell .Undo

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Restore-SfMove {
    <#
    .SYNOPSIS
    Undo a transaction; with OnlyOpen one that ended well stays. The outcome; throws nothing that a host can cause.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Request,
        [Parameter(Mandatory = $true)][hashtable]$Known,
        [Parameter(Mandatory = $true)][bool]$OnlyOpen
    )
    try {
        return Restore-SfKnown -Request $Request -Known $Known -OnlyOpen $OnlyOpen
    }
    catch {
        $failure = ConvertTo-SfFailure -ErrorRecord $_
        return New-SfErrorOutcome -User $Known.user -ConfigPath $Known.config_path -Failure $failure
    }
}

function Restore-SfKnown {
    <#
    .SYNOPSIS
    As Restore-SfMove; throws.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Request,
        [Parameter(Mandatory = $true)][hashtable]$Known,
        [Parameter(Mandatory = $true)][bool]$OnlyOpen
    )
    if ($Known.state -eq 'undone') {
        return New-SfNothing -Known $Known -Message 'taken back before'
    }
    $isDone = $Known.state -eq 'done'
    if ($isDone -and $OnlyOpen) {
        return New-SfNothing -Known $Known -Message 'the move had ended well'
    }
    $stored = $Request.Clone()
    $stored.order = Read-SfStoredOrder -Folder $Known.folder
    $move = New-SfRequestMove -Request $stored -Folder $Known.folder
    if ($isDone) {
        $isAway = Test-SfWayBack -About $move.about
        if (-not $isAway -and $null -eq (Get-SfToRestore -About $move.about)) {
            return New-SfNothing -Known $Known -Message 'the account is as it was before the move'
        }
        Assert-SfOldInstance -Order $stored.order
    }
    $made = New-SfOutcome -User $Known.user -ConfigPath $Known.config_path -Outcome 'rolled-back' -Changed $true
    if ($Request.check_mode) {
        $made.code = 'check-mode'
        $made.message = 'would be taken back'
        return $made
    }
    if ($isDone) {
        Update-SfRecorded -Move $move
    }
    Undo-SfMove -Move $move -Reason 'rollback'
    $made.backup = [System.IO.Path]::Combine($Known.folder, 'backup')
    $made.steps = $move.transaction.reports.ToArray()
    return $made
}

function Update-SfRecorded {
    <#
    .SYNOPSIS
    Who is at the desk now counts, not who was there when the move was made.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Move)
    $about = $Move.about
    $recorded = Get-SfRecorded -About $about
    $now = Get-SfPresence -Desk $about.desk -Recorded $recorded
    if ($now.sessions.Length -gt 0 -or $null -eq $recorded) {
        Save-SfRecorded -About $about -Presence $now
    }
}

function New-SfNothing {
    <#
    .SYNOPSIS
    The outcome where nothing was to be taken back.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Known,
        [Parameter(Mandatory = $true)][string]$Message
    )
    $made = New-SfOutcome -User $Known.user -ConfigPath $Known.config_path -Outcome 'already'
    $made.code = 'nothing-to-undo'
    $made.message = $Message
    return $made
}

Export-ModuleMember -Function @(
    'Restore-SfMove'
)
