# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# After the move: what has to be true, one proof each. One that could not be had is unknown, never left out. The twin of
# proofs.py.
#AnsibleRequires -PowerShell .Accounts
#AnsibleRequires -PowerShell .Asides
#AnsibleRequires -PowerShell .Backup
#AnsibleRequires -PowerShell .ConfigWrite
#AnsibleRequires -PowerShell .Credentials
#AnsibleRequires -PowerShell .Desk
#AnsibleRequires -PowerShell .Edits
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Gates
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .PlainFile
#AnsibleRequires -PowerShell .Profile
#AnsibleRequires -PowerShell .Trees

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Get-SfProof {
    <#
    .SYNOPSIS
    Every proof of a move.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Folders
    )
    $presence = Get-SfPresence -Desk $About.desk -Recorded (Get-SfRecorded -About $About)
    $isThere = $presence.sessions.Length -gt 0
    $proofs = [System.Collections.Generic.List[object]]::new()
    $proofs.Add((Get-SfClientProof -About $About -Expected $isThere))
    if ($isThere) {
        $proofs.Add((Get-SfAccountProof -About $About -Presence $presence))
    }
    else {
        $proofs.Add((New-SfProof -Proof 'account-list' -State 'unknown' -Detail 'no session'))
    }
    $proofs.Add((Get-SfConfigProof -About $About))
    $proofs.Add((Get-SfJournalProof -About $About))
    $proofs.Add((Get-SfFolderProof -About $About -Folders $Folders))
    foreach ($proof in (Get-SfAsideProof -About $About)) {
        $proofs.Add($proof)
    }
    foreach ($proof in (Get-SfTreeProof -About $About -Folders $Folders -Seconds $About.desk.start_seconds)) {
        $proofs.Add($proof)
    }
    return , $proofs.ToArray()
}

function Get-SfClientProof {
    <#
    .SYNOPSIS
    The client runs, if the user is there.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][bool]$Expected
    )
    if (Test-SfRunning -Desk $About.desk) {
        return New-SfProof -Proof 'client-running' -State 'ok'
    }
    if ($Expected) {
        return New-SfProof -Proof 'client-running' -State 'failed' -Detail 'the client has ended'
    }
    $detail = 'the user is not logged on: it starts at the next login'
    return New-SfProof -Proof 'client-running' -State 'unknown' -Detail $detail
}

function Get-SfAccountProof {
    <#
    .SYNOPSIS
    The client names the new servers when it is asked for its accounts.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][hashtable]$Presence
    )
    $wanted = [System.Collections.Generic.List[string]]::new()
    foreach ($account in $About.order.accounts) {
        $name = Get-SfUrlHost -Url $account.new_url
        if ($name -cmatch '[^\x00-\x7f]|xn--') {
            $detail = 'the client spells international names its own way'
            return New-SfProof -Proof 'account-list' -State 'unknown' -Detail $detail
        }
        if (-not $wanted.Contains($name)) {
            $wanted.Add($name)
        }
    }
    $servers = $wanted.ToArray()
    try {
        $names = Get-SfClientName -Desk $About.desk -Presence $Presence -Wanted $servers
    }
    catch {
        return New-SfProof -Proof 'account-list' -State 'unknown' -Detail (Get-SfErrorText -ErrorRecord $_)
    }
    return Compare-SfClientName -Names $names -Wanted $servers
}

function Compare-SfClientName {
    <#
    .SYNOPSIS
    The proof account-list out of the client's answer.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [AllowNull()][AllowEmptyCollection()][AllowEmptyString()][string[]]$Names,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][string[]]$Wanted
    )
    if ($null -eq $Names -or $Names.Length -eq 0) {
        $detail = 'the client does not answer, or names no account yet'
        return New-SfProof -Proof 'account-list' -State 'unknown' -Detail $detail
    }
    $missing = [System.Collections.Generic.List[string]]::new()
    foreach ($server in $Wanted) {
        $isNamed = $false
        foreach ($name in $Names) {
            if ($name.EndsWith('@' + $server, [System.StringComparison]::OrdinalIgnoreCase)) {
                $isNamed = $true
            }
        }
        if (-not $isNamed) {
            $missing.Add($server)
        }
    }
    if ($missing.Count -gt 0) {
        $detail = "the client does not name $([string]::Join(', ', $missing.ToArray()))"
        return New-SfProof -Proof 'account-list' -State 'failed' -Detail $detail
    }
    return New-SfProof -Proof 'account-list' -State 'ok' -Detail ([string]::Join(', ', $Wanted))
}

function Get-SfUrlHost {
    <#
    .SYNOPSIS
    A server as the client names it: the port only where it is none of the usual two.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)][string]$Url)
    $parts = [System.Uri]::new($Url)
    if (@(80, 443, -1) -contains $parts.Port) {
        return $parts.Host
    }
    return "$($parts.Host):$($parts.Port)"
}

function Get-SfConfigProof {
    <#
    .SYNOPSIS
    The file still holds the new values.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    try {
        $config = Read-SfConfigFile -Path $About.config
        if (Test-SfMoved -Bytes $config.bytes -Edits $About.order.edits) {
            return New-SfProof -Proof 'config' -State 'ok'
        }
    }
    catch {
        return New-SfProof -Proof 'config' -State 'failed' -Detail (Get-SfErrorText -ErrorRecord $_)
    }
    $detail = 'the client has put other values into nextcloud.cfg'
    return New-SfProof -Proof 'config' -State 'failed' -Detail $detail
}

function Get-SfJournalProof {
    <#
    .SYNOPSIS
    The journals are the files that they were: one that was made anew would mean a new comparison of everything.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $kept = 0
    $expected = [System.Collections.Generic.List[object]]::new()
    foreach ($one in (Get-SfSaved -Transaction $About.folder)) {
        if ($one.name -cmatch '\Ajournal-[0-9]+\.db\z') {
            $expected.Add($one)
        }
    }
    $expected.AddRange((Get-SfCarriedJournal -About $About))
    foreach ($one in $expected) {
        $now = Get-SfFileSign -Path $one.path -AllowCloud
        if ($null -eq $now -or $now.id -ne $one.inode) {
            return New-SfProof -Proof 'journal' -State 'failed' -Detail "$($one.path) is not the journal that it was"
        }
        $kept++
    }
    if ($kept -eq 0) {
        return New-SfProof -Proof 'journal' -State 'unknown' -Detail 'there was none'
    }
    return New-SfProof -Proof 'journal' -State 'ok' -Detail "$kept kept"
}

function Get-SfFolderProof {
    <#
    .SYNOPSIS
    Every folder is where it has to be, and no second one has come.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Folders
    )
    try {
        foreach ($folder in $Folders) {
            if ((Get-SfKind -Path $folder.path) -ne 'folder') {
                return New-SfProof -Proof 'folders' -State 'failed' -Detail "$($folder.shown) is gone"
            }
        }
        $target = Get-SfTarget -About $About -Before (Get-SfBefore -About $About)
        $expected = Get-SfLocalPath -Bytes $target
        $now = Get-SfLocalPath -Bytes (Read-SfConfigFile -Path $About.config).bytes
    }
    catch {
        return New-SfProof -Proof 'folders' -State 'failed' -Detail (Get-SfErrorText -ErrorRecord $_)
    }
    foreach ($path in $now) {
        if ($expected -notcontains $path) {
            return New-SfProof -Proof 'folders' -State 'failed' -Detail "the client has another folder now: '$path'"
        }
    }
    return New-SfProof -Proof 'folders' -State 'ok' -Detail "$($expected.Length)"
}

function Get-SfLocalPath {
    <#
    .SYNOPSIS
    The places of all folders in a configuration.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Bytes)
    $paths = [System.Collections.Generic.List[string]]::new()
    foreach ($account in (Get-SfAccount -Ini (Read-SfCleanIni -Bytes $Bytes))) {
        foreach ($folder in $account.Folders) {
            $paths.Add($folder.LocalPath.TrimEnd([char]47))
        }
    }
    return , $paths.ToArray()
}

Export-ModuleMember -Function @(
    'Get-SfProof', 'Get-SfUrlHost'
)
