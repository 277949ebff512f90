# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .Accounts
#AnsibleRequires -PowerShell .ClientConfig
#AnsibleRequires -PowerShell .Folders
#AnsibleRequires -PowerShell .Orphans
#AnsibleRequires -PowerShell .WindowsAutostart
#AnsibleRequires -PowerShell .WindowsLogon
#AnsibleRequires -PowerShell .WindowsProfiles
#AnsibleRequires -PowerShell .WindowsProducts
#AnsibleRequires -PowerShell .WindowsSessions
#AnsibleRequires -PowerShell .WindowsSystem

# All of one Windows host: the HostFacts of the facts document. What goes wrong with one person is a problem of that
# person, and never keeps the others from being seen. The twin of hostfacts.py and gather.py.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# One person's folders: more than anybody has, and few enough that nobody can hold up the host with his settings
$script:MaxFolders = 200
$script:PersonSeconds = 900

function Get-SfHostFact {
    <#
    .SYNOPSIS
    The facts document of this host.

    .PARAMETER Users
    Names of the users to look at; all if empty.

    .PARAMETER Spool
    A folder for copies that only administrators can read.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)] [string] $Root,
        [AllowEmptyCollection()] [string[]] $Users = @(),
        [Parameter(Mandatory = $true)] [string] $Spool
    )
    Show-SfPlaceholder
    $problems = [System.Collections.Generic.List[object]]::new()
    $system = Get-SfSystem -Folder (Get-SfStateFolder -Root $Root)
    $everybody = Get-SfPerson -Root $Root
    $chosen = Select-SfPerson -Everybody $everybody -Users $Users -Admin $system['admin'] -Problems $problems
    $world = @{
        root = $Root
        spool = $Spool
        problems = $problems
        clients = Get-SfSeen -What 'clients' -Root $Root -Problems $problems
        sessions = Get-SfSeen -What 'sessions' -Root $Root -Problems $problems
        products = Get-SfSeen -What 'products' -Root $Root -Problems $problems
        logon = Get-SfMachineCommand -Root $Root
    }
    $profiles = [System.Collections.Generic.List[object]]::new()
    foreach ($person in $chosen) {
        foreach ($one in (Get-SfProfileFact -Person $person -World $world)) {
            $profiles.Add($one)
        }
    }
    Add-SfRemembered -Profiles $profiles -Root $Root -Problems $problems
    return [ordered]@{
        schema = 'smartfleet.facts/1'
        system = $system
        clients = $world['products']
        profiles = $profiles
        problems = $problems
    }
}

function Select-SfPerson {
    <#
    .SYNOPSIS
    The people to look at; a name that nobody has, and people who are not to be seen, are noted in Problems.
    #>
    [CmdletBinding()]
    param(
        [System.Collections.IEnumerable] $Everybody,
        [string[]] $Users,
        [bool] $Admin,
        [System.Collections.IList] $Problems
    )
    $chosen = [System.Collections.Generic.List[object]]::new()
    $hidden = [System.Collections.Generic.List[string]]::new()
    $named = [System.Collections.Generic.HashSet[string]]::new([System.StringComparer]::OrdinalIgnoreCase)
    foreach ($person in $Everybody) {
        if ($Users.Length -gt 0 -and $Users -notcontains $person.Name -and $Users -notcontains $person.Account) {
            continue
        }
        $null = $named.Add($person.Name)
        $null = $named.Add($person.Account)
        if ($Admin -or $person.Sid -eq (Get-SfOwnSid)) {
            $chosen.Add($person)
        }
        else {
            $hidden.Add($person.Name)
        }
    }
    foreach ($name in $Users) {
        if (-not $named.Contains($name)) {
            $null = $Problems.Add((New-SfProblem -Code 'unknown-user' -Message ('there is no user {0}' -f $name)))
        }
    }
    if ($hidden.Count -gt 0) {
        $names = [string]::Join(', ', $hidden.GetRange(0, [System.Math]::Min(20, $hidden.Count)).ToArray())
        $message = 'not seen without the rights of an administrator: ' + $names
        $null = $Problems.Add((New-SfProblem -Code 'not-admin' -Message $message))
    }
    return , $chosen
}

function New-SfProblem {
    <#
    .SYNOPSIS
    The Problem document of the facts.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param([string] $Code, [string] $Message)
    return [ordered]@{ code = $Code; message = $Message }
}

function Get-SfSeen {
    <#
    .SYNOPSIS
    Clients, sessions or products of the host; none, with a problem noted, where Windows does not tell.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [ValidateSet('clients', 'sessions', 'products')] [string] $What,
        [Parameter(Mandatory = $true)] [string] $Root,
        [System.Collections.IList] $Problems
    )
    try {
        if ($What -eq 'clients') {
            return , (Get-SfClientProcess -Root $Root)
        }
        if ($What -eq 'sessions') {
            return , (Get-SfSession -Root $Root)
        }
        return , (Get-SfMachineProduct -Root $Root)
    }
    catch {
        $told = Get-SfErrorText -ErrorRecord $_
        $message = 'Windows does not tell its {0}: {1}' -f $What, $told
        $null = $Problems.Add((New-SfProblem -Code ('unseen-' + $What) -Message $message))
        return , [System.Collections.Generic.List[object]]::new()
    }
}

function Get-SfMachineCommand {
    <#
    .SYNOPSIS
    What the machine starts for everybody who logs on; $null where that is not to be seen.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Root)
    if ($Root -cne '/' -or -not (Test-SfWindows)) {
        return $null
    }
    return , (Get-SfLogonCommand -Hive LocalMachine)
}

function Get-SfProfileFact {
    <#
    .SYNOPSIS
    The ProfileFacts of a person, one for each configuration. What goes wrong is noted in the world's problems.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [psobject] $Person,
        [Parameter(Mandatory = $true)] [hashtable] $World
    )
    $profiles = [System.Collections.Generic.List[object]]::new()
    if ($Person.Problem.Length -gt 0) {
        Add-SfPersonProblem -World $World -Person $Person -Code 'profile-gone' -Message $Person.Problem
        return , $profiles
    }
    try {
        Add-SfPersonProduct -Person $Person -World $World
        $clients = @($World['clients'] | Where-Object -FilterScript { $_.Sid -eq $Person.Sid })
        $places = Get-SfConfigPlace -Person $Person -Clients $clients -Root $World['root']
        $known = [System.Collections.Generic.List[object]]::new()
        foreach ($place in $places) {
            $read = Get-SfConfigFact -Place $place -Root $World['root']
            $facts = New-SfProfile -Person $Person -Place $place -Config $read.Facts -World $World
            $profiles.Add($facts)
            if ($null -ne $read.Ini) {
                $known.Add([pscustomobject] @{ Facts = $facts; Ini = $read.Ini })
            }
        }
        $used = Add-SfProfileFolder -Person $Person -Known $known -World $World
        if ($profiles.Count -gt 0) {
            $root = $World['root']
            $profiles[0]['orphans'] = Get-SfOrphan -ProfilePath $Person.ProfilePath -Known $used -Root $root
        }
    }
    catch {
        $told = Get-SfErrorFact -ErrorRecord $_
        Add-SfPersonProblem -World $World -Person $Person -Code 'profile-unread' -Message $told['message']
    }
    return , $profiles
}

function Add-SfPersonProblem {
    <#
    .SYNOPSIS
    Note a problem with a person.
    #>
    [CmdletBinding()]
    param([hashtable] $World, [psobject] $Person, [string] $Code, [string] $Message)
    $words = '{0}: {1}' -f $Person.Name, $Message
    $null = $World['problems'].Add((New-SfProblem -Code $Code -Message $words))
}

function Add-SfPersonProduct {
    <#
    .SYNOPSIS
    Learn where a person keeps settings, and add what he has installed for himself to the products of the host.
    #>
    [CmdletBinding()]
    param([psobject] $Person, [hashtable] $World)
    try {
        foreach ($product in (Read-SfPersonRegistry -Person $Person -Spool $World['spool'])) {
            $null = $World['products'].Add($product)
        }
    }
    catch {
        # the usual places were noted; most people's settings are there
        $message = 'his part of the registry cannot be read, so the usual folders were looked at: '
        $message += (Get-SfErrorFact -ErrorRecord $_)['message']
        Add-SfPersonProblem -World $World -Person $Person -Code 'profile-registry' -Message $message
    }
}

function New-SfProfile {
    <#
    .SYNOPSIS
    ProfileFacts without their folders.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [psobject] $Person,
        [psobject] $Place,
        [System.Collections.IDictionary] $Config,
        [hashtable] $World
    )
    return [ordered]@{
        user = $Person.Name
        uid = 0
        sid = $Person.Sid
        home = $Person.ProfilePath
        config = $Config
        client = ConvertTo-SfRunningClient -Process $Place.Client
        session = Get-SfSessionFact -Sid $Person.Sid -Client $Place.Client -Sessions $World['sessions']
        autostart = Get-SfAutostart -Place $Place -Machine $World['logon'] -Mine $Person.LogonCommands
        folders = [System.Collections.Generic.List[object]]::new()
        orphans = [System.Collections.Generic.List[object]]::new()
        transactions = [System.Collections.Generic.List[object]]::new()
    }
}

function Add-SfProfileFolder {
    <#
    .SYNOPSIS
    Name the folders of all of a person's configurations first, then look at each. Gives their disk paths.
    #>
    [CmdletBinding()]
    param([psobject] $Person, [System.Collections.IEnumerable] $Known, [hashtable] $World)
    $todo = [System.Collections.Generic.List[object]]::new()
    foreach ($one in $Known) {
        foreach ($account in (Get-SfAccount -Ini $one.Ini)) {
            foreach ($folder in $account.Folders) {
                $facts = Get-SfFolderName -Folder $folder
                $null = $one.Facts['folders'].Add($facts)
                $todo.Add([pscustomobject] @{ Facts = $facts; Folder = $folder })
            }
        }
    }
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $view = @{ root = $World['root']; spool = $World['spool']; homes = $Person.OtherHomes }
    for ($number = 0; $number -lt $todo.Count; $number++) {
        if ($number -ge $script:MaxFolders -or $watch.Elapsed.TotalSeconds -gt $script:PersonSeconds) {
            $todo[$number].Facts['detail'] = 'more folders, or larger ones, than are looked at'
            continue
        }
        Add-SfFolderFact -Facts $todo[$number].Facts -Folder $todo[$number].Folder -View $view
    }
    $paths = Get-SfKnownPath -Folders $todo -Root $World['root']
    return , $paths
}

function Get-SfKnownPath {
    <#
    .SYNOPSIS
    The disk paths of the folders that accounts name, where they are paths.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([System.Collections.IEnumerable] $Folders, [string] $Root)
    $paths = [System.Collections.Generic.List[string]]::new()
    foreach ($one in $Folders) {
        try {
            $paths.Add((Get-SfDiskPath -Path $one.Folder.LocalPath -Root $Root))
        }
        catch [System.InvalidOperationException] {
            # no path: its state says so
            continue
        }
    }
    return , $paths.ToArray()
}

function Add-SfRemembered {
    <#
    .SYNOPSIS
    Add the moves that this host remembers for each profile.
    #>
    [CmdletBinding()]
    param([System.Collections.IEnumerable] $Profiles, [string] $Root, [System.Collections.IList] $Problems)
    try {
        $remembered = Get-SfTransaction -Root $Root
    }
    catch {
        $told = Get-SfErrorFact -ErrorRecord $_
        $message = 'the moves that this host remembers cannot be read: ' + $told['message']
        $null = $Problems.Add((New-SfProblem -Code 'state-unread' -Message $message))
        return
    }
    foreach ($facts in $Profiles) {
        foreach ($one in $remembered) {
            if ($one['user'] -ne $facts['user'] -or $one['config_path'] -ne $facts['config']['path']) {
                continue
            }
            $known = [ordered]@{}
            foreach ($name in @('run', 'state', 'step', 'started', 'old_sha256', 'new_sha256')) {
                $known[$name] = $one[$name]
            }
            $null = $facts['transactions'].Add($known)
        }
    }
}

Export-ModuleMember -Function @(
    'Get-SfHostFact', 'Select-SfPerson', 'New-SfProblem', 'Get-SfSeen'
)
