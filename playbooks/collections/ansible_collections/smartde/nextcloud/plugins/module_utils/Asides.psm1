# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# A second copy of the order on the disk: where it lies, set aside, brought back; its journal carried over. The twin of
# asides.py. A copy is known by its folder's number from the moment it was proven (aside.json in the transaction's
# folder), so nothing else is ever renamed in its place.
#AnsibleRequires -PowerShell .Accounts
#AnsibleRequires -PowerShell .ConfigWrite
#AnsibleRequires -PowerShell .Copies
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Edits
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .PlainFile
#AnsibleRequires -PowerShell .Profile
#AnsibleRequires -PowerShell .Reach
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .StateWrite
#AnsibleRequires -PowerShell .Transaction

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Record = 'aside.json'
$script:Carried = 'carried.json'

function Get-SfKnownFolder {
    <#
    .SYNOPSIS
    Every folder of a configuration.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Bytes)
    $known = [System.Collections.Generic.List[object]]::new()
    foreach ($account in (Get-SfAccount -Ini (Read-SfCleanIni -Bytes $Bytes))) {
        foreach ($folder in $account.Folders) {
            $known.Add($folder)
        }
    }
    return , $known.ToArray()
}

function Get-SfCopy {
    <#
    .SYNOPSIS
    The order's copies, their places taken from the configuration of before: aside, path and away (on the disk; away is
    what it is renamed to), original (see Get-SfOrderFolder). Throws where there is no backup.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $found = [System.Collections.Generic.List[object]]::new()
    if ($About.order.aside.Length -eq 0) {
        return , $found.ToArray()
    }
    $before = Get-SfBefore -About $About
    $known = Get-SfKnownFolder -Bytes $before
    $originals = Get-SfOrderFolder -About $About -Bytes $before
    $run = [System.IO.Path]::GetFileName((Get-SfParent -Path $About.folder))
    foreach ($aside in $About.order.aside) {
        $path = Find-SfCopyPath -About $About -Aside $aside -Known $known
        foreach ($original in $originals) {
            if (Test-SfSamePlace -One $original.move -Other $aside) {
                $found.Add(@{ aside = $aside; path = $path; away = ($path + '.aside-' + $run); original = $original })
            }
        }
    }
    return , $found.ToArray()
}

function Test-SfSamePlace {
    <#
    .SYNOPSIS
    Whether two items of an order name the same folder of the configuration.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][object]$One,
        [Parameter(Mandatory = $true)][object]$Other
    )
    return $One.account -ceq $Other.account -and $One.group -ceq $Other.group -and $One.alias -ceq $Other.alias
}

function Find-SfCopyPath {
    <#
    .SYNOPSIS
    Where a copy lies on the disk by the host's own file. Refused with folder-unknown, folder-outside-home, folder-root.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][psobject]$Aside,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Known
    )
    foreach ($folder in $Known) {
        $isAlias = $folder.Group -ceq $Aside.group -and $folder.Alias -ceq $Aside.alias
        if (-not $isAlias -or $folder.Account -cne $Aside.account) {
            continue
        }
        $forbidden = Get-SfForbidden -Path $folder.LocalPath -Homes $About.homes
        if ($null -ne $forbidden) {
            $message = "$($folder.LocalPath) is no folder of this user: $($forbidden.Detail)"
            throw (New-SfRefusal -Code "folder-$($forbidden.State)" -Message $message)
        }
        return Get-SfDiskPath -Path $folder.LocalPath -Root $About.root
    }
    $message = "the configuration has no folder $($Aside.alias) in $($Aside.group) of account $($Aside.account)"
    throw (New-SfRefusal -Code 'folder-unknown' -Message $message)
}

function Get-SfRecordedCopy {
    <#
    .SYNOPSIS
    The copies that were proven: path, away and identity; none before that.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $found = [System.Collections.Generic.List[object]]::new()
    $path = [System.IO.Path]::Combine($About.folder, $script:Record)
    if ([System.IO.File]::Exists($path)) {
        foreach ($one in @((Read-SfJson -Path $path).copies)) {
            $found.Add(@{ path = [string]$one.path; away = [string]$one.away; identity = [long]$one.identity })
        }
    }
    return , $found.ToArray()
}

function Save-SfRecordedCopy {
    <#
    .SYNOPSIS
    Remember the copies that were proven.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][object[]]$Copies
    )
    $path = [System.IO.Path]::Combine($About.folder, $script:Record)
    Write-SfJson -Path $path -Data ([ordered]@{ copies = $Copies })
}

function Get-SfAwayCopy {
    <#
    .SYNOPSIS
    The copies that do not lie in their own place. Those that were never renamed do.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $away = [System.Collections.Generic.List[object]]::new()
    foreach ($one in (Get-SfRecordedCopy -About $About)) {
        $now = Get-SfFolderId -Path $one.path
        if ($null -eq $now -or $now -ne $one.identity) {
            $away.Add($one)
        }
    }
    return , $away.ToArray()
}

function Invoke-SfCarry {
    <#
    .SYNOPSIS
    Carry the journals of those copies over whose originals have none, and note by their numbers which they are.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $names = [System.Collections.Generic.List[string]]::new()
    $journals = [System.Collections.Generic.List[object]]::new()
    foreach ($copy in (Get-SfCopy -About $About)) {
        if ($copy.aside.carry) {
            $names.AddRange((Copy-SfCarried -From $copy.path -To $copy.original.path -Journal $copy.aside.journal))
            $sign = Get-SfFileSign -Path $copy.original.journal -AllowCloud
            if ($null -ne $sign) {
                $journals.Add([ordered]@{ path = $copy.original.journal; inode = $sign.id })
            }
        }
    }
    $path = [System.IO.Path]::Combine($About.folder, $script:Carried)
    Write-SfJson -Path $path -Data ([ordered]@{ journals = $journals.ToArray() })
    return Complete-SfWork -Detail ([string]::Join(', ', $names.ToArray()))
}

function Get-SfCarriedJournal {
    <#
    .SYNOPSIS
    The journals that were carried over: path and inode.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $path = [System.IO.Path]::Combine($About.folder, $script:Carried)
    if (-not [System.IO.File]::Exists($path)) {
        return , [object[]]@()
    }
    return , [object[]]@((Read-SfJson -Path $path).journals)
}

function Undo-SfCarry {
    <#
    .SYNOPSIS
    Remove the journals that were carried over.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Move)
    if (-not (Test-SfBegan -Transaction $Move.transaction -Step 'carry-journal')) {
        return Skip-SfWork -Detail 'no journal was carried over'
    }
    $names = [System.Collections.Generic.List[string]]::new()
    $noted = Get-SfCarriedJournal -About $Move.about
    foreach ($copy in (Get-SfCopy -About $Move.about)) {
        if (-not $copy.aside.carry) {
            continue
        }
        $id = ''
        foreach ($one in $noted) {
            if ($one.path -ceq $copy.original.journal) {
                $id = [string]$one.inode
            }
        }
        $what = @{ Folder = $copy.original.path; Journal = $copy.aside.journal; From = $copy.path; Id = $id }
        $names.AddRange((Remove-SfCarried @what))
    }
    return Complete-SfWork -Detail ([string]::Join(', ', $names.ToArray()))
}

function Invoke-SfSetAside {
    <#
    .SYNOPSIS
    Rename every copy; done before is done.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $names = [System.Collections.Generic.List[string]]::new()
    foreach ($one in (Get-SfRecordedCopy -About $About)) {
        Rename-SfCopy -Path $one.path -Target $one.away -Id $one.identity
        $names.Add($one.away)
    }
    return Complete-SfWork -Detail ([string]::Join(', ', $names.ToArray()))
}

function Undo-SfSetAside {
    <#
    .SYNOPSIS
    Give every copy that was renamed its name back.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $names = [System.Collections.Generic.List[string]]::new()
    foreach ($one in (Get-SfAwayCopy -About $About)) {
        Rename-SfCopy -Path $one.away -Target $one.path -Id $one.identity
        $names.Add($one.path)
    }
    if ($names.Count -eq 0) {
        return Skip-SfWork -Detail 'no copy was set aside'
    }
    return Complete-SfWork -Detail ([string]::Join(', ', $names.ToArray()))
}

function Get-SfAsideProof {
    <#
    .SYNOPSIS
    That each copy lies aside, and that no account names it: a proof each.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    $proofs = [System.Collections.Generic.List[object]]::new()
    $recorded = Get-SfRecordedCopy -About $About
    if ($recorded.Length -eq 0) {
        return , $proofs.ToArray()
    }
    $named = [System.Collections.Generic.HashSet[string]]::new([System.StringComparer]::OrdinalIgnoreCase)
    foreach ($folder in (Get-SfKnownFolder -Bytes (Read-SfConfigFile -Path $About.config).bytes)) {
        $null = $named.Add((Get-SfDiskPath -Path $folder.LocalPath -Root $About.root))
    }
    foreach ($one in $recorded) {
        $now = Get-SfFolderId -Path $one.away
        if ($null -eq $now -or $now -ne $one.identity) {
            $detail = "the copy is not at $($one.away)"
            $proofs.Add((New-SfProof -Proof 'aside' -State 'failed' -Detail $detail))
        }
        elseif ($named.Contains($one.path) -or $named.Contains($one.away)) {
            $detail = 'nextcloud.cfg still names the copy'
            $proofs.Add((New-SfProof -Proof 'aside' -State 'failed' -Detail $detail))
        }
        else {
            $detail = $one.away
            # a program that still had it open made that: no reason to go back
            if ($null -ne (Get-SfEntry -Path $one.path)) {
                $detail = "$detail; something new lies at $($one.path)"
            }
            $proofs.Add((New-SfProof -Proof 'aside' -State 'ok' -Detail $detail))
        }
    }
    return , $proofs.ToArray()
}

Export-ModuleMember -Function @(
    'Get-SfKnownFolder', 'Get-SfCopy', 'Test-SfSamePlace', 'Get-SfRecordedCopy', 'Save-SfRecordedCopy',
    'Get-SfAwayCopy', 'Invoke-SfCarry', 'Get-SfCarriedJournal', 'Undo-SfCarry', 'Invoke-SfSetAside', 'Undo-SfSetAside',
    'Get-SfAsideProof'
)
