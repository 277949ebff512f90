#!powershell
# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils.Errors
#AnsibleRequires -PowerShell ..module_utils.WindowsWinget

$spec = @{
    options = @{
        id = @{ type = 'str'; required = $true }
        version = @{ type = 'str'; default = '' }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$module.Result.changed = $false
try {
    $result = Install-SfPackage -Id $module.Params.id -Version $module.Params.version -Pretend $module.CheckMode
}
catch {
    $told = Get-SfErrorFact -ErrorRecord $_
    $module.Result.code = $told['code']
    $module.Result.do = $told['do']
    $module.FailJson($told['message'], $_)
}
foreach ($pair in $result.GetEnumerator()) {
    $module.Result[$pair.Key] = $pair.Value
}
if ($result.ContainsKey('failed')) {
    $module.FailJson($result['msg'])
}
$module.ExitJson()
