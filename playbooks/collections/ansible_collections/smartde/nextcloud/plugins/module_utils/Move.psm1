# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# The work of each step of a move. A table `Move` has about, transaction, sign_in (a reason, or nothing), proofs,
# backup_is_new, check_mode. The twin of move.py; which step follows which stands in Steps.
#AnsibleRequires -PowerShell .Backup
#AnsibleRequires -PowerShell .ConfigWrite
#AnsibleRequires -PowerShell .Credentials
#AnsibleRequires -PowerShell .Desk
#AnsibleRequires -PowerShell .Edits
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Gates
#AnsibleRequires -PowerShell .Profile
#AnsibleRequires -PowerShell .Proofs
#AnsibleRequires -PowerShell .Transaction
#AnsibleRequires -PowerShell .Trees
#AnsibleRequires -PowerShell .WindowsSyncRoots

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# what is taken back at once; a conflict file or another etag may be somebody's work of this very minute
$script:Fatal = @('client-running', 'config', 'account-list', 'journal', 'disk', 'folders', 'aside')

function New-SfMove {
    <#
    .SYNOPSIS
    The move of one profile.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][hashtable]$Transaction,
        [bool]$CheckMode = $false
    )
    return @{
        about = $About
        transaction = $Transaction
        sign_in = $null
        proofs = [object[]]@()
        backup_is_new = $false
        check_mode = $CheckMode
    }
}

function Invoke-SfCheck {
    <#
    .SYNOPSIS
    What must be true before the next step. Once the file may be written there is no waiting any more.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Move,
        [Parameter(Mandatory = $true)][bool]$Begun
    )
    $about = $Move.about
    if (-not $Begun) {
        Assert-SfGate -About $about
    }
    elseif (-not (Test-SfBegan -Transaction $Move.transaction -Step 'write-config')) {
        $config = Read-SfConfigFile -Path $about.config
        $folders = Get-SfOrderFolder -About $about -Bytes $config.bytes
        Assert-SfFolders -Order $about.order -Folders $folders
    }
    $copied = Get-SfEnded -Transaction $Move.transaction -Step 'copy-secrets'
    if ($null -eq $copied -or $copied.state -ne 'end') {
        $presence = Get-SfPresence -Desk $about.desk -Recorded (Get-SfRecorded -About $about)
        $isSkipped = $null -ne $copied
        $isBlind = $Move.check_mode
        $Move.sign_in = Get-SfSignIn -About $about -Presence $presence -Blind:$isBlind -NoWaiting:$isSkipped
    }
    $detail = ''
    if ($null -ne $Move.sign_in) {
        $detail = $Move.sign_in.message
    }
    return Complete-SfWork -Detail $detail
}

function Invoke-SfStop {
    <#
    .SYNOPSIS
    Remember who is at the desk, and end the client.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Move)
    $about = $Move.about
    $recorded = Get-SfRecorded -About $about
    if ($null -eq $recorded) {
        $recorded = Get-SfPresence -Desk $about.desk
        Save-SfRecorded -About $about -Presence $recorded
    }
    if (-not (Test-SfRunning -Desk $about.desk)) {
        if ($recorded.clients.Length -gt 0) {
            return Complete-SfWork -Detail 'it has ended'
        }
        return Skip-SfWork -Detail 'no client was running'
    }
    return Complete-SfWork -Detail (Stop-SfDesk -Desk $about.desk)
}

function Invoke-SfBackup {
    <#
    .SYNOPSIS
    Copy configuration and journals, and note which file is moved to which.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Move)
    $about = $Move.about
    $config = Read-SfConfigFile -Path $about.config
    $folders = Get-SfOrderFolder -About $about -Bytes $config.bytes
    $saved = New-SfBackup -Sources (Get-SfSource -About $about -Folders $folders) -Transaction $about.folder
    $Move.backup_is_new = $true
    # the client may have written something else when it quit than what the plan saw: config-changed, and back
    Save-SfSettled -About $about
    $bytes = [long]0
    foreach ($one in $saved) {
        $bytes += $one.size
    }
    return Complete-SfWork -Detail "$($saved.Length) files, $bytes bytes"
}

function Invoke-SfManifest {
    <#
    .SYNOPSIS
    Write the sync folders down.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Move)
    $folders = Get-SfOrderFolder -About $Move.about -Bytes (Get-SfBefore -About $Move.about)
    return Complete-SfWork -Detail (Write-SfTrees -About $Move.about -Folders $folders)
}

function Invoke-SfCopySecrets {
    <#
    .SYNOPSIS
    Clone the credentials under their new names, in the user's session.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Move)
    $about = $Move.about
    if ($null -ne $Move.sign_in) {
        return Skip-SfWork -Detail $Move.sign_in.message
    }
    if ($about.order.secrets.Length -eq 0) {
        return Skip-SfWork -Detail 'the account keeps no secret in the keyring'
    }
    $presence = Get-SfPresence -Desk $about.desk -Recorded (Get-SfRecorded -About $about)
    $states = Copy-SfCredential -Desk $about.desk -Presence $presence -Copies $about.order.secrets
    $copied = 0
    $same = 0
    for ($number = 0; $number -lt $states.Length; $number++) {
        $copy = $about.order.secrets[$number]
        if ($states[$number] -eq 'copied') {
            $copied++
        }
        elseif ($states[$number] -eq 'same') {
            $same++
        }
        elseif ($copy.required -and -not (Test-SfHasTarget -Move $Move -Presence $presence -Copy $copy)) {
            $message = "the user has no credential $($copy.source)"
            throw (New-SfError -Code 'secret-missing' -Message $message -Do (Get-SfSignInText))
        }
    }
    return Complete-SfWork -Detail "$copied copied, $same there already"
}

function Test-SfHasTarget {
    <#
    .SYNOPSIS
    Whether the new credential is there although the old one is not.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Move,
        [Parameter(Mandatory = $true)][hashtable]$Presence,
        [Parameter(Mandatory = $true)][psobject]$Copy
    )
    $names = [string[]]@($Copy.target)
    $found = Find-SfCredential -Desk $Move.about.desk -Presence $Presence -Names $names
    return $found -ccontains $Copy.target
}

function Invoke-SfRemoveCookies {
    <#
    .SYNOPSIS
    Remove the old server's cookies.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Move)
    $removed = Remove-SfCookie -Path $Move.about.config -Names $Move.about.order.cookies
    if ($removed.Length -eq 0) {
        return Skip-SfWork -Detail 'no cookies'
    }
    return Complete-SfWork -Detail ([string]::Join(', ', $removed))
}

function Invoke-SfWriteConfig {
    <#
    .SYNOPSIS
    Write the new file. Right if nothing, everything, or a client's own rewrite of everything has happened already.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Move)
    $about = $Move.about
    if (Test-SfRunning -Desk $about.desk) {
        throw (New-SfError -Code 'client-running' -Message 'a client was started while the account was moved')
    }
    $before = Get-SfBefore -About $about
    $target = Get-SfTarget -About $about -Before $before
    $current = Read-SfConfigFile -Path $about.config
    if (Test-SfSameBytes -One $current.bytes -Other $target) {
        return Complete-SfWork -Detail 'written before'
    }
    if (-not (Test-SfSameBytes -One $current.bytes -Other $before)) {
        if (Test-SfMoved -Bytes $current.bytes -Edits $about.order.edits) {
            return Complete-SfWork -Detail 'written before'
        }
        $message = 'nextcloud.cfg was changed while the account was moved'
        throw (New-SfError -Code 'config-changed' -Message $message -Do 'audit the host and plan again')
    }
    return Complete-SfWork -Detail (Set-SfConfig -Path $about.config -Expected $current.sha256 -Bytes $target)
}

function Test-SfUnwritten {
    <#
    .SYNOPSIS
    Whether the file is still the one from before.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $current = Read-SfConfigFile -Path $About.config
    return Test-SfSameBytes -One $current.bytes -Other (Get-SfBefore -About $About)
}

function Invoke-SfStart {
    <#
    .SYNOPSIS
    Start the client if the user's session is there: users expect it to run then. Else it starts at the next login.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $presence = Get-SfPresence -Desk $About.desk -Recorded (Get-SfRecorded -About $About)
    if (Test-SfRunning -Desk $About.desk) {
        return Complete-SfWork -Detail 'the client runs'
    }
    if ($presence.sessions.Length -eq 0) {
        return Skip-SfWork -Detail 'the user is not logged on: the client starts at the next login'
    }
    return Complete-SfWork -Detail (Start-SfDesk -Desk $About.desk -Presence $presence)
}

function Invoke-SfProve {
    <#
    .SYNOPSIS
    Ask whether everything is as it has to be. Code proof-failed.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Move)
    $about = $Move.about
    $folders = Get-SfOrderFolder -About $about -Bytes (Get-SfBefore -About $about)
    $Move.proofs = Get-SfProof -About $about -Folders $folders
    $wrong = [System.Collections.Generic.List[string]]::new()
    $proven = 0
    foreach ($proof in $Move.proofs) {
        if ($proof.state -eq 'ok') {
            $proven++
        }
        if ($proof.state -eq 'failed' -and $script:Fatal -ccontains $proof.proof) {
            $wrong.Add("$($proof.proof): $($proof.detail)")
        }
    }
    if ($wrong.Count -gt 0) {
        throw (New-SfError -Code 'proof-failed' -Message ([string]::Join('; ', $wrong.ToArray())))
    }
    return Complete-SfWork -Detail "$proven of $($Move.proofs.Length) proven"
}

function Invoke-SfSyncRoots {
    <#
    .SYNOPSIS
    Remove what Windows remembers of the folders under the other server's name; Back takes the names the other way
    round. Nothing hangs on it, so it fails nobody.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [switch]$Back
    )
    try {
        $folders = Get-SfOrderFolder -About $About -Bytes (Get-SfBefore -About $About)
        $removed = Remove-SfSyncRoot -About $About -Folders $folders -Back:$Back
    }
    catch {
        return Skip-SfWork -Detail "not removed: $(Get-SfErrorText -ErrorRecord $_)"
    }
    if ($removed -eq 0) {
        return Skip-SfWork -Detail 'none'
    }
    return Complete-SfWork -Detail "$removed removed"
}

Export-ModuleMember -Function @(
    'New-SfMove', 'Invoke-SfCheck', 'Invoke-SfStop', 'Invoke-SfBackup', 'Invoke-SfManifest', 'Invoke-SfCopySecrets',
    'Invoke-SfRemoveCookies', 'Invoke-SfWriteConfig', 'Test-SfUnwritten', 'Invoke-SfStart', 'Invoke-SfProve',
    'Invoke-SfSyncRoots'
)
