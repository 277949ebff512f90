# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# What must be true before a move touches anything. Every call that works on a transaction asks anew. The twin of
# gates.py. A reason to sign in is a table with code and message.
#AnsibleRequires -PowerShell .Backup
#AnsibleRequires -PowerShell .ConfigWrite
#AnsibleRequires -PowerShell .Credentials
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Edits
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .Profile

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:SignIn = 'the user must sign in once when the client asks for it'

function Assert-SfGate {
    <#
    .SYNOPSIS
    The file, its folders and the space for the backup are what the plan presumes. For a move that has not begun.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $order = $About.order
    if (@('move', 'reconnect') -cnotcontains $order.strategy) {
        $message = "the strategy $($order.strategy) is not carried out on hosts"
        throw (New-SfRefusal -Code 'strategy-not-offered' -Message $message -Do 'plan with move')
    }
    $config = Read-SfConfigFile -Path $About.config
    if ($config.sha256 -cne $order.old_sha256) {
        throw (New-SfRefusal -Code 'config-changed' -Message 'nextcloud.cfg is not what the plan saw')
    }
    $target = Get-SfApplied -Bytes $config.bytes -Order $order
    if (-not (Test-SfSameBytes -One $target -Other $order.new_config)) {
        $message = 'the plan''s edits do not give the plan''s new nextcloud.cfg'
        throw (New-SfRefusal -Code 'order-inconsistent' -Message $message)
    }
    Assert-SfWritable -Path $About.config
    $folders = Get-SfOrderFolder -About $About -Bytes $config.bytes
    Assert-SfFolders -Order $order -Folders $folders
    $null = Assert-SfSpace -Sources (Get-SfSource -About $About -Folders $folders) -Transaction $About.folder
}

function Assert-SfFolders {
    <#
    .SYNOPSIS
    Each folder and its journal are there; a client that starts without them begins anew.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Order,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Folders
    )
    foreach ($folder in $Folders) {
        if ((Get-SfKind -Path $folder.path) -ne 'folder') {
            throw (New-SfRefusal -Code 'folder-missing' -Message "$($folder.shown) is no folder")
        }
        if (Test-SfCarries -Order $Order -Folder $folder.move) {
            continue
        }
        $journal = Get-SfKind -Path $folder.journal
        if ($journal -ne 'file' -and ($journal -ne '' -or $folder.move.instance_id -ne '')) {
            throw (New-SfRefusal -Code 'journal-missing' -Message "$($folder.journal) is no journal")
        }
    }
}

function Test-SfCarries {
    <#
    .SYNOPSIS
    Whether a journal is to be carried into a folder of the order: it has none yet.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Order,
        [Parameter(Mandatory = $true)][psobject]$Folder
    )
    foreach ($aside in $Order.aside) {
        $isAlias = $aside.group -ceq $Folder.group -and $aside.alias -ceq $Folder.alias
        if ($aside.carry -and $isAlias -and $aside.account -ceq $Folder.account) {
            return $true
        }
    }
    return $false
}

function Get-SfKind {
    <#
    .SYNOPSIS
    file, folder or link of what lies at a path of a sync folder, '' for nothing. Code path-reparse.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)][string]$Path)
    Assert-SfPlainPath -Path $Path -AllowCloud
    $entry = Get-SfEntry -Path $Path
    if ($null -eq $entry) {
        return ''
    }
    return $entry.Kind
}

function Get-SfSignIn {
    <#
    .SYNOPSIS
    Why the user will have to sign in; nothing if the secrets can be copied. Where the plan says to wait instead, that
    is an error with a waiting outcome; with the strategy reconnect there is nothing to wait for.
    .PARAMETER Blind
    Do not look at the credentials: that takes a task in the user's session, which is too much for a check.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][hashtable]$Presence,
        [switch]$Blind,
        [switch]$NoWaiting
    )
    $found = Get-SfObstacle -About $About -Presence $Presence -Blind:$Blind
    if ($null -eq $found -or $NoWaiting -or $found.code -eq 'reconnect') {
        return $found
    }
    if ($About.order.on_missing_session -ne 'defer') {
        return $found
    }
    $outcome = 'waiting-sign-in'
    $do = "have the user sign in to the old server, or apply with on_missing_session: sign-in ($($script:SignIn))"
    if ($found.code -eq 'no-session') {
        $outcome = 'waiting-session'
        $do = 'apply again when the user is logged in to the desktop'
    }
    throw (New-SfError -Code $found.code -Message $found.message -Do $do -Outcome $outcome)
}

function Get-SfObstacle {
    <#
    .SYNOPSIS
    Why the secrets cannot be copied; nothing if they can, or if there are none.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][hashtable]$Presence,
        [switch]$Blind
    )
    if ($About.order.strategy -eq 'reconnect') {
        return @{ code = 'reconnect'; message = 'the plan has the user sign in anew' }
    }
    if ($About.order.secrets.Length -eq 0) {
        return $null
    }
    if ($Presence.sessions.Length -eq 0) {
        return @{ code = 'no-session'; message = 'the user is not logged on, so the credentials cannot be reached' }
    }
    if ($Blind) {
        return $null
    }
    $entries = Find-SfCredential -Desk $About.desk -Presence $Presence -Names (Get-SfSecretName -Order $About.order)
    foreach ($copy in $About.order.secrets) {
        if ($copy.required -and $entries -cnotcontains $copy.source -and $entries -cnotcontains $copy.target) {
            return @{ code = 'secret-missing'; message = "the user has no credential $($copy.source)" }
        }
    }
    return $null
}

function Get-SfSecretName {
    <#
    .SYNOPSIS
    The names of all credentials of an order, old and new.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([Parameter(Mandatory = $true)][hashtable]$Order)
    $names = [System.Collections.Generic.List[string]]::new()
    foreach ($copy in $Order.secrets) {
        $names.Add($copy.source)
        $names.Add($copy.target)
    }
    return , $names.ToArray()
}

function Get-SfSignInText {
    <#
    .SYNOPSIS
    What the user has to do where the secrets could not be copied.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param()
    return $script:SignIn
}

Export-ModuleMember -Function @(
    'Assert-SfGate', 'Assert-SfFolders', 'Get-SfKind', 'Get-SfSignIn', 'Get-SfSecretName', 'Get-SfSignInText'
)
