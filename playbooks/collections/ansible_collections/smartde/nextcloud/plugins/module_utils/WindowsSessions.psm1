# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -CSharpUtil .Native
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors

# Who is logged on, and whose client runs in which session.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:ClientFilter = "Name = 'nextcloud.exe'"
$script:ShellFilter = "Name = 'explorer.exe'"
# starts that talk to the client and end
$script:OneShot = @('-q', '--quit', '-v', '--version', '-h', '--help')
$script:SecretOptions = @('--apppassword')
$script:MaxArguments = 200
$script:Disconnected = 4
$script:Rdp = 2

function Get-SfSession {
    <#
    .SYNOPSIS
    The sessions of users: Id, Sid, Account, Kind (console, rdp, disconnected). None in a folder that stands for a host.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Root)
    $found = New-Object -TypeName 'System.Collections.Generic.List[object]'
    if ($Root -cne '/' -or -not (Test-SfWindows)) {
        return , $found
    }
    $owners = $null
    foreach ($session in [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Sessions]::All()) {
        $account = $session.Domain + '\' + $session.User
        $sid = Get-SfAccountSid -Account $account
        if ($sid.Length -eq 0) {
            # a name that cannot be looked up, as Azure AD has them: the owner of the session's desktop tells
            if ($null -eq $owners) {
                $owners = Get-SfShellOwner
            }
            $sid = [string] $owners[[int] $session.Id]
        }
        $found.Add([pscustomobject] @{
                Id = [int] $session.Id
                Sid = $sid
                Account = $account
                Kind = (Get-SfSessionKind -Session $session)
            })
    }
    return , $found
}

function Get-SfSessionKind {
    <#
    .SYNOPSIS
    How a session is shown to its user.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([psobject] $Session)
    if ($Session.State -eq $script:Disconnected) {
        return 'disconnected'
    }
    if ($Session.Protocol -eq $script:Rdp) {
        return 'rdp'
    }
    return 'console'
}

function Get-SfAccountSid {
    <#
    .SYNOPSIS
    The SID of DOMAIN\name; '' where nobody knows it.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([string] $Account)
    $name = New-Object -TypeName System.Security.Principal.NTAccount -ArgumentList $Account
    try {
        return $name.Translate([System.Security.Principal.SecurityIdentifier]).Value
    }
    catch [System.SystemException] {
        return ''
    }
}

function Get-SfShellOwner {
    <#
    .SYNOPSIS
    Number of a session to the SID of whoever runs its desktop.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param()
    $owners = @{}
    foreach ($process in @(Get-CimInstance -ClassName Win32_Process -Filter $script:ShellFilter)) {
        $sid = Get-SfProcessOwner -Process $process
        if ($sid.Length -gt 0) {
            $owners[[int] $process.SessionId] = $sid
        }
    }
    return $owners
}

function Get-SfProcessOwner {
    <#
    .SYNOPSIS
    The SID of a process's owner; '' where it has ended, or where that is not to be seen.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([psobject] $Process)
    try {
        $answer = Invoke-CimMethod -InputObject $Process -MethodName GetOwnerSid
    }
    catch [Microsoft.Management.Infrastructure.CimException] {
        # it has ended meanwhile
        return ''
    }
    if ($answer.ReturnValue -ne 0) {
        return ''
    }
    return [string] $answer.Sid
}

function Get-SfClientProcess {
    <#
    .SYNOPSIS
    The desktop clients that run: Id, Parent, Sid, Session, Path, Arguments, Started (seconds since the epoch).
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Root)
    $found = New-Object -TypeName 'System.Collections.Generic.List[object]'
    if ($Root -cne '/' -or -not (Test-SfWindows)) {
        return , $found
    }
    foreach ($process in @(Get-CimInstance -ClassName Win32_Process -Filter $script:ClientFilter)) {
        $words = Split-SfCommandLine -Line ([string] $process.CommandLine)
        if (@($words | Where-Object -FilterScript { $script:OneShot -ccontains $_ }).Count -gt 0) {
            continue
        }
        $started = [double] 0
        if ($null -ne $process.CreationDate) {
            $ticks = $process.CreationDate.ToUniversalTime().Ticks - 621355968000000000
            $started = [double] $ticks / 10000000
        }
        $found.Add([pscustomobject] @{
                Id = [int] $process.ProcessId
                Parent = [int] $process.ParentProcessId
                Sid = (Get-SfProcessOwner -Process $process)
                Session = [int] $process.SessionId
                Path = [string] $process.ExecutablePath
                Arguments = [string[]] $words
                Started = $started
            })
    }
    return , $found
}

function Split-SfCommandLine {
    <#
    .SYNOPSIS
    The words of a command line without the program.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([AllowEmptyString()] [string] $Line)
    $words = [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Words]::Split($Line)
    $count = [System.Math]::Min($words.Length - 1, $script:MaxArguments)
    if ($count -lt 1) {
        return , [string[]] @()
    }
    return , [string[]] $words[1..$count]
}

function ConvertTo-SfRunningClient {
    <#
    .SYNOPSIS
    The RunningClient of the facts, the values of those arguments masked that sign a user in; $null for none.
    #>
    [CmdletBinding()]
    param([AllowNull()] [psobject] $Process)
    if ($null -eq $Process) {
        return $null
    }
    return [ordered]@{
        pid = $Process.Id
        exe = $Process.Path
        arguments = Hide-SfSecretArgument -Arguments $Process.Arguments
        started = $Process.Started
        session = $Process.Session
    }
}

function Hide-SfSecretArgument {
    <#
    .SYNOPSIS
    The arguments with *** in the place of a password.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([AllowEmptyCollection()] [AllowEmptyString()] [string[]] $Arguments)
    $shown = New-Object -TypeName 'System.Collections.Generic.List[string]'
    $hide = $false
    foreach ($word in $Arguments) {
        $name = $word.Split([char] 0x3D)[0]
        $isSecret = $script:SecretOptions -ccontains $name
        if ($hide) {
            $shown.Add('***')
        }
        elseif ($isSecret -and $name.Length -lt $word.Length) {
            $shown.Add($name + '=***')
        }
        else {
            $shown.Add($word)
        }
        $hide = -not $hide -and $isSecret -and $name.Length -eq $word.Length
    }
    return , $shown.ToArray()
}

function Get-SfSessionFact {
    <#
    .SYNOPSIS
    The Session of the facts: the client's, else the one that the user sees. An administrator sees nobody's credentials.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Sid,
        [AllowNull()] [psobject] $Client,
        [Parameter(Mandatory = $true)] [AllowEmptyCollection()] [System.Collections.IEnumerable] $Sessions
    )
    $facts = [ordered]@{
        state = 'none'; source = 'none'; kind = ''; display = $false; keyring = 'absent'; secrets = [string[]] @()
    }
    $chosen = Select-SfSession -Sid $Sid -Client $Client -Sessions $Sessions
    if ($null -ne $chosen) {
        $facts['state'] = 'active'
        $facts['source'] = 'manager'
        $facts['kind'] = $chosen.Kind
        $facts['display'] = $true
        $facts['keyring'] = 'unseen'
        if ($null -ne $Client) {
            $facts['source'] = 'client'
        }
    }
    return $facts
}

function Select-SfSession {
    <#
    .SYNOPSIS
    The session of a user that counts: his client's; else console, remote desktop, disconnected. $null for none.
    #>
    [CmdletBinding()]
    param(
        [AllowEmptyString()] [string] $Sid,
        [AllowNull()] [psobject] $Client,
        [System.Collections.IEnumerable] $Sessions
    )
    $order = @('console', 'rdp', 'disconnected')
    $chosen = $null
    foreach ($session in $Sessions) {
        if ($Sid.Length -eq 0 -or $session.Sid -ne $Sid) {
            continue
        }
        if ($null -ne $Client -and $session.Id -eq $Client.Session) {
            return $session
        }
        $rank = [System.Array]::IndexOf($order, $session.Kind)
        if ($null -eq $chosen -or $rank -lt [System.Array]::IndexOf($order, $chosen.Kind)) {
            $chosen = $session
        }
    }
    return $chosen
}

Export-ModuleMember -Function @(
    'Get-SfSession', 'Get-SfClientProcess', 'Get-SfSessionFact', 'ConvertTo-SfRunningClient'
)
