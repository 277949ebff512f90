#!powershell
# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -CSharpUtil ..module_utils.Native
#AnsibleRequires -PowerShell ..module_utils.Errors
#AnsibleRequires -PowerShell ..module_utils.Disk
#AnsibleRequires -PowerShell ..module_utils.HostFacts

$spec = @{
    options = @{
        root = @{ type = 'path'; default = '/' }
        users = @{ type = 'list'; elements = 'str'; default = @() }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$module.Result.changed = $false
$users = [string[]] @($module.Params.users)
try {
    $spool = [System.IO.Path]::GetTempPath()
    if (Test-SfWindows) {
        $spool = $module.Tmpdir
    }
    $module.Result.facts = Get-SfHostFact -Root $module.Params.root -Users $users -Spool $spool
}
catch {
    $told = Get-SfErrorFact -ErrorRecord $_
    $module.Result.code = 'facts-failed'
    $module.FailJson('the host could not be looked at: ' + $told['message'], $_)
}
$module.ExitJson()
