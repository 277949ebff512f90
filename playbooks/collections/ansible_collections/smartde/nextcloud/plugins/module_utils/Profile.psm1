# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# One profile that is being moved or taken back: its files, and the folder of its transaction. The twin of profile.py.
# A table `About` has root, order, user, sid, config_path (as the audit spells it), config and home (on the disk), homes
# (of other people), folder (of the transaction) and desk (see Desk).
#AnsibleRequires -PowerShell .Accounts
#AnsibleRequires -PowerShell .Backup
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Edits
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .PlainFile
#AnsibleRequires -PowerShell .Reach
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .StateWrite

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Config = 'nextcloud.cfg'

function New-SfAbout {
    <#
    .SYNOPSIS
    A profile with its order and its transaction's folder. Located is what Find-SfProfile answers.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [Parameter(Mandatory = $true)][hashtable]$Order,
        [Parameter(Mandatory = $true)][hashtable]$Located,
        [Parameter(Mandatory = $true)][string]$Folder,
        [Parameter(Mandatory = $true)][hashtable]$Desk
    )
    return @{
        root = $Root
        order = $Order
        user = $Located.user
        sid = $Located.sid
        config_path = $Order.config_path
        config = $Located.config
        home = $Located.home
        homes = $Located.homes
        folder = $Folder
        desk = $Desk
    }
}

function Get-SfOrderFolder {
    <#
    .SYNOPSIS
    The order's folders, their places taken from the host's own file: move, path and journal (on the disk), shown (as
    the file spells it), virtual_files, hidden (whether hidden files are left alone). Refused with folder-unknown,
    folder-outside-home, folder-root.
    .DESCRIPTION
    A cure gives a folder another place: then they are where they will be.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Bytes
    )
    $known = [System.Collections.Generic.List[object]]::new()
    if ($About.order.aside.Length -gt 0) {
        $Bytes = Get-SfApplied -Bytes $Bytes -Order $About.order
    }
    foreach ($account in (Get-SfAccount -Ini (Read-SfCleanIni -Bytes $Bytes))) {
        foreach ($folder in $account.Folders) {
            $known.Add($folder)
        }
    }
    $places = $known.ToArray()
    $found = [System.Collections.Generic.List[object]]::new()
    foreach ($move in $About.order.folders) {
        $found.Add((New-SfSyncFolder -About $About -Move $move -Known $places))
    }
    return , $found.ToArray()
}

function New-SfSyncFolder {
    <#
    .SYNOPSIS
    One folder of the order with its place on this host's disk.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][psobject]$Move,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Known
    )
    foreach ($folder in $Known) {
        $isAlias = $folder.Group -ceq $Move.group -and $folder.Alias -ceq $Move.alias
        if ($isAlias -and $folder.Account -ceq $Move.account) {
            # the user may have written another place into the file since the audit saw it
            $forbidden = Get-SfForbidden -Path $folder.LocalPath -Homes $About.homes
            if ($null -ne $forbidden) {
                $message = "$($folder.LocalPath) is no folder of this user: $($forbidden.Detail)"
                throw (New-SfRefusal -Code "folder-$($forbidden.State)" -Message $message)
            }
            $path = Get-SfDiskPath -Path $folder.LocalPath -Root $About.root
            return @{
                move = $Move
                path = $path
                shown = $folder.LocalPath
                journal = [System.IO.Path]::Combine($path, $Move.journal)
                virtual_files = $folder.VirtualFiles
                hidden = $folder.IgnoreHidden
            }
        }
    }
    $message = "the configuration has no folder $($Move.alias) in $($Move.group) of account $($Move.account)"
    throw (New-SfRefusal -Code 'folder-unknown' -Message $message)
}

function Get-SfSource {
    <#
    .SYNOPSIS
    What the backup holds.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Folders
    )
    $sources = [System.Collections.Generic.List[object]]::new()
    $sources.Add(@{ path = $About.config; name = $script:Config })
    for ($number = 0; $number -lt $Folders.Length; $number++) {
        foreach ($source in (Get-SfJournalSource -Number $number -Journal $Folders[$number].journal)) {
            $sources.Add($source)
        }
    }
    return , $sources.ToArray()
}

function Get-SfBefore {
    <#
    .SYNOPSIS
    The configuration as it was when the client had stopped, from the backup: its bytes.
    #>
    [CmdletBinding()]
    [OutputType([byte[]])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    return , (Read-SfBackup -Transaction $About.folder -Name $script:Config)
}

function Get-SfTarget {
    <#
    .SYNOPSIS
    The new configuration: the order's edits on the file of this moment, for a client may have saved its window's place
    when it quit. On the file that the plan saw they give the order's own bytes. Code config-changed.
    #>
    [CmdletBinding()]
    [OutputType([byte[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Before
    )
    return , (Get-SfApplied -Bytes $Before -Order $About.order)
}

function Save-SfSettled {
    <#
    .SYNOPSIS
    Note which file is moved to which.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $before = Get-SfBefore -About $About
    $target = Get-SfTarget -About $About -Before $before
    $pair = [ordered]@{ old_sha256 = (Get-SfSha256 -Bytes $before); new_sha256 = (Get-SfSha256 -Bytes $target) }
    Write-SfJson -Path ([System.IO.Path]::Combine($About.folder, 'settled.json')) -Data $pair
}

function Get-SfRecorded {
    <#
    .SYNOPSIS
    Who was at the desk when the transaction stopped the client; nothing if it never did.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $path = [System.IO.Path]::Combine($About.folder, 'client.json')
    if (-not [System.IO.File]::Exists($path)) {
        return $null
    }
    try {
        $read = Read-SfJson -Path $path
        $clients = [System.Collections.Generic.List[object]]::new()
        foreach ($one in @($read.clients)) {
            $words = [string[]]@($one.arguments)
            $clients.Add(@{ session = [int]$one.session; program = [string]$one.program; arguments = $words })
        }
        return @{ sessions = [int[]]@($read.sessions); clients = $clients.ToArray() }
    }
    catch {
        return $null
    }
}

function Save-SfRecorded {
    <#
    .SYNOPSIS
    Remember who is at the desk: a stopped client cannot be asked any more.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][hashtable]$Presence
    )
    $data = [ordered]@{ sessions = [int[]]$Presence.sessions; clients = [object[]]$Presence.clients }
    Write-SfJson -Path ([System.IO.Path]::Combine($About.folder, 'client.json')) -Data $data
}

function Get-SfMissingJournal {
    <#
    .SYNOPSIS
    The backup's files of journals whose database the profile has no more. A log alone never goes back: the database
    may have taken it in.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $gone = [System.Collections.Generic.List[string]]::new()
    $saved = Get-SfSaved -Transaction $About.folder
    foreach ($one in $saved) {
        if ($one.name -cne $script:Config -and $null -eq (Get-SfFileSign -Path $one.path -AllowCloud)) {
            $gone.Add($one.name)
        }
    }
    $missing = [System.Collections.Generic.List[object]]::new()
    foreach ($one in $saved) {
        if ($one.name -cne $script:Config -and $gone.Contains(($one.name -creplace '\.db.*\z', '.db'))) {
            $missing.Add($one)
        }
    }
    return , $missing.ToArray()
}

Export-ModuleMember -Function @(
    'New-SfAbout', 'Get-SfOrderFolder', 'Get-SfSource', 'Get-SfBefore', 'Get-SfTarget', 'Save-SfSettled',
    'Get-SfRecorded', 'Save-SfRecorded', 'Get-SfMissingJournal'
)
