# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Who has a profile on this host, where its configuration lies, and which sessions and clients are that user's.
#AnsibleRequires -PowerShell .ClientConfig
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .WindowsProducts
#AnsibleRequires -PowerShell .WindowsProfiles
#AnsibleRequires -PowerShell .WindowsSessions

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Kinds = @('console', 'rdp', 'disconnected')
$script:Client = 'nextcloud'

function Find-SfProfile {
    <#
    .SYNOPSIS
    The profile that the controller names: user, sid, config and home (on the disk), folder and standard (of the
    configuration and the usual one, as the host spells them), homes (of other people). Refused with user-unknown,
    profile-unusable, config-unknown.
    .PARAMETER Spool
    A folder for administrators alone, for a copy of the registry of a user who is not logged on.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [Parameter(Mandatory = $true)][string]$User,
        [Parameter(Mandatory = $true)][string]$ConfigPath,
        [Parameter(Mandatory = $true)][string]$Spool
    )
    $person = Find-SfPerson -Root $Root -User $User
    try {
        $null = Read-SfPersonRegistry -Person $person -Spool $Spool
    }
    catch {
        # the usual places are noted; a configuration elsewhere is then one that is not known
        Write-Debug -Message (Get-SfErrorText -ErrorRecord $_)
    }
    $clients = Select-SfClientOf -Root $Root -Sid $person.Sid
    $path = ''
    foreach ($place in (Get-SfConfigPlace -Person $person -Clients $clients -Root $Root)) {
        $isNamed = [string]::Equals($place.Path, $ConfigPath, [System.StringComparison]::OrdinalIgnoreCase)
        if ($isNamed -and $place.Forbidden.Length -eq 0) {
            $path = $place.Path
        }
    }
    if ($path -eq '') {
        $path = Find-SfRememberedPath -Root $Root -User $User -ConfigPath $ConfigPath
    }
    return @{
        user = $User
        sid = $person.Sid
        config = (Get-SfDiskPath -Path $path -Root $Root)
        home = (Get-SfDiskPath -Path $person.ProfilePath -Root $Root)
        folder = $path.Substring(0, $path.LastIndexOf([char]92))
        standard = (Get-SfPlainName -Path ($person.AppData + '\Nextcloud'))
        homes = $person.OtherHomes
    }
}

function Find-SfPerson {
    <#
    .SYNOPSIS
    The user of this name.
    #>
    [CmdletBinding()]
    [OutputType([psobject])]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [Parameter(Mandatory = $true)][string]$User
    )
    foreach ($person in (Get-SfPerson -Root $Root)) {
        if ($person.Name -cne $User) {
            continue
        }
        if ($person.Problem -ne '') {
            $do = 'mend the profile, then audit the host and plan again'
            throw (New-SfRefusal -Code 'profile-unusable' -Message $person.Problem -Do $do)
        }
        return $person
    }
    throw (New-SfRefusal -Code 'user-unknown' -Message "there is no user $User" -Do 'audit the host again')
}

function Find-SfRememberedPath {
    <#
    .SYNOPSIS
    The path of a configuration that a move remembers: a client with --confdir that has been stopped tells no more where
    its configuration is.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [Parameter(Mandatory = $true)][string]$User,
        [Parameter(Mandatory = $true)][string]$ConfigPath
    )
    foreach ($known in (Get-SfTransaction -Root $Root)) {
        if ($known.user -ceq $User -and $known.config_path -ceq $ConfigPath) {
            return $ConfigPath
        }
    }
    throw (New-SfRefusal -Code 'config-unknown' -Message "$User has no configuration $ConfigPath")
}

function Select-SfClientOf {
    <#
    .SYNOPSIS
    The clients that run as a user.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Sid
    )
    $found = [System.Collections.Generic.List[object]]::new()
    foreach ($process in (Get-SfClientProcess -Root $Root)) {
        if ($Sid -ne '' -and $process.Sid -eq $Sid) {
            $found.Add($process)
        }
    }
    return , $found.ToArray()
}

function Get-SfDeskClient {
    <#
    .SYNOPSIS
    The clients that work with the desk's configuration: pid, session, program, arguments.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param([Parameter(Mandatory = $true)][hashtable]$Desk)
    $found = [System.Collections.Generic.List[object]]::new()
    foreach ($process in (Select-SfClientOf -Root $Desk.root -Sid $Desk.sid)) {
        $used = Get-SfConfigFolder -Client $process
        if ($used -eq '') {
            $used = $Desk.standard
        }
        if ([string]::Equals($used, $Desk.folder, [System.StringComparison]::OrdinalIgnoreCase)) {
            $found.Add(@{
                    pid = $process.Id
                    session = $process.Session
                    program = $process.Path
                    arguments = [string[]]$process.Arguments
                })
        }
    }
    return , $found.ToArray()
}

function Get-SfDeskSession {
    <#
    .SYNOPSIS
    The numbers of the user's sessions: console, remote desktop, disconnected ones last.
    #>
    [CmdletBinding()]
    [OutputType([int[]])]
    param([Parameter(Mandatory = $true)][hashtable]$Desk)
    $numbers = [System.Collections.Generic.List[int]]::new()
    $sessions = Get-SfSession -Root $Desk.root
    foreach ($kind in $script:Kinds) {
        foreach ($session in $sessions) {
            # session 0 is that of the services
            if ($session.Kind -eq $kind -and $session.Id -gt 0 -and $Desk.sid -ne '' -and $session.Sid -eq $Desk.sid) {
                $numbers.Add($session.Id)
            }
        }
    }
    return , $numbers.ToArray()
}

function Test-SfAlive {
    <#
    .SYNOPSIS
    Whether one of these processes still runs.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory = $true)][object[]]$Clients)
    foreach ($client in $Clients) {
        try {
            $name = [System.Diagnostics.Process]::GetProcessById($client.pid).ProcessName
        }
        catch [System.ArgumentException], [System.InvalidOperationException] {
            # it has ended, maybe between the two questions
            continue
        }
        # the number may be another program's by now
        if ([string]::Equals($name, $script:Client, [System.StringComparison]::OrdinalIgnoreCase)) {
            return $true
        }
    }
    return $false
}

function Find-SfProgram {
    <#
    .SYNOPSIS
    The program of the client that is installed for the whole host; '' without one.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)][string]$Root)
    foreach ($product in (Get-SfMachineProduct -Root $Root)) {
        if ($product['path'] -ne '') {
            return $product['path']
        }
    }
    return ''
}

Export-ModuleMember -Function @(
    'Find-SfProfile', 'Get-SfDeskClient', 'Get-SfDeskSession', 'Test-SfAlive', 'Find-SfProgram'
)
