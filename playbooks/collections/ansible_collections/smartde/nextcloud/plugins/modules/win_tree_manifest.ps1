#!powershell
# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -CSharpUtil ..module_utils.Native
#AnsibleRequires -PowerShell ..module_utils.Errors
#AnsibleRequires -PowerShell ..module_utils.Disk
#AnsibleRequires -PowerShell ..module_utils.FolderLists

$spec = @{
    options = @{
        root = @{ type = 'path'; default = '/' }
        level = @{ type = 'str'; choices = @('size', 'content', 'journal', 'server'); default = 'size' }
        run = @{ type = 'str'; default = '' }
        profiles = @{
            type = 'list'
            elements = 'dict'
            default = @()
            options = @{
                user = @{ type = 'str'; required = $true }
                config_path = @{ type = 'str'; required = $true }
            }
        }
        users = @{ type = 'list'; elements = 'str'; default = @() }
        examples = @{ type = 'int'; default = 20 }
        ask_server = @{ type = 'bool'; default = $false }
        timeout = @{ type = 'int'; default = 7200 }
        bring = @{ type = 'bool'; default = $false }
        bring_bytes = @{ type = 'int'; default = 33554432 }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$module.Result.changed = $false
try {
    $spool = [System.IO.Path]::GetTempPath()
    if (Test-SfWindows) {
        $spool = $module.Tmpdir
    }
    $found = Get-SfFolderList -Wish $module.Params -Spool $spool
    $module.Result.folders = $found.folders
    $module.Result.problems = $found.problems
}
catch {
    $told = Get-SfErrorFact -ErrorRecord $_
    $module.Result.code = 'trees-failed'
    $module.FailJson('the folders could not be looked at: ' + $told['message'], $_)
}
$module.ExitJson()
