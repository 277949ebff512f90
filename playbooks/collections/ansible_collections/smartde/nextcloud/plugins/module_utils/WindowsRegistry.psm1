# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -CSharpUtil Ansible.Privilege
#AnsibleRequires -CSharpUtil .Native
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Disk

# The registry, read only. A user's own part of it is there while he is logged on; else a copy of its file is loaded
# under a name of ours for as long as it is read. A copy, because a file that is loaded at the moment in which its user
# logs on gives him a temporary profile.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:HiveLimit = [long] 536870912

function Open-SfRegistry {
    <#
    .SYNOPSIS
    A key of HKEY_LOCAL_MACHINE or HKEY_USERS, to be disposed of; $null where there is none.
    #>
    [CmdletBinding()]
    [OutputType([Microsoft.Win32.RegistryKey])]
    param(
        [Parameter(Mandatory = $true)] [Microsoft.Win32.RegistryHive] $Hive,
        [Parameter(Mandatory = $true)] [string] $Path,
        [Microsoft.Win32.RegistryView] $View = [Microsoft.Win32.RegistryView]::Registry64
    )
    $base = [Microsoft.Win32.RegistryKey]::OpenBaseKey($Hive, $View)
    try {
        return $base.OpenSubKey($Path)
    }
    finally {
        $base.Dispose()
    }
}

function Get-SfRegistryName {
    <#
    .SYNOPSIS
    The names of the keys in a key; none where there is no such key.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param(
        [Parameter(Mandatory = $true)] [Microsoft.Win32.RegistryHive] $Hive,
        [Parameter(Mandatory = $true)] [string] $Path,
        [Microsoft.Win32.RegistryView] $View = [Microsoft.Win32.RegistryView]::Registry64
    )
    $key = Open-SfRegistry -Hive $Hive -Path $Path -View $View
    if ($null -eq $key) {
        return , [string[]] @()
    }
    try {
        return , $key.GetSubKeyNames()
    }
    finally {
        $key.Dispose()
    }
}

function Get-SfRegistryText {
    <#
    .SYNOPSIS
    Some values of a key as text, by name, %VARIABLES% in them as they stand; '' for what is not there.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [Microsoft.Win32.RegistryHive] $Hive,
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string[]] $Names,
        [Microsoft.Win32.RegistryView] $View = [Microsoft.Win32.RegistryView]::Registry64
    )
    $values = @{}
    foreach ($name in $Names) {
        $values[$name] = ''
    }
    $key = Open-SfRegistry -Hive $Hive -Path $Path -View $View
    if ($null -eq $key) {
        return $values
    }
    try {
        foreach ($name in $Names) {
            $value = $key.GetValue($name, '', [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
            if ($value -is [string] -or $value -is [int]) {
                $values[$name] = ([string] $value).Replace([string] [char] 0, '').Trim()
            }
        }
    }
    finally {
        $key.Dispose()
    }
    return $values
}

function Open-SfUserHive {
    <#
    .SYNOPSIS
    The key below HKEY_USERS that is a user's own: Name, and Copy (a folder to be given to Close-SfUserHive, or '').

    .DESCRIPTION
    Throws what Windows says where the user is not logged on and his file cannot be copied or loaded.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $Sid,
        [Parameter(Mandatory = $true)] [string] $ProfilePath,
        [Parameter(Mandatory = $true)] [string] $Spool
    )
    $key = Open-SfRegistry -Hive Users -Path $Sid
    if ($null -ne $key) {
        $key.Dispose()
        return [pscustomobject] @{ Name = $Sid; Copy = '' }
    }
    $name = 'smartfleet-' + [System.Guid]::NewGuid().ToString('N')
    $folder = [System.IO.Path]::Combine($Spool, $name)
    $file = [System.IO.Path]::Combine($folder, 'NTUSER.DAT')
    try {
        Copy-SfHive -ProfilePath $ProfilePath -Folder $folder
        Invoke-SfHiveCall -Name $name -File $file
    }
    catch {
        Remove-SfHiveCopy -Folder $folder
        throw
    }
    return [pscustomobject] @{ Name = $name; Copy = $folder }
}

function Close-SfUserHive {
    <#
    .SYNOPSIS
    Unload what Open-SfUserHive has loaded, if it has; every key of it must have been disposed of.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [psobject] $Hive)
    if ($Hive.Copy.Length -eq 0) {
        return
    }
    try {
        # a key that nobody holds any more still keeps the hive until it is collected
        $null = [System.GC]::Collect()
        $null = [System.GC]::WaitForPendingFinalizers()
        Invoke-SfHiveCall -Name $Hive.Name -File ''
    }
    finally {
        Remove-SfHiveCopy -Folder $Hive.Copy
    }
}

function Copy-SfHive {
    <#
    .SYNOPSIS
    Copy a user's registry file, with the logs that belong to it. Throws hive-missing, hive-file.
    #>
    [CmdletBinding()]
    param([string] $ProfilePath, [string] $Folder)
    $null = [System.IO.Directory]::CreateDirectory($Folder)
    foreach ($name in @('NTUSER.DAT', 'ntuser.dat.LOG1', 'ntuser.dat.LOG2')) {
        $source = [System.IO.Path]::Combine($ProfilePath, $name)
        Assert-SfPlainPath -Path $source
        $entry = Get-SfEntry -Path $source
        if ($null -eq $entry) {
            if ($name -ceq 'NTUSER.DAT') {
                throw (New-SfError -Code 'hive-missing' -Message ('{0} is not there' -f $source))
            }
            continue
        }
        if ($entry.Kind -ne 'file' -or $entry.Size -gt $script:HiveLimit) {
            throw (New-SfError -Code 'hive-file' -Message ('{0} is no ordinary file, or too large' -f $source))
        }
        [System.IO.File]::Copy((Get-SfLongPath -Path $source), [System.IO.Path]::Combine($Folder, $name))
    }
}

function Invoke-SfHiveCall {
    <#
    .SYNOPSIS
    Load a file as HKEY_USERS\Name, or unload that where File is ''. Throws hive-refused with Windows' words.
    #>
    [CmdletBinding()]
    param([string] $Name, [string] $File)
    $rights = New-Object -TypeName Ansible.Privilege.PrivilegeEnabler -ArgumentList @(
        $true, 'SeBackupPrivilege', 'SeRestorePrivilege'
    )
    try {
        if ($File.Length -gt 0) {
            $code = [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Hives]::Load($Name, $File)
        }
        else {
            $code = [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Hives]::Unload($Name)
        }
    }
    finally {
        $rights.Dispose()
    }
    if ($code -ne 0) {
        $words = (New-Object -TypeName System.ComponentModel.Win32Exception -ArgumentList $code).Message
        throw (New-SfError -Code 'hive-refused' -Message ('the registry says {0}: {1}' -f $code, $words))
    }
}

function Remove-SfHiveCopy {
    <#
    .SYNOPSIS
    Take the copy of a registry file away.
    #>
    [CmdletBinding()]
    param([string] $Folder)
    try {
        if ([System.IO.Directory]::Exists($Folder)) {
            [System.IO.Directory]::Delete($Folder, $true)
        }
    }
    catch [System.IO.IOException], [System.UnauthorizedAccessException] {
        # still loaded or scanned: the module's own temporary folder is emptied when the module ends
        return
    }
}

Export-ModuleMember -Function @(
    'Open-SfRegistry', 'Get-SfRegistryName', 'Get-SfRegistryText', 'Open-SfUserHive', 'Close-SfUserHive'
)
