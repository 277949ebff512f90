# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .WindowsRegistry
#AnsibleRequires -PowerShell .WindowsLogon
#AnsibleRequires -PowerShell .WindowsProducts

# The people of a Windows host: who may have a client, and where. They are those of the registry's ProfileList, wherever
# their folders lie and whatever those are called; services have other kinds of SIDs.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:ProfileList = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList'
$script:ShellFolders = 'Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders'
# accounts of this machine or a domain, and of Azure AD
$script:PersonSid = [regex] '\AS-1-(?:5-21|12-1)(?:-[0-9]{1,10}){4,5}\z'

function Get-SfPerson {
    <#
    .SYNOPSIS
    Everybody with a profile: Name, Account (DOMAIN\name), Sid, ProfilePath, Problem ('' or what is wrong with it),
    OtherHomes (the profile folders of everybody else).

    .DESCRIPTION
    With another root than / these are the folders in its Users.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Root)
    if ($Root -cne '/' -or -not (Test-SfWindows)) {
        return , (Set-SfOtherHome -People (Get-SfFolderPerson -Root $Root))
    }
    $found = New-Object -TypeName 'System.Collections.Generic.List[object]'
    $names = Get-SfRegistryName -Hive LocalMachine -Path $script:ProfileList
    foreach ($sid in $names) {
        if ($script:PersonSid.IsMatch($sid)) {
            $temporary = [System.Array]::IndexOf($names, $sid + '.bak') -ge 0
            $found.Add((Get-SfRegisteredPerson -Sid $sid -Temporary $temporary))
        }
    }
    return , (Set-SfOtherHome -People (Set-SfPersonName -People $found))
}

function Get-SfFolderPerson {
    <#
    .SYNOPSIS
    The people of a folder that stands for a host.
    #>
    [CmdletBinding()]
    param([string] $Root)
    $found = New-Object -TypeName 'System.Collections.Generic.List[object]'
    $users = Get-SfDiskPath -Path 'C:\Users' -Root $Root
    if ([System.IO.Directory]::Exists($users)) {
        $paths = [System.IO.Directory]::GetDirectories($users)
        [System.Array]::Sort($paths, [System.StringComparer]::Ordinal)
        foreach ($path in $paths) {
            $name = [System.IO.Path]::GetFileName($path)
            if (@('Public', 'Default', 'All Users', 'Default User') -notcontains $name) {
                $found.Add((New-SfPerson -Account $name -Sid '' -ProfilePath ('C:\Users\' + $name) -Problem ''))
            }
        }
    }
    return , $found
}

function Get-SfRegisteredPerson {
    <#
    .SYNOPSIS
    The person that a key of ProfileList tells of.
    #>
    [CmdletBinding()]
    param([string] $Sid, [bool] $Temporary)
    $key = $script:ProfileList + '\' + $Sid
    $values = Get-SfRegistryText -Hive LocalMachine -Path $key -Names @('ProfileImagePath')
    $path = [System.Environment]::ExpandEnvironmentVariables($values['ProfileImagePath']).TrimEnd([char] 0x5C)
    $problem = ''
    if ($Temporary) {
        $problem = 'Windows could not load the profile and works with a temporary one'
    }
    elseif ($path.Length -eq 0) {
        $problem = 'the registry names no folder for the profile'
    }
    elseif (-not [System.IO.Directory]::Exists((Get-SfLongPath -Path $path))) {
        $problem = 'the profile folder {0} is gone, or cannot be reached' -f $path
    }
    $account = Get-SfAccountName -Sid $Sid
    if ($account.Length -eq 0) {
        $account = [System.IO.Path]::GetFileName($path)
    }
    if ($account.Length -eq 0) {
        # what is left of a deleted profile: nobody knows the SID, and no folder is named
        $account = $Sid
    }
    return New-SfPerson -Account $account -Sid $Sid -ProfilePath $path -Problem $problem
}

function New-SfPerson {
    <#
    .SYNOPSIS
    The object that a person is told with.
    #>
    [CmdletBinding()]
    param([string] $Account, [string] $Sid, [string] $ProfilePath, [string] $Problem)
    return [pscustomobject] @{
        Name = $Account.Substring($Account.LastIndexOf([char] 0x5C) + 1)
        Account = $Account
        Sid = $Sid
        ProfilePath = $ProfilePath
        Problem = $Problem
        AppData = ''
        LocalAppData = ''
        LogonCommands = $null
        OtherHomes = [string[]] @()
    }
}

function Get-SfAccountName {
    <#
    .SYNOPSIS
    DOMAIN\name of a SID; '' where nobody knows it: the account was deleted, or its domain does not answer.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [string] $Sid)
    $identifier = New-Object -TypeName System.Security.Principal.SecurityIdentifier -ArgumentList $Sid
    try {
        return $identifier.Translate([System.Security.Principal.NTAccount]).Value
    }
    catch [System.SystemException] {
        return ''
    }
}

function Set-SfPersonName {
    <#
    .SYNOPSIS
    The people by name; those that share a name are called with their domains.
    #>
    [CmdletBinding()]
    param([System.Collections.IEnumerable] $People)
    $count = @{}
    foreach ($person in $People) {
        $count[$person.Name] = 1 + [int] $count[$person.Name]
    }
    foreach ($person in $People) {
        if ($count[$person.Account.Substring($person.Account.LastIndexOf([char] 0x5C) + 1)] -gt 1) {
            $person.Name = $person.Account
        }
    }
    $sorted = New-Object -TypeName 'System.Collections.Generic.List[object]'
    foreach ($person in ($People | Sort-Object -Property @('Name', 'Sid'))) {
        $sorted.Add($person)
    }
    return , $sorted
}

function Set-SfOtherHome {
    <#
    .SYNOPSIS
    The people, each with the profile folders of everybody else.
    #>
    [CmdletBinding()]
    param([System.Collections.IEnumerable] $People)
    foreach ($person in $People) {
        $homes = [System.Collections.Generic.List[string]]::new()
        foreach ($other in $People) {
            if ($other.ProfilePath -ne $person.ProfilePath) {
                $homes.Add($other.ProfilePath)
            }
        }
        $person.OtherHomes = $homes.ToArray()
    }
    return , $People
}

function Read-SfPersonRegistry {
    <#
    .SYNOPSIS
    Note in a person where %APPDATA% and %LOCALAPPDATA% are and what starts when he logs on; the products that he has
    installed for himself alone.

    .DESCRIPTION
    Throws, after the usual places were noted, what keeps his part of the registry from being read.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [psobject] $Person,
        [Parameter(Mandatory = $true)] [string] $Spool
    )
    $Person.AppData = $Person.ProfilePath + '\AppData\Roaming'
    $Person.LocalAppData = $Person.ProfilePath + '\AppData\Local'
    if ($Person.Sid.Length -eq 0) {
        return , [object[]] @()
    }
    $hive = Open-SfUserHive -Sid $Person.Sid -ProfilePath $Person.ProfilePath -Spool $Spool
    try {
        $path = $hive.Name + '\' + $script:ShellFolders
        $values = Get-SfRegistryText -Hive Users -Path $path -Names @('AppData', 'Local AppData')
        $Person.AppData = Expand-SfPersonPath -Person $Person -Text $values['AppData'] -Usual $Person.AppData
        $local = $Person.LocalAppData
        $Person.LocalAppData = Expand-SfPersonPath -Person $Person -Text $values['Local AppData'] -Usual $local
        $Person.LogonCommands = Get-SfLogonCommand -Hive Users -Below ($hive.Name + '\')
        return , (Get-SfProduct -Hive Users -Below ($hive.Name + '\') -Scope 'user')
    }
    finally {
        Close-SfUserHive -Hive $hive
    }
}

function Expand-SfPersonPath {
    <#
    .SYNOPSIS
    A path of a user's registry with the variables that are his; the usual one where it has others, or is none.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([psobject] $Person, [AllowEmptyString()] [string] $Text, [string] $Usual)
    $simple = $Person.Account.Substring($Person.Account.LastIndexOf([char] 0x5C) + 1)
    $known = [ordered]@{
        '%USERPROFILE%' = $Person.ProfilePath
        '%USERNAME%' = $simple
        '%SYSTEMDRIVE%' = [string] $env:SystemDrive
    }
    $path = $Text
    foreach ($name in $known.Keys) {
        $at = $path.IndexOf($name, [System.StringComparison]::OrdinalIgnoreCase)
        if ($at -ge 0) {
            $path = $path.Substring(0, $at) + $known[$name] + $path.Substring($at + $name.Length)
        }
    }
    if ($path.IndexOf([char] 0x25) -ge 0) {
        return $Usual
    }
    try {
        return Get-SfPlainName -Path $path
    }
    catch [System.InvalidOperationException] {
        return $Usual
    }
}

Export-ModuleMember -Function @('Get-SfPerson', 'Read-SfPersonRegistry', 'Get-SfAccountName')
