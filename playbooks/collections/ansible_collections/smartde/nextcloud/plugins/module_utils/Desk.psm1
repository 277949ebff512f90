# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# What a move needs of a user's desk: sessions, clients, credentials. A desk is a table with root, sid, folder (of the
# configuration, as the host spells it), standard (the usual one), program (of an installed client, '' without one),
# files, stop_seconds, start_seconds. A presence is a table with sessions (numbers, the best one first) and clients
# (session, program, arguments: how each that runs, or ran, is started again).
#AnsibleRequires -PowerShell .Credentials
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .WindowsDesk
#AnsibleRequires -PowerShell .WindowsTasks

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# how long the deletion of a large folder may take
$script:DeleteSeconds = 3600
# options that a client acts on once; a start that repeats them would do it again
$script:Once = @(
    '--overrideserverurl', '--overridelocaldir', '--userid', '--apppassword', '--serverurl', '--localdirpath',
    '--remotedirpath', '--isvfsenabled'
)
# what a second start hands on to a client that runs
$script:OneShot = @('--quit', '-q', '--version', '-v', '--help', '-h')

function Get-SfPresence {
    <#
    .SYNOPSIS
    Who is at the desk now; clients that were recorded count where none runs.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Desk,
        [AllowNull()][hashtable]$Recorded
    )
    $clients = [System.Collections.Generic.List[object]]::new()
    foreach ($client in (Get-SfDeskClient -Desk $Desk)) {
        $clients.Add(@{
                session = $client.session
                program = $client.program
                arguments = (Get-SfKeptArgument -Arguments $client.arguments)
            })
    }
    if ($clients.Count -eq 0 -and $null -ne $Recorded) {
        $clients.AddRange([object[]]$Recorded.clients)
    }
    return @{ sessions = (Get-SfDeskSession -Desk $Desk); clients = $clients.ToArray() }
}

function Get-SfKeptArgument {
    <#
    .SYNOPSIS
    A client's arguments without those that would do something again, and with --background.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Arguments)
    $kept = [System.Collections.Generic.List[string]]::new()
    $isValue = $false
    foreach ($word in $Arguments) {
        $name = $word.Split([char]61)[0]
        $isOnce = $script:Once -ccontains $name
        if (-not $isValue -and -not $isOnce -and $script:OneShot -cnotcontains $word) {
            $kept.Add($word)
        }
        $isValue = -not $isValue -and $isOnce -and -not $word.Contains('=')
    }
    if (-not $kept.Contains('--background')) {
        $kept.Add('--background')
    }
    return , $kept.ToArray()
}

function Test-SfRunning {
    <#
    .SYNOPSIS
    Whether a client of this profile runs.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory = $true)][hashtable]$Desk)
    return (Get-SfDeskClient -Desk $Desk).Length -gt 0
}

function Stop-SfDesk {
    <#
    .SYNOPSIS
    End the profile's clients and wait until they are gone; they are never killed. Code client-will-not-stop.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)][hashtable]$Desk)
    $running = Get-SfDeskClient -Desk $Desk
    if ($running.Length -eq 0) {
        return 'not-running'
    }
    $sessions = Get-SfDeskSession -Desk $Desk
    foreach ($client in $running) {
        if ($sessions -notcontains $client.session) {
            $why = "it runs in session $($client.session), where the user is not"
            throw (New-SfWillNotStop -Clients $running -Why $why)
        }
        $program = $client.program
        if ($program -eq '') {
            $program = $Desk.program
        }
        $arguments = [object[]](Get-SfConfdirArgument -Arguments $client.arguments)
        $order = @{ work = 'quit'; program = $program; arguments = $arguments }
        $null = Invoke-SfAsUser -Desk $Desk -Session $client.session -Order $order
    }
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while (Test-SfAlive -Clients $running) {
        if ($clock.Elapsed.TotalSeconds -ge $Desk.stop_seconds) {
            throw (New-SfWillNotStop -Clients $running -Why 'it was asked to quit')
        }
        Start-Sleep -Milliseconds 250
    }
    return 'quit'
}

function New-SfWillNotStop {
    <#
    .SYNOPSIS
    The error of a client that does not end.
    #>
    [CmdletBinding()]
    [OutputType([System.Exception])]
    param(
        [Parameter(Mandatory = $true)][object[]]$Clients,
        [Parameter(Mandatory = $true)][string]$Why
    )
    $numbers = [System.Collections.Generic.List[string]]::new()
    foreach ($client in $Clients) {
        $numbers.Add([string]$client.pid)
    }
    $message = "the client (process $([string]::Join(', ', $numbers.ToArray()))) does not end; $Why"
    return New-SfError -Code 'client-will-not-stop' -Message $message -Do 'have the user quit it, or log out'
}

function Get-SfConfdirArgument {
    <#
    .SYNOPSIS
    The option that tells a client with its own configuration folder from the others.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Arguments)
    for ($number = 0; $number -lt $Arguments.Length; $number++) {
        if ($Arguments[$number].StartsWith('--confdir=', [System.StringComparison]::Ordinal)) {
            return , [string[]]@($Arguments[$number])
        }
        if ($Arguments[$number] -ceq '--confdir' -and $number + 1 -lt $Arguments.Length) {
            return , [string[]]@($Arguments[$number], $Arguments[$number + 1])
        }
    }
    return , [string[]]@()
}

function Start-SfDesk {
    <#
    .SYNOPSIS
    Start the client in the user's session and wait until it runs. Codes client-not-found, client-did-not-stay.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Desk,
        [Parameter(Mandatory = $true)][hashtable]$Presence
    )
    $session = Get-SfBestSession -Presence $Presence
    $program = $Desk.program
    $arguments = [string[]]@('--background')
    if (-not [string]::Equals($Desk.folder, $Desk.standard, [System.StringComparison]::OrdinalIgnoreCase)) {
        $arguments = [string[]]@('--background', '--confdir', $Desk.folder)
    }
    if ($Presence.clients.Length -gt 0) {
        $arguments = $Presence.clients[0].arguments
        $program = $Presence.clients[0].program
        # an update may have put the program elsewhere
        if ($program -eq '' -or ($Desk.program -ne '' -and -not (Test-SfProgram -Desk $Desk -Path $program))) {
            $program = $Desk.program
        }
    }
    if ($program -eq '') {
        throw (New-SfError -Code 'client-not-found' -Message 'there is no client on this host' -Do 'install the client')
    }
    $order = @{ work = 'start'; program = $program; arguments = [object[]]$arguments }
    $answer = Invoke-SfAsUser -Desk $Desk -Session $session -Order $order
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not (Test-SfRunning -Desk $Desk) -and $clock.Elapsed.TotalSeconds -lt $Desk.start_seconds) {
        Start-Sleep -Milliseconds 250
    }
    return "process $($answer.pid)"
}

function Remove-SfDeskTree {
    <#
    .SYNOPSIS
    Delete a folder with all that is in it, in the name of its user; links as such, and the files called
    Last after everything else. Code user-part-failed.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Desk,
        [Parameter(Mandatory = $true)][hashtable]$Presence,
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][string[]]$Last
    )
    $session = Get-SfBestSession -Presence $Presence
    $order = @{ work = 'remove'; path = $Path; last = $Last }
    $null = Invoke-SfAsUser -Desk $Desk -Session $session -Order $order -Seconds $script:DeleteSeconds
    if ([System.IO.Directory]::Exists((Get-SfLongPath -Path $Path))) {
        throw (New-SfError -Code 'user-part-failed' -Message "$Path is still there")
    }
}

function Test-SfProgram {
    <#
    .SYNOPSIS
    Whether a program is still there.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Desk,
        [Parameter(Mandatory = $true)][string]$Path
    )
    return [System.IO.File]::Exists((Get-SfDiskPath -Path $Path -Root $Desk.root))
}

Export-ModuleMember -Function @(
    'Get-SfPresence', 'Test-SfRunning', 'Stop-SfDesk', 'Start-SfDesk', 'Remove-SfDeskTree'
)
