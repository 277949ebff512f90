# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Marks

# The machine itself: the System of the facts.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Get-SfSystem {
    <#
    .SYNOPSIS
    The System of the facts. Folder is the disk path where backups go.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Folder)
    return [ordered]@{
        os = 'windows'
        hostname = [System.Net.Dns]::GetHostName()
        distribution = 'windows ' + (Get-SfWindowsVersion)
        python = ''
        powershell = [string] $PSVersionTable['PSVersion']
        admin = Test-SfAdministrator
        time = Get-SfNow
        free_bytes = Get-SfFreeBytes -Path $Folder
    }
}

function Get-SfWindowsVersion {
    <#
    .SYNOPSIS
    The version, for example 10.0.19045; elsewhere that of the system that this is tried on.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param()
    if (Test-SfWindows) {
        try {
            return [string] (Get-CimInstance -ClassName Win32_OperatingSystem).Version
        }
        catch {
            # WMI answers administrators alone, or is broken: .NET tells as much
            return [System.Environment]::OSVersion.Version.ToString(3)
        }
    }
    return [System.Environment]::OSVersion.Version.ToString()
}

function Test-SfAdministrator {
    <#
    .SYNOPSIS
    Whether this runs with an administrator's rights; elsewhere than on Windows nobody asks.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param()
    if (-not (Test-SfWindows)) {
        return $true
    }
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    try {
        $principal = New-Object -TypeName System.Security.Principal.WindowsPrincipal -ArgumentList $identity
        return $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
    }
    finally {
        $identity.Dispose()
    }
}

function Get-SfOwnSid {
    <#
    .SYNOPSIS
    The SID of the account that this runs as; '' elsewhere than on Windows.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param()
    if (-not (Test-SfWindows)) {
        return ''
    }
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    try {
        return $identity.User.Value
    }
    finally {
        $identity.Dispose()
    }
}

Export-ModuleMember -Function @('Get-SfSystem', 'Get-SfOwnSid', 'Test-SfAdministrator')
