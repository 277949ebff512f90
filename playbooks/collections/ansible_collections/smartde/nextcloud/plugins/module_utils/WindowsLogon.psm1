# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .WindowsRegistry

# What Windows starts when somebody logs on: the Run keys, without what was switched off in the task manager or the
# settings, which leave the entry where it is and note it in a key of their own.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Run = 'Software\Microsoft\Windows\CurrentVersion\Run'
$script:Approved = 'Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\'

function Get-SfLogonCommand {
    <#
    .SYNOPSIS
    The command lines of the Run keys of HKEY_LOCAL_MACHINE, or of a user's key below HKEY_USERS, %VARIABLES% in them as
    they stand; $null where they are not to be read.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [Microsoft.Win32.RegistryHive] $Hive,
        [AllowEmptyString()] [string] $Below = ''
    )
    $commands = [System.Collections.Generic.List[string]]::new()
    try {
        $view = [Microsoft.Win32.RegistryView]::Registry64
        Add-SfRunCommand -Commands $commands -Hive $Hive -Below $Below -View $view -Approved 'Run'
        if ($Hive -eq [Microsoft.Win32.RegistryHive]::LocalMachine -and [System.Environment]::Is64BitOperatingSystem) {
            # a user has one such key for programs of both kinds
            $view = [Microsoft.Win32.RegistryView]::Registry32
            Add-SfRunCommand -Commands $commands -Hive $Hive -Below $Below -View $view -Approved 'Run32'
        }
    }
    catch [System.UnauthorizedAccessException], [System.Security.SecurityException], [System.IO.IOException] {
        return $null
    }
    return , $commands
}

function Add-SfRunCommand {
    <#
    .SYNOPSIS
    Add the command lines of one Run key that are not switched off in the list Approved of StartupApproved.
    #>
    [CmdletBinding()]
    param(
        [System.Collections.IList] $Commands,
        [Microsoft.Win32.RegistryHive] $Hive,
        [AllowEmptyString()] [string] $Below,
        [Microsoft.Win32.RegistryView] $View,
        [string] $Approved
    )
    $key = Open-SfRegistry -Hive $Hive -Path ($Below + $script:Run) -View $View
    if ($null -eq $key) {
        return
    }
    $marks = $null
    try {
        $marks = Open-SfRegistry -Hive $Hive -Path ($Below + $script:Approved + $Approved)
        foreach ($name in $key.GetValueNames()) {
            $command = $key.GetValue($name, '', [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
            if ($command -is [string] -and -not (Test-SfSwitchedOff -Key $marks -Name $name)) {
                $null = $Commands.Add($command.Replace([string] [char] 0, ''))
            }
        }
    }
    finally {
        $key.Dispose()
        if ($null -ne $marks) {
            $marks.Dispose()
        }
    }
}

function Test-SfSwitchedOff {
    <#
    .SYNOPSIS
    Whether a mark of StartupApproved says off: an odd first byte (03, 07), where 02 and 06 say on.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([AllowNull()] [Microsoft.Win32.RegistryKey] $Key, [AllowEmptyString()] [string] $Name)
    if ($null -eq $Key) {
        return $false
    }
    $mark = $Key.GetValue($Name, $null)
    return $mark -is [byte[]] -and $mark.Length -gt 0 -and ($mark[0] -band 1) -eq 1
}

Export-ModuleMember -Function @('Get-SfLogonCommand')
