#!powershell
# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils.Errors
#AnsibleRequires -PowerShell ..module_utils.Lock

$spec = @{
    options = @{
        root = @{ type = 'path'; default = '/' }
        run = @{ type = 'str'; default = '' }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$with = @{ Root = $module.Params.root; Run = $module.Params.run; CheckMode = $module.CheckMode }
try {
    $found = Clear-SfReservation @with
}
catch {
    $told = Get-SfErrorText -ErrorRecord $_
    $module.Result.code = 'state-failed'
    $module.FailJson("the lock of this host cannot be read: $told", $_)
}
$module.Result.changed = $found.state -eq 'removed'
$module.Result.lock = $found
$module.ExitJson()
