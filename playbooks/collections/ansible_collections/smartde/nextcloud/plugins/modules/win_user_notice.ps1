#!powershell
# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -CSharpUtil ..module_utils.Native
#AnsibleRequires -PowerShell ..module_utils.Errors
#AnsibleRequires -PowerShell ..module_utils.Notices
#AnsibleRequires -PowerShell ..module_utils.WindowsNotices

$spec = @{
    options = @{
        root = @{ type = 'path'; default = '/' }
        notices = @{
            type = 'list'
            elements = 'dict'
            required = $true
            options = @{
                user = @{ type = 'str'; required = $true }
                title = @{ type = 'str'; required = $true }
                text = @{ type = 'str'; required = $true }
                go_label = @{ type = 'str'; default = '' }
                later_label = @{ type = 'str'; default = '' }
            }
        }
        answer_seconds = @{ type = 'int'; default = 60 }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$module.Result.changed = $false
$notices = [System.Collections.Generic.List[object]]::new()
foreach ($one in $module.Params.notices) {
    $notices.Add($one)
}
$with = @{
    Root = $module.Params.root
    Notices = $notices.ToArray()
    Seconds = $module.Params.answer_seconds
    Rehearse = $module.CheckMode
}
try {
    Assert-SfNotice -Notices $with.Notices
    $module.Result.notices = Show-SfNotice @with
}
catch {
    $told = Get-SfErrorFact -ErrorRecord $_
    $module.Result.code = $told['code']
    if ($told['code'] -eq '') {
        $module.Result.code = 'notices-failed'
    }
    $module.FailJson('nobody was told: ' + $told['message'], $_)
}
$module.ExitJson()
