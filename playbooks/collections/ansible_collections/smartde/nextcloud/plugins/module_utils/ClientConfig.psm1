# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Ini
#AnsibleRequires -PowerShell .Accounts
#AnsibleRequires -PowerShell .Reach

# The configuration files of a profile: where they may lie, and how to read one that its owner may have prepared. The
# twin of configs.py.
#
# Places, client source configfile.cpp: %APPDATA%\Nextcloud; --confdir of a running client; %LOCALAPPDATA%\Nextcloud,
# which counts only as long as the first is missing, for a client copies it there and leaves it behind.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:FileName = 'nextcloud.cfg'
$script:SizeLimit = 2097152
$script:Tries = 3
$script:Mask = 'smartfleet-masked'
$script:Latin1 = [System.Text.Encoding]::GetEncoding(28591)

function Get-SfConfigPlace {
    <#
    .SYNOPSIS
    Where a profile has a configuration, or runs a client without one: Path, Kind, Client (a process or $null),
    Forbidden ('', or why nobody may read or write it in this user's name).
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [psobject] $Person,
        [Parameter(Mandatory = $true)] [AllowEmptyCollection()] [object[]] $Clients,
        [Parameter(Mandatory = $true)] [string] $Root
    )
    $standard = Get-SfPlainName -Path ($Person.AppData + '\Nextcloud')
    $folders = New-Object -TypeName 'System.Collections.Generic.List[object]'
    $folders.Add([pscustomobject] @{ Path = $standard; Kind = 'standard' })
    $legacy = Get-SfPlainName -Path ($Person.LocalAppData + '\Nextcloud')
    if (-not (Test-SfConfigThere -Folder $standard -Root $Root)) {
        $folders.Add([pscustomobject] @{ Path = $legacy; Kind = 'legacy' })
    }
    foreach ($one in $Clients) {
        $named = Get-SfConfigFolder -Client $one
        if ($named.Length -gt 0) {
            $folders.Add([pscustomobject] @{ Path = $named; Kind = 'confdir' })
        }
    }
    $found = New-Object -TypeName 'System.Collections.Generic.List[object]'
    $seen = New-Object -TypeName 'System.Collections.Generic.HashSet[string]' -ArgumentList (
        [System.StringComparer]::OrdinalIgnoreCase
    )
    foreach ($folder in $folders) {
        if (-not $seen.Add($folder.Path)) {
            continue
        }
        $chosen = Select-SfClient -Clients $Clients -Folder $folder.Path -Standard $standard
        if ($null -ne $chosen -or (Test-SfConfigThere -Folder $folder.Path -Root $Root)) {
            $found.Add([pscustomobject] @{
                    Path = $folder.Path + '\' + $script:FileName
                    Kind = $folder.Kind
                    Client = $chosen
                    Forbidden = (Get-SfForbiddenPlace -Path $folder.Path -Homes $Person.OtherHomes)
                })
        }
    }
    return , $found
}

function Get-SfForbiddenPlace {
    <#
    .SYNOPSIS
    Why a configuration may not lie there: where it lies is its user's own word, and may be somebody else's place.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([string] $Path, [AllowEmptyCollection()] [AllowEmptyString()] [string[]] $Homes)
    $told = Get-SfForbidden -Path $Path -Homes $Homes
    if ($null -eq $told) {
        return ''
    }
    return $told.Detail
}

function Get-SfConfigFolder {
    <#
    .SYNOPSIS
    The folder that a client was started with --confdir for; '' without one that is an absolute path.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [psobject] $Client)
    $words = @($Client.Arguments)
    for ($number = 0; $number -lt $words.Count; $number++) {
        $named = ''
        if ([string]::Equals($words[$number], '--confdir') -and $number + 1 -lt $words.Count) {
            $named = $words[$number + 1]
        }
        elseif ($words[$number].StartsWith('--confdir=', [System.StringComparison]::Ordinal)) {
            $named = $words[$number].Substring(10)
        }
        if ($named.Length -gt 0) {
            try {
                return Get-SfPlainName -Path $named
            }
            catch [System.InvalidOperationException] {
                return ''
            }
        }
    }
    return ''
}

function Select-SfClient {
    <#
    .SYNOPSIS
    The client that uses a configuration's folder, the one that started first; $null if none does.
    #>
    [CmdletBinding()]
    param([AllowEmptyCollection()] [object[]] $Clients, [string] $Folder, [string] $Standard)
    $chosen = $null
    foreach ($client in $Clients) {
        $used = Get-SfConfigFolder -Client $client
        if ($used.Length -eq 0) {
            $used = $Standard
        }
        if (-not [string]::Equals($used, $Folder, [System.StringComparison]::OrdinalIgnoreCase)) {
            continue
        }
        if ($null -eq $chosen -or $client.Started -lt $chosen.Started) {
            $chosen = $client
        }
    }
    return $chosen
}

function Test-SfConfigThere {
    <#
    .SYNOPSIS
    Whether something is there under the configuration's name, or whether that cannot be told.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([string] $Folder, [string] $Root)
    try {
        $disk = Get-SfDiskPath -Path ($Folder + '\' + $script:FileName) -Root $Root
        return $null -ne (Get-SfEntry -Path $disk)
    }
    catch [System.InvalidOperationException] {
        return $false
    }
    catch {
        # shut, or on a network that does not answer: to be reported, not to be passed over
        return $true
    }
}

function Get-SfConfigFact {
    <#
    .SYNOPSIS
    The ConfigFile of the facts (Facts) and the parsed file where it could be read (Ini, else $null).
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [psobject] $Place,
        [Parameter(Mandatory = $true)] [string] $Root
    )
    $facts = [ordered]@{
        path = $Place.Path
        kind = $Place.Kind
        state = 'ok'
        detail = ''
        mode = 0
        size = [long] 0
        mtime = [double] 0
    }
    try {
        if ($Place.Forbidden.Length -gt 0) {
            throw (New-SfError -Code 'config-foreign' -Message $Place.Forbidden)
        }
        $disk = Get-SfDiskPath -Path $Place.Path -Root $Root
        $bytes = Read-SfConfig -Disk $disk -Root $Root -Facts $facts
    }
    catch {
        $told = Get-SfErrorFact -ErrorRecord $_
        $facts['state'] = ConvertTo-SfConfigState -Code $told['code']
        $facts['detail'] = $told['message']
        return [pscustomobject] @{ Facts = $facts; Ini = $null }
    }
    if ($null -eq $bytes) {
        return [pscustomobject] @{ Facts = $facts; Ini = $null }
    }
    return Get-SfConfigContent -Facts $facts -Bytes $bytes
}

function ConvertTo-SfConfigState {
    <#
    .SYNOPSIS
    The state of a configuration that could not be read for this reason.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([AllowEmptyString()] [string] $Code)
    $states = @{ 'path-reparse' = 'link'; 'path-too-large' = 'too-large'; 'config-foreign' = 'foreign-owner' }
    if ($states.ContainsKey($Code)) {
        return $states[$Code]
    }
    return 'unreadable'
}

function Read-SfConfig {
    <#
    .SYNOPSIS
    The bytes of a configuration, its size and time noted in Facts; $null with a state in Facts where there are none.
    #>
    [CmdletBinding()]
    [OutputType([byte[]])]
    param([string] $Disk, [string] $Root, [System.Collections.IDictionary] $Facts)
    for ($try = 0; $try -lt $script:Tries; $try++) {
        Assert-SfPlainPath -Path $Disk -Below $Root
        $before = Get-SfEntry -Path $Disk
        $Facts['state'] = Get-SfConfigState -Entry $before -Facts $Facts
        if ($Facts['state'] -ne 'ok') {
            return $null
        }
        $bytes = Read-SfFile -Path $Disk -Limit $script:SizeLimit
        # once more: what was looked at may have been swapped for a junction before it was opened
        Assert-SfPlainPath -Path $Disk -Below $Root
        $after = Get-SfEntry -Path $Disk
        if ($null -ne $after -and $after.MtimeNs -eq $before.MtimeNs -and $after.Size -eq $bytes.Length) {
            return , $bytes
        }
    }
    $Facts['state'] = 'unreadable'
    $Facts['detail'] = 'it changes while it is read'
    return $null
}

function Get-SfConfigState {
    <#
    .SYNOPSIS
    Whether what lies there can be a configuration; what is known of it is noted in Facts.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([psobject] $Entry, [System.Collections.IDictionary] $Facts)
    if ($null -eq $Entry) {
        return 'absent'
    }
    $Facts['size'] = $Entry.Size
    $Facts['mtime'] = $Entry.Mtime
    if ($Entry.Kind -ne 'file') {
        $Facts['detail'] = 'it is no ordinary file'
        return 'not-a-file'
    }
    if (Test-SfPlaceholder -Attributes $Entry.Attributes) {
        $Facts['detail'] = 'its content is in a cloud and not on this disk'
        return 'unreadable'
    }
    if ($Entry.Size -gt $script:SizeLimit) {
        $Facts['detail'] = 'it is larger than {0} bytes' -f $script:SizeLimit
        return 'too-large'
    }
    if ($Entry.Size -eq 0) {
        return 'empty'
    }
    return 'ok'
}

function Get-SfConfigContent {
    <#
    .SYNOPSIS
    The rest of the facts: hash, and the bytes with the values of plain-text passwords masked.
    #>
    [CmdletBinding()]
    param([System.Collections.IDictionary] $Facts, [byte[]] $Bytes)
    $hasher = [System.Security.Cryptography.SHA256CryptoServiceProvider]::new()
    try {
        $hash = $hasher.ComputeHash($Bytes)
    }
    finally {
        $hasher.Dispose()
    }
    $Facts['sha256'] = [System.BitConverter]::ToString($hash).Replace('-', '').ToLowerInvariant()
    try {
        $ini = Read-SfIni -Bytes $Bytes
        Assert-SfIni -Ini $ini
        $shown = Hide-SfSecret -Ini $ini
    }
    catch [System.InvalidOperationException] {
        $Facts['state'] = 'broken'
        $Facts['detail'] = Get-SfErrorText -ErrorRecord $_
        return [pscustomobject] @{ Facts = $Facts; Ini = $null }
    }
    $Facts['content'] = [System.Convert]::ToBase64String($shown.Bytes)
    $Facts['masked'] = $shown.Masked
    return [pscustomobject] @{ Facts = $Facts; Ini = $ini }
}

function Hide-SfSecret {
    <#
    .SYNOPSIS
    The bytes with the values of plain-text passwords replaced (Bytes), and the keys, SECTION/KEY, that were (Masked).
    #>
    [CmdletBinding()]
    param([psobject] $Ini)
    $built = New-Object -TypeName System.Text.StringBuilder
    $masked = New-Object -TypeName 'System.Collections.Generic.List[string]'
    $position = 0
    foreach ($entry in (Get-SfSecretEntry -Ini $Ini)) {
        $null = $built.Append($Ini.Text, $position, $entry.Value - $position)
        $null = $built.Append($script:Mask)
        $position = $entry.End
        $spelled = 'General/' + $entry.Path
        $slash = $entry.Path.IndexOf([char] 0x2F)
        if ($slash -ge 0) {
            $spelled = $entry.Path.Substring(0, $slash + 1) + $entry.Path.Substring($slash + 1).Replace('/', '\')
        }
        if (-not $masked.Contains($spelled)) {
            $masked.Add($spelled)
        }
    }
    $null = $built.Append($Ini.Text, $position, $Ini.Text.Length - $position)
    return [pscustomobject] @{ Bytes = $script:Latin1.GetBytes($built.ToString()); Masked = $masked.ToArray() }
}

Export-ModuleMember -Function @('Get-SfConfigPlace', 'Get-SfConfigFolder', 'Get-SfConfigFact')
