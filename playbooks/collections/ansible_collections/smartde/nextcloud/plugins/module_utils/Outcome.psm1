# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# The answer for one profile, in the shape of model.results.Outcome without the host, which the controller adds.
#AnsibleRequires -PowerShell .Errors

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:PlanAgain = 'audit the host and plan again'
$script:LookAgain = 'audit the host to see how it is now, then plan and apply again'
# for errors that come from deep down, where nobody knows what the admin can do
$script:Remedies = @{
    'out-of-space' = 'make room on the host''s disk, then apply again'
    'no-permission' = 'see who may read and write there (owner, rights, read-only disk), then apply again'
    'file-in-use' = 'find what has the file open (a backup, a virus scanner, another user''s program), then apply again'
    'path-reparse' = 'replace the junction or link by a folder, then audit and plan again'
    'not-a-file' = 'see what lies there in the place of the file, then audit and plan again'
    'user-part-failed' = 'have the user log out and in again, then apply again'
    'client-running' = 'apply again'
    'client-not-found' = 'install the client, then apply again'
    'client-did-not-stay' = 'have the user start the client and see what it says, then apply again'
    'keyring-refused' = 'have the user log out and in again, then apply again'
}

function New-SfOutcome {
    <#
    .SYNOPSIS
    An outcome with all its keys.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$User,
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$ConfigPath,
        [Parameter(Mandatory = $true)][string]$Outcome,
        [AllowEmptyString()][string]$Code = '',
        [AllowEmptyString()][string]$Message = '',
        [AllowEmptyString()][string]$Do = '',
        [bool]$Changed = $false,
        [AllowEmptyString()][string]$Backup = '',
        [AllowEmptyCollection()][object[]]$Steps = @(),
        [AllowEmptyCollection()][object[]]$Proofs = @()
    )
    return [ordered]@{
        user = $User
        config_path = $ConfigPath
        outcome = $Outcome
        code = $Code
        message = $Message
        do = $Do
        changed = $Changed
        backup = $Backup
        restart_pending = $false
        steps = $Steps
        proofs = $Proofs
    }
}

function New-SfErrorOutcome {
    <#
    .SYNOPSIS
    The outcome of something that ended before it changed anything, or was taken back.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$User,
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$ConfigPath,
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Failure,
        [AllowEmptyCollection()][object[]]$Steps = @(),
        [AllowEmptyCollection()][object[]]$Proofs = @()
    )
    $do = $Failure.do
    if ($do -eq '') {
        $do = $script:LookAgain
        if ($script:Remedies.ContainsKey($Failure.code)) {
            $do = $script:Remedies[$Failure.code]
        }
    }
    $made = New-SfOutcome -User $User -ConfigPath $ConfigPath -Outcome $Failure.outcome -Steps $Steps -Proofs $Proofs
    $made.code = $Failure.code
    $made.message = $Failure.message
    $made.do = $do
    return $made
}

function New-SfProof {
    <#
    .SYNOPSIS
    One proof, as in model.results.Proof; state is ok, failed or unknown.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][string]$Proof,
        [Parameter(Mandatory = $true)][string]$State,
        [AllowEmptyString()][string]$Detail = ''
    )
    return [ordered]@{ proof = $Proof; state = $State; detail = $Detail }
}

function New-SfRefusal {
    <#
    .SYNOPSIS
    An error whose outcome is refused: nothing was changed.
    #>
    [CmdletBinding()]
    [OutputType([System.Exception])]
    param(
        [Parameter(Mandatory = $true)][string]$Code,
        [Parameter(Mandatory = $true)][string]$Message,
        [string]$Do = $script:PlanAgain
    )
    return New-SfError -Code $Code -Message $Message -Do $Do -Outcome 'refused'
}

Export-ModuleMember -Function @(
    'New-SfOutcome', 'New-SfErrorOutcome', 'New-SfProof', 'New-SfRefusal'
)
