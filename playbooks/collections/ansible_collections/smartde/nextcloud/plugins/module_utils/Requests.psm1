# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# What a request to move or to restore a profile finds on the host, and how it is answered. See Apply for the request.
#AnsibleRequires -PowerShell .ConfigWrite
#AnsibleRequires -PowerShell .Credentials
#AnsibleRequires -PowerShell .Desk
#AnsibleRequires -PowerShell .Edits
#AnsibleRequires -PowerShell .Gates
#AnsibleRequires -PowerShell .Move
#AnsibleRequires -PowerShell .Order
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .Profile
#AnsibleRequires -PowerShell .Retelling
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .StateWrite
#AnsibleRequires -PowerShell .Transaction

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Get-SfProfileMove {
    <#
    .SYNOPSIS
    The profile's transactions, oldest first.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [Parameter(Mandatory = $true)][string]$User,
        [Parameter(Mandatory = $true)][string]$ConfigPath
    )
    $found = [System.Collections.Generic.List[object]]::new()
    foreach ($one in (Get-SfTransaction -Root $Root)) {
        if ($one.user -ceq $User -and $one.config_path -ceq $ConfigPath) {
            $found.Add($one)
        }
    }
    return , $found.ToArray()
}

function Test-SfCarriesOut {
    <#
    .SYNOPSIS
    Whether an order is the one of a transaction.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Known,
        [Parameter(Mandatory = $true)][hashtable]$Order
    )
    $isPlanned = $Known.planned_old -ceq $Order.old_sha256 -and $Known.planned_new -ceq $Order.new_sha256
    return $isPlanned -or ($Known.old_sha256 -ceq $Order.old_sha256 -and $Known.new_sha256 -ceq $Order.new_sha256)
}

function Test-SfDid {
    <#
    .SYNOPSIS
    Whether a transaction did what is ordered now, maybe by an order of the same run for another file.
    .DESCRIPTION
    The controller plans anew for a file that its client has rewritten; one that died asks again with its first order.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Known,
        [Parameter(Mandatory = $true)][hashtable]$Request
    )
    if (Test-SfCarriesOut -Known $Known -Order $Request.order) {
        return $true
    }
    if ($null -eq (Get-SfTold -Folder $Known.folder -Run $Request.run)) {
        return $false
    }
    $stored = Read-SfStoredOrder -Folder $Known.folder
    $isSame = Test-SfSameEdits -One $stored.edits -Other $Request.order.edits
    return $isSame -and [string]::Join(' ', $stored.cures) -ceq [string]::Join(' ', $Request.order.cures)
}

function New-SfRequestMove {
    <#
    .SYNOPSIS
    The move of a request in a transaction's folder.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Request,
        [Parameter(Mandatory = $true)][string]$Folder
    )
    $with = @{
        Root = $Request.root
        Order = $Request.order
        Located = $Request.located
        Folder = $Folder
        Desk = $Request.desk
    }
    $about = New-SfAbout @with
    return New-SfMove -About $about -Transaction (New-SfTransaction -Folder $Folder) -CheckMode $Request.check_mode
}

function Read-SfStoredOrder {
    <#
    .SYNOPSIS
    The order of a transaction.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)][string]$Folder)
    return Read-SfOrder -Raw (Read-SfJson -Path ([System.IO.Path]::Combine($Folder, 'order.json')))
}

function Get-SfDoneBefore {
    <#
    .SYNOPSIS
    The answer to an order that was carried out before; nothing if the account is not moved any more.
    .DESCRIPTION
    The run that did it hears what it was told then, and once the user has signed in that the account is moved.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Request,
        [Parameter(Mandatory = $true)][hashtable]$Done
    )
    $move = New-SfRequestMove -Request $Request -Folder $Done.folder
    $config = Read-SfConfigFile -Path $move.about.config
    if (-not (Test-SfMoved -Bytes $config.bytes -Edits $Request.order.edits)) {
        return $null
    }
    $history = Get-SfHistory -Transaction $move.transaction
    $isWaiting = $history.Length -gt 0 -and $history[$history.Length - 1].detail -eq 'waiting-sign-in'
    if ($isWaiting) {
        $isWaiting = -not (Test-SfSignedIn -Move $move)
    }
    $told = Get-SfTold -Folder $Done.folder -Run $Request.run
    if ($null -ne $told) {
        if (-not $isWaiting) {
            $told.outcome = Get-SfSuccess -Order $Request.order
            $told.code = ''
            $told.message = ''
            $told.do = ''
        }
        return $told
    }
    $made = New-SfOutcome -User $Request.order.user -ConfigPath $Request.order.config_path -Outcome 'already'
    $made.backup = [System.IO.Path]::Combine($Done.folder, 'backup')
    if ($isWaiting) {
        $made.outcome = 'waiting-sign-in'
        $made.code = 'sign-in'
        $made.message = 'moved before; the user has not signed in yet'
        $made.do = Get-SfSignInText
    }
    return $made
}

function Get-SfSuccess {
    <#
    .SYNOPSIS
    What an order that was carried out is called.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)][hashtable]$Order)
    if ($Order.cures.Length -gt 0) {
        return 'cured'
    }
    return 'moved'
}

function Test-SfSignedIn {
    <#
    .SYNOPSIS
    Whether the user now has the credentials that the moved account needs: he has signed in.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory = $true)][hashtable]$Move)
    $about = $Move.about
    $presence = Get-SfPresence -Desk $about.desk -Recorded (Get-SfRecorded -About $about)
    if ($presence.sessions.Length -eq 0 -or $Move.check_mode) {
        return $false
    }
    $entries = Find-SfCredential -Desk $about.desk -Presence $presence -Names (Get-SfSecretName -Order $about.order)
    foreach ($copy in $about.order.secrets) {
        if ($copy.required -and $entries -cnotcontains $copy.target) {
            return $false
        }
    }
    return $true
}

function Add-SfRunLink {
    <#
    .SYNOPSIS
    Make the transaction be found under the run that goes on with it, too.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Request,
        [Parameter(Mandatory = $true)][hashtable]$Opened
    )
    if ($Opened.run -ceq $Request.run) {
        return
    }
    $folder = Get-SfRunFolder -Root $Request.root -Run $Request.run
    Initialize-SfStateFolder -Root $Request.root -Path $folder
    $link = [System.IO.Path]::Combine($folder, [System.IO.Path]::GetFileName($Opened.folder) + '.link')
    Write-SfJson -Path $link -Data ([ordered]@{ run = $Opened.run })
}

function New-SfMoveOutcome {
    <#
    .SYNOPSIS
    The outcome of a move that changed something, or would have.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Move,
        [Parameter(Mandatory = $true)][string]$Outcome,
        [string]$Code = '',
        [string]$Message = ''
    )
    $order = $Move.about.order
    $made = New-SfOutcome -User $order.user -ConfigPath $order.config_path -Outcome $Outcome -Changed $true
    $made.code = $Code
    $made.message = $Message
    $made.steps = $Move.transaction.reports.ToArray()
    return $made
}

function New-SfMoveFailure {
    <#
    .SYNOPSIS
    The outcome of a move that failed, with its steps.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Move,
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Failure
    )
    $order = $Move.about.order
    $made = New-SfErrorOutcome -User $order.user -ConfigPath $order.config_path -Failure $Failure
    $made.steps = $Move.transaction.reports.ToArray()
    return $made
}

Export-ModuleMember -Function @(
    'Get-SfProfileMove', 'Test-SfCarriesOut', 'Test-SfDid', 'New-SfRequestMove', 'Read-SfStoredOrder',
    'Get-SfDoneBefore', 'Get-SfSuccess', 'Add-SfRunLink', 'New-SfMoveOutcome', 'New-SfMoveFailure'
)
