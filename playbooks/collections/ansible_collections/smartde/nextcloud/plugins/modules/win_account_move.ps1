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
        run = @{ type = 'str'; required = $true }
        phases = @{
            type = 'list'
            elements = 'str'
            choices = @('prepare', 'commit', 'purge')
            default = @('prepare', 'commit')
        }
        profiles = @{ type = 'list'; elements = 'dict'; required = $true }
        lock_seconds = @{ type = 'int'; default = 3600 }
        restart_pending = @{ type = 'bool'; default = $false }
        stop_seconds = @{ type = 'int'; default = 35 }
        start_seconds = @{ type = 'int'; default = 30 }
        wait_seconds = @{ type = 'int'; default = 60 }
        user_part = @{ type = 'dict'; default = @{} }
    }
    # what is handed over is longer than an entry of Windows' event log may be, and holds the configuration
    no_log = $true
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$place = New-SfPlace -Module $module
$place.run = $module.Params.run
$place.phases = [string[]]@($module.Params.phases)
$orders = [System.Collections.Generic.List[object]]::new()
foreach ($one in $module.Params.profiles) {
    $orders.Add((ConvertTo-SfPlain -Data $one))
}
$wanted = $orders.ToArray()
try {
    $outcomes = Invoke-SfMoveHost -Place $place -Orders $wanted -LockSeconds $module.Params.lock_seconds
}
catch {
    $told = Get-SfErrorText -ErrorRecord $_
    $module.Result.code = 'state-failed'
    $module.FailJson("this host cannot remember a move: $told", $_)
}
$module.Result.changed = Test-SfChanged -Outcomes $outcomes
foreach ($one in $outcomes) {
    $one.restart_pending = $module.Params.restart_pending
    # for this call alone, not for the controller
    $one.Remove('told_before')
}
$module.Result.profiles = $outcomes
$module.ExitJson()
