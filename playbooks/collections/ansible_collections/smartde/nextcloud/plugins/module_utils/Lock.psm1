# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# One run at a time works on a host. While a call works, it has the file `lock` open and shares it with nobody (that
# falls with the process); between the tasks of a run, the reservation written into it keeps others away. The twin of
# lock.py, which tells to whom a reservation gives way.
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Marks
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .StateWrite

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Lock-SfHost {
    <#
    .SYNOPSIS
    Hold the host; Unlock-SfHost lets it go. Code lock-held (refused) where another run has it.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [Parameter(Mandatory = $true)][string]$Run,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][string[]]$Orders,
        [Parameter(Mandatory = $true)][double]$WaitSeconds
    )
    Initialize-SfStateFolder -Root $Root
    $path = [System.IO.Path]::Combine((Get-SfStateFolder -Root $Root), 'lock')
    $stream = Open-SfLock -Path $path -WaitSeconds $WaitSeconds
    $held = @{ stream = $stream; run = $Run; orders = $Orders; reserved = $false }
    try {
        $found = Read-SfReservation -Stream $held.stream
        if ($null -ne $found -and (Test-SfMustWait -Found $found -Run $Run -Orders $Orders)) {
            $until = [datetime]::new([long]($found.until * 10000000) + 621355968000000000, [System.DateTimeKind]::Utc)
            $shown = $until.ToString('yyyy-MM-dd HH:mm:ss', [System.Globalization.CultureInfo]::InvariantCulture)
            throw (New-SfLockError -Message "run $($found.run) has reserved this host until $shown UTC")
        }
        # an until of 0: the name is for people, what counts now is the open file
        Write-SfReservation -Stream $held.stream -Run $Run -Until 0 -Orders $Orders
    }
    catch {
        $held.stream.Dispose()
        throw
    }
    return $held
}

function Open-SfLock {
    <#
    .SYNOPSIS
    Open the file of the lock for us alone. A call whose controller died is waited for: it will come to its end.
    #>
    [CmdletBinding()]
    [OutputType([System.IO.FileStream])]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][double]$WaitSeconds
    )
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        try {
            return [System.IO.FileStream]::new(
                $Path,
                [System.IO.FileMode]::OpenOrCreate,
                [System.IO.FileAccess]::ReadWrite,
                [System.IO.FileShare]::None)
        }
        catch {
            if (-not (Test-SfInUse -Exception $_.Exception)) {
                throw
            }
            if ($clock.Elapsed.TotalSeconds -ge $WaitSeconds) {
                throw (New-SfLockError -Message 'another run works on this host now')
            }
        }
        Start-Sleep -Milliseconds 200
    }
}

function New-SfLockError {
    <#
    .SYNOPSIS
    The error that the host is somebody else's now.
    #>
    [CmdletBinding()]
    [OutputType([System.Exception])]
    param([Parameter(Mandatory = $true)][string]$Message)
    return New-SfError -Code 'lock-held' -Message $Message -Do 'wait for that run, then apply again' -Outcome 'refused'
}

function Test-SfMustWait {
    <#
    .SYNOPSIS
    Whether a reservation keeps this run away: not one that has expired, nor its own, nor one with the same orders.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Found,
        [Parameter(Mandatory = $true)][string]$Run,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][string[]]$Orders
    )
    if ($Found.run -ceq $Run -or $Found.until -le (Get-SfNow)) {
        return $false
    }
    foreach ($order in $Found.orders) {
        if ($Orders -cnotcontains $order) {
            return $true
        }
    }
    return $Found.orders.Length -eq 0
}

function Set-SfReservation {
    <#
    .SYNOPSIS
    Keep the host for this run's next task.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Lock,
        [Parameter(Mandatory = $true)][double]$Seconds
    )
    Write-SfReservation -Stream $Lock.stream -Run $Lock.run -Until ((Get-SfNow) + $Seconds) -Orders $Lock.orders
    $Lock.reserved = $true
}

function Unlock-SfHost {
    <#
    .SYNOPSIS
    Let the host go, unless it was reserved; then only the file.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Lock)
    try {
        if (-not $Lock.reserved) {
            $Lock.stream.SetLength(0)
            $Lock.stream.Flush($true)
        }
    }
    finally {
        $Lock.stream.Dispose()
    }
}

function Clear-SfReservation {
    <#
    .SYNOPSIS
    Take away the reservation of a run, whoever's for an empty run: a table of state (free, removed, kept for another
    run's, working where a call has the host now), run and until.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Run,
        [Parameter(Mandatory = $true)][bool]$CheckMode
    )
    $told = [ordered]@{ state = 'free'; run = ''; until = [double]0 }
    $path = [System.IO.Path]::Combine((Get-SfStateFolder -Root $Root), 'lock')
    if (-not [System.IO.File]::Exists($path)) {
        return $told
    }
    # nobody else may have made the folder that is written in
    Initialize-SfStateFolder -Root $Root
    try {
        $stream = Open-SfLock -Path $path -WaitSeconds 0
    }
    catch {
        if ((Get-SfErrorFact -ErrorRecord $_).code -ne 'lock-held') {
            throw
        }
        $told.state = 'working'
        return $told
    }
    try {
        $found = Read-SfReservation -Stream $stream
        if ($null -eq $found -or $found.until -le (Get-SfNow)) {
            return $told
        }
        $told.run = $found.run
        $told.until = $found.until
        $told.state = 'kept'
        if ($Run -eq '' -or $found.run -ceq $Run) {
            $told.state = 'removed'
            if (-not $CheckMode) {
                $stream.SetLength(0)
                $stream.Flush($true)
            }
        }
        return $told
    }
    finally {
        $stream.Dispose()
    }
}

function Read-SfReservation {
    <#
    .SYNOPSIS
    Run, until and orders; nothing for an empty or torn file: who wrote it is dead.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)][System.IO.FileStream]$Stream)
    if ($Stream.Length -eq 0 -or $Stream.Length -gt 1048576) {
        return $null
    }
    try {
        $null = $Stream.Seek(0, [System.IO.SeekOrigin]::Begin)
        $bytes = [byte[]]::new([int]$Stream.Length)
        $count = $Stream.Read($bytes, 0, $bytes.Length)
        $read = ConvertFrom-Json -InputObject ([System.Text.Encoding]::UTF8.GetString($bytes, 0, $count))
        return @{ run = [string]$read.run; until = [double]$read.until; orders = [string[]]@($read.orders) }
    }
    catch {
        return $null
    }
}

function Write-SfReservation {
    <#
    .SYNOPSIS
    Write who has the host into the open file.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][System.IO.FileStream]$Stream,
        [Parameter(Mandatory = $true)][string]$Run,
        [Parameter(Mandatory = $true)][double]$Until,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][string[]]$Orders
    )
    $fields = [ordered]@{ run = $Run; until = $Until; orders = @($Orders | Sort-Object); pid = $PID }
    $bytes = [System.Text.UTF8Encoding]::new($false).GetBytes((ConvertTo-Json -InputObject $fields -Depth 3 -Compress))
    $Stream.SetLength(0)
    $Stream.Write($bytes, 0, $bytes.Length)
    $Stream.Flush($true)
}

Export-ModuleMember -Function @(
    'Lock-SfHost', 'Set-SfReservation', 'Unlock-SfHost', 'Clear-SfReservation'
)
