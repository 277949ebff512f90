# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# What Explorer remembers of folders with virtual files: HKLM\...\SyncRootManager\Nextcloud!SID!user@host[:port]!alias.
# The name holds the server's, so a client that is moved makes a new key and leaves the old one behind (client source
# cfapiwrapper.cpp).
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Proofs

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Manager = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\SyncRootManager'
$script:VirtualGroup = 'FoldersWithPlaceholders'

function Remove-SfSyncRoot {
    <#
    .SYNOPSIS
    Remove the keys of an order's folders under the old server's name, or with Back under the new one's; how many there
    were. A key whose place is another folder is left alone.
    #>
    [CmdletBinding()]
    [OutputType([int])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Folders,
        [switch]$Back
    )
    if (-not (Test-SfWindows) -or $About.root -cne '/') {
        return 0
    }
    $removed = 0
    $base = [Microsoft.Win32.RegistryKey]::OpenBaseKey(
        [Microsoft.Win32.RegistryHive]::LocalMachine, [Microsoft.Win32.RegistryView]::Registry64)
    $key = $base.OpenSubKey($script:Manager, $true)
    try {
        foreach ($folder in $Folders) {
            foreach ($name in (Get-SfSyncRootName -About $About -Folder $folder -Back:$Back)) {
                if ($null -ne $key -and (Test-SfSyncRoot -Manager $key -Name $name -About $About -Folder $folder)) {
                    $key.DeleteSubKeyTree($name)
                    $removed++
                }
            }
        }
    }
    finally {
        if ($null -ne $key) {
            $key.Dispose()
        }
        $base.Dispose()
    }
    return $removed
}

function Get-SfSyncRootName {
    <#
    .SYNOPSIS
    The names that a client may have given a folder's key; none for a folder that never had virtual files.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][hashtable]$Folder,
        [switch]$Back
    )
    $names = [System.Collections.Generic.List[string]]::new()
    foreach ($account in $About.order.accounts) {
        $isVirtual = $Folder.virtual_files -eq 'wincfapi' -or $Folder.move.group -ceq $script:VirtualGroup
        if (-not $isVirtual -or $account.number -cne $Folder.move.account) {
            continue
        }
        $url = $account.old_url
        if ($Back) {
            $url = $account.new_url
        }
        foreach ($user in @($account.user, $account.login)) {
            $name = "Nextcloud!$($About.sid)!$user@$(Get-SfUrlHost -Url $url)!$($Folder.move.alias)"
            if (-not $names.Contains($name)) {
                $names.Add($name)
            }
        }
    }
    return , $names.ToArray()
}

function Test-SfSyncRoot {
    <#
    .SYNOPSIS
    Whether the key is there and its place for this user is the folder.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][Microsoft.Win32.RegistryKey]$Manager,
        [Parameter(Mandatory = $true)][string]$Name,
        [Parameter(Mandatory = $true)][hashtable]$About,
        [Parameter(Mandatory = $true)][hashtable]$Folder
    )
    $key = $Manager.OpenSubKey("$Name\UserSyncRoots")
    if ($null -eq $key) {
        return $false
    }
    try {
        $place = [string]$key.GetValue($About.sid)
    }
    finally {
        $key.Dispose()
    }
    $place = $place.Replace([char]47, [char]92).TrimEnd([char]92)
    return [string]::Equals($place, $Folder.path.TrimEnd([char]92), [System.StringComparison]::OrdinalIgnoreCase)
}

Export-ModuleMember -Function @(
    'Remove-SfSyncRoot'
)
