# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# What win_account_move and win_account_restore do on a whole host: the lock, and one profile after the other. The twin
# of hostwork.py. A host is a table with root, run, phases, check_mode, stop_seconds, start_seconds, wait_seconds, files
# (of the part that runs as the user) and spool (a folder for administrators alone).
#AnsibleRequires -PowerShell .Apply
#AnsibleRequires -PowerShell .Chosen
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Lock
#AnsibleRequires -PowerShell .Order
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .Purging
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .Transaction
#AnsibleRequires -PowerShell .WindowsTasks

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# the phase that stands alone
$script:Purge = 'purge'

function New-SfPlace {
    <#
    .SYNOPSIS
    The host as a module's options tell it; run and phases come in by themselves.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)][object]$Module)
    $spool = [System.IO.Path]::GetTempPath()
    if (Test-SfWindows) {
        $spool = $Module.Tmpdir
    }
    $files = @{}
    foreach ($name in $Module.Params.user_part.Keys) {
        $files[$name] = [string]$Module.Params.user_part[$name]
    }
    return @{
        root = $Module.Params.root
        run = ''
        phases = [string[]]@()
        check_mode = $Module.CheckMode
        stop_seconds = $Module.Params.stop_seconds
        start_seconds = $Module.Params.start_seconds
        wait_seconds = $Module.Params.wait_seconds
        files = $files
        spool = $spool
    }
}

function Test-SfChanged {
    <#
    .SYNOPSIS
    Whether one of the outcomes changed anything. What is only told again was not changed by this call.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Outcomes)
    foreach ($one in $Outcomes) {
        if ($one.changed -and -not $one.Contains('told_before')) {
            return $true
        }
    }
    return $false
}

function Invoke-SfMoveHost {
    <#
    .SYNOPSIS
    One outcome for each order, in their order. Throws run-unfit for a run id that is no plain name, and what keeps the
    host from remembering anything.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Place,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Orders,
        [Parameter(Mandatory = $true)][double]$LockSeconds
    )
    $null = Get-SfRunFolder -Root $Place.root -Run $Place.run
    if ($Place.check_mode) {
        return , (Invoke-SfOrders -Place $Place -Orders $Orders)
    }
    try {
        $wanted = Get-SfOrderName -Root $Place.root -Orders $Orders
        $lock = Lock-SfHost -Root $Place.root -Run $Place.run -Orders $wanted -WaitSeconds $Place.wait_seconds
    }
    catch {
        return , (Get-SfHeldOutcome -ErrorRecord $_ -Profiles $Orders)
    }
    try {
        Clear-SfTask -Root $Place.root
        $outcomes = Invoke-SfOrders -Place $Place -Orders $Orders
        foreach ($one in $outcomes) {
            if ($one.outcome -eq 'prepared') {
                Set-SfReservation -Lock $lock -Seconds $LockSeconds
            }
        }
    }
    finally {
        Unlock-SfHost -Lock $lock
    }
    return , $outcomes
}

function Invoke-SfOne {
    <#
    .SYNOPSIS
    Carry out one order, or delete what the latest cure of a profile has set aside: then Raw names no more than the
    profile. The outcome.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Place,
        [Parameter(Mandatory = $true)][psobject]$Raw
    )
    if ($Place.phases -ccontains $script:Purge) {
        $user = Get-SfNameOf -Raw $Raw -Name 'user'
        $path = Get-SfNameOf -Raw $Raw -Name 'config_path'
        $request = New-SfRequest -Place $Place -User $user -ConfigPath $path
        return Remove-SfAsideCopy -Request $request -User $user -ConfigPath $path
    }
    $order = Read-SfOrder -Raw $Raw
    $request = New-SfRequest -Place $Place -User $order.user -ConfigPath $order.config_path
    $request.order = $order
    $request.raw = $Raw
    return Invoke-SfOrder -Request $request
}

function Invoke-SfOrders {
    <#
    .SYNOPSIS
    Carry out one order after the other; one that fails does not stop the others.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Place,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Orders
    )
    $outcomes = [System.Collections.Generic.List[object]]::new()
    foreach ($raw in $Orders) {
        try {
            $outcomes.Add((Invoke-SfOne -Place $Place -Raw $raw))
        }
        catch {
            $failure = ConvertTo-SfFailure -ErrorRecord $_
            $user = Get-SfNameOf -Raw $raw -Name 'user'
            $path = Get-SfNameOf -Raw $raw -Name 'config_path'
            $outcomes.Add((New-SfErrorOutcome -User $user -ConfigPath $path -Failure $failure))
        }
    }
    return , $outcomes.ToArray()
}

function Invoke-SfRestoreHost {
    <#
    .SYNOPSIS
    Take back the moves of the run, of every profile's latest one for an empty run; Wanted limits the profiles.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Place,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Wanted,
        [Parameter(Mandatory = $true)][bool]$OnlyOpen
    )
    $chosen = Select-SfChosen -Place $Place -Wanted $Wanted
    if ($Place.check_mode) {
        return , (Restore-SfChosen -Place $Place -Chosen $chosen -OnlyOpen $OnlyOpen)
    }
    if ($chosen.Length -eq 0) {
        return , [object[]]@()
    }
    $name = $Place.run
    if ($name -eq '') {
        $name = 'rollback'
    }
    try {
        $orders = [string[]]@()
        $lock = Lock-SfHost -Root $Place.root -Run $name -Orders $orders -WaitSeconds $Place.wait_seconds
    }
    catch {
        return , (Get-SfHeldOutcome -ErrorRecord $_ -Profiles $chosen)
    }
    try {
        Clear-SfTask -Root $Place.root
        # asked inside the lock: who was waited for may have ended a move
        $chosen = Select-SfChosen -Place $Place -Wanted $Wanted
        $outcomes = Restore-SfChosen -Place $Place -Chosen $chosen -OnlyOpen $OnlyOpen
    }
    finally {
        Unlock-SfHost -Lock $lock
    }
    return , $outcomes
}

function Get-SfOrderName {
    <#
    .SYNOPSIS
    What the host's lock knows the orders by, under every name that an unfinished move has.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Orders
    )
    $names = [System.Collections.Generic.List[string]]::new()
    foreach ($raw in $Orders) {
        $name = Get-SfNameOf -Raw $raw -Name 'new_sha256'
        if ($name -ne '' -and -not $names.Contains($name)) {
            $names.Add($name)
        }
    }
    foreach ($known in (Get-SfTransaction -Root $Root)) {
        if ($names.Contains($known.new_sha256) -and -not $names.Contains($known.planned_new)) {
            $names.Add($known.planned_new)
        }
    }
    return , $names.ToArray()
}

function Get-SfHeldOutcome {
    <#
    .SYNOPSIS
    What becomes of the profiles while another run has the host. Any other error is thrown on: then the host has no
    place to remember a move.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.ErrorRecord]$ErrorRecord,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Profiles
    )
    $failure = ConvertTo-SfFailure -ErrorRecord $ErrorRecord
    if ($failure.code -ne 'lock-held') {
        throw (New-SfFailureError -Failure $failure)
    }
    $outcomes = [System.Collections.Generic.List[object]]::new()
    foreach ($one in $Profiles) {
        $outcomes.Add((New-SfErrorOutcome -User $one.user -ConfigPath $one.config_path -Failure $failure))
    }
    return , $outcomes.ToArray()
}

Export-ModuleMember -Function @(
    'New-SfPlace', 'Test-SfChanged', 'Invoke-SfMoveHost', 'Invoke-SfRestoreHost'
)
