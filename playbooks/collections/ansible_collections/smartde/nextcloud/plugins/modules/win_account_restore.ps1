#!powershell
# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -CSharpUtil ..module_utils.Native
#AnsibleRequires -PowerShell ..module_utils.Disk
#AnsibleRequires -PowerShell ..module_utils.Errors
#AnsibleRequires -PowerShell ..module_utils.HostWork
#AnsibleRequires -PowerShell ..module_utils.Order

$spec = @{
    options = @{
        root = @{ type = 'path'; default = '/' }
        run = @{ type = 'str'; default = '' }
        profiles = @{ type = 'list'; elements = 'dict'; default = @() }
        reason = @{ type = 'str'; choices = @('rollback', 'abort'); default = 'rollback' }
        stop_seconds = @{ type = 'int'; default = 35 }
        start_seconds = @{ type = 'int'; default = 30 }
        wait_seconds = @{ type = 'int'; default = 60 }
        user_part = @{ type = 'dict'; default = @{} }
    }
    # what is handed over is longer than an entry of Windows' event log may be
    no_log = $true
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$place = New-SfPlace -Module $module
$place.run = $module.Params.run
$profiles = [System.Collections.Generic.List[object]]::new()
foreach ($one in $module.Params.profiles) {
    if (-not $one.ContainsKey('user') -or -not $one.ContainsKey('config_path')) {
        $module.Result.code = 'profiles-incomplete'
        $module.FailJson('each of profiles needs user and config_path')
    }
    $profiles.Add((ConvertTo-SfPlain -Data $one))
}
$wanted = $profiles.ToArray()
$onlyOpen = $module.Params.reason -eq 'abort'
try {
    $outcomes = Invoke-SfRestoreHost -Place $place -Wanted $wanted -OnlyOpen $onlyOpen
}
catch {
    $told = Get-SfErrorText -ErrorRecord $_
    $module.Result.code = 'state-failed'
    $module.FailJson("the moves of this host cannot be read: $told", $_)
}
$module.Result.changed = Test-SfChanged -Outcomes $outcomes
$module.Result.profiles = $outcomes
$module.ExitJson()
