# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Ini
#AnsibleRequires -PowerShell .IniValues
#AnsibleRequires -PowerShell .Names

# The accounts and folders that a nextcloud.cfg holds: the twin of accounts.py, as far as a host needs to know them.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Groups = @('Folders', 'Multifolders', 'FoldersWithPlaceholders')
$script:Secret = [regex] '(?i)(?:pass(?:word|wd|phrase)?$|clientCertBundle|clientKey|private|mnemonic|secret$|token$)'
$script:UrlType = 17   # QMetaType::QUrl in a QDataStream

function Get-SfAccount {
    <#
    .SYNOPSIS
    The accounts that have a URL, by number: Number, Url, User, Login, Folders.

    .DESCRIPTION
    A folder has Account, Group, Alias, LocalPath (as the file spells it), TargetPath, JournalPath (as the file has it,
    maybe ''), Journal (the name of its journal in any case), Paused, VirtualFiles.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [psobject] $Ini)
    $found = New-Object -TypeName 'System.Collections.Generic.List[object]'
    $groups = Get-SfAccountGroup -Ini $Ini
    foreach ($pair in $groups.GetEnumerator()) {
        $values = $pair.Value.Values
        $url = Get-SfAccountUrl -Values $values
        if ($url.Length -eq 0) {
            continue
        }
        $legacy = Get-SfAccountText -Values $values -Key 'user'
        $davUser = Get-SfAccountText -Values $values -Key 'dav_user'
        $login = Get-SfAccountText -Values $values -Key 'webflow_user'
        # an account of type http is read as webflow: its http_user stands in where there is no webflow_user
        foreach ($other in @((Get-SfAccountText -Values $values -Key 'http_user'), $legacy, $davUser)) {
            if ($login.Length -eq 0) {
                $login = $other
            }
        }
        $user = $davUser
        foreach ($other in @($legacy, $login)) {
            if ($user.Length -eq 0) {
                $user = $other
            }
        }
        $account = [pscustomobject] @{
            Number = $pair.Value.Number
            Url = $url
            User = $user
            Login = $login
            Folders = $null
        }
        $account.Folders = Get-SfAccountFolder -Account $account -Values $values
        $found.Add($account)
    }
    return , $found
}

function Get-SfSecretEntry {
    <#
    .SYNOPSIS
    Every entry whose value is a secret in plain text, as older clients wrote them; of equal keys all.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [psobject] $Ini)
    $found = New-Object -TypeName 'System.Collections.Generic.List[object]'
    foreach ($entry in $Ini.Entries) {
        $name = $entry.Path.Substring($entry.Path.LastIndexOf([char] 0x2F) + 1)
        if (-not $script:Secret.IsMatch($name)) {
            continue
        }
        $raw = $Ini.Text.Substring($entry.Value, $entry.End - $entry.Value)
        if ($raw.Length -gt 0 -and -not [string]::Equals($raw, '@Invalid()')) {
            $found.Add($entry)
        }
    }
    return , $found
}

function Get-SfAccountGroup {
    <#
    .SYNOPSIS
    Sorting key of an account's number to its Number and Values (key without the number, to raw text).
    #>
    [CmdletBinding()]
    param([psobject] $Ini)
    $groups = New-Object -TypeName 'System.Collections.Generic.SortedDictionary[string,object]' -ArgumentList (
        [System.StringComparer]::Ordinal
    )
    foreach ($path in $Ini.Paths) {
        if (-not $path.StartsWith('Accounts/', [System.StringComparison]::Ordinal)) {
            continue
        }
        $slash = $path.IndexOf([char] 0x2F, 9)
        if ($slash -lt 0) {
            continue
        }
        $number = $path.Substring(9, $slash - 9)
        $sorted = ConvertTo-SfSortKey -Text $number
        if (-not $groups.ContainsKey($sorted)) {
            $groups[$sorted] = [pscustomobject] @{ Number = $number; Values = (New-SfTextTable) }
        }
        $groups[$sorted].Values[$path.Substring($slash + 1)] = Get-SfIniText -Ini $Ini -Path $path
    }
    return $groups
}

function Get-SfAccountFolder {
    <#
    .SYNOPSIS
    The folders of an account, by group and alias.
    #>
    [CmdletBinding()]
    param([psobject] $Account, [System.Collections.IDictionary] $Values)
    $places = New-Object -TypeName 'System.Collections.Generic.SortedDictionary[string,object]' -ArgumentList (
        [System.StringComparer]::Ordinal
    )
    # not $Values.Keys: to PowerShell that is also the value of a key that is called so
    foreach ($pair in $Values.GetEnumerator()) {
        $key = $pair.Key
        $first = $key.IndexOf([char] 0x2F)
        $last = $key.LastIndexOf([char] 0x2F)
        if ($first -lt 0 -or $first -eq $last) {
            continue
        }
        $group = $key.Substring(0, $first)
        $order = [System.Array]::IndexOf($script:Groups, $group)
        if ($order -lt 0) {
            continue
        }
        $alias = $key.Substring($first + 1, $last - $first - 1)
        $sorted = [string] $order + (ConvertTo-SfSortKey -Text $alias)
        if (-not $places.ContainsKey($sorted)) {
            $places[$sorted] = [pscustomobject] @{ Group = $group; Alias = $alias; Values = (New-SfTextTable) }
        }
        $places[$sorted].Values[$key.Substring($last + 1)] = $pair.Value
    }
    $found = New-Object -TypeName 'System.Collections.Generic.List[object]'
    foreach ($pair in $places.GetEnumerator()) {
        if ($pair.Value.Values.ContainsKey('localPath')) {
            $found.Add((New-SfAccountFolder -Account $Account -Place $pair.Value))
        }
    }
    return , $found
}

function New-SfAccountFolder {
    <#
    .SYNOPSIS
    One sync connection as the file tells it.
    #>
    [CmdletBinding()]
    param([psobject] $Account, [psobject] $Place)
    $target = Get-SfAccountText -Values $Place.Values -Key 'targetPath'
    $named = Get-SfAccountText -Values $Place.Values -Key 'journalPath'
    $journal = $named
    if ($journal.Length -eq 0) {
        $journal = Get-SfJournalName -Login $Account.Login -Url $Account.Url -RemotePath $target
    }
    $virtual = Get-SfAccountText -Values $Place.Values -Key 'virtualFilesMode'
    if ($virtual.Length -eq 0) {
        $virtual = 'off'
        if (Test-SfAccountTrue -Values $Place.Values -Key 'usePlaceholders') {
            $virtual = 'suffix'
        }
    }
    $hides = -not $Place.Values.ContainsKey('ignoreHiddenFiles') -or
    (Test-SfAccountTrue -Values $Place.Values -Key 'ignoreHiddenFiles')
    return [pscustomobject] @{
        Account = $Account.Number
        Group = $Place.Group
        Alias = $Place.Alias
        LocalPath = Get-SfAccountText -Values $Place.Values -Key 'localPath'
        TargetPath = $target
        JournalPath = $named
        Journal = $journal
        Paused = Test-SfAccountTrue -Values $Place.Values -Key 'paused'
        VirtualFiles = $virtual
        IgnoreHidden = $hides
    }
}

function Get-SfAccountUrl {
    <#
    .SYNOPSIS
    The URL of an account: text, or a QUrl in a QDataStream (type and length, four bytes each, big endian).
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([System.Collections.IDictionary] $Values)
    if (-not $Values.ContainsKey('url')) {
        return ''
    }
    $value = ConvertFrom-SfIniValue -Raw $Values['url']
    if ($value.Kind -ne 'variant') {
        return $value.Text
    }
    $data = $value.Data
    if ($data.Length -lt 8) {
        return ''
    }
    $length = Get-SfBigEndian -Data $data -At 4
    if ((Get-SfBigEndian -Data $data -At 0) -ne $script:UrlType -or $length -gt $data.Length - 8) {
        return ''
    }
    return $data.Substring(8, [int] $length)
}

function Get-SfBigEndian {
    <#
    .SYNOPSIS
    The number that four characters stand for, each a byte.
    #>
    [CmdletBinding()]
    [OutputType([long])]
    param([string] $Data, [int] $At)
    $number = [long] 0
    for ($place = $At; $place -lt $At + 4; $place++) {
        $number = $number * 256 + [int] $Data[$place]
    }
    return $number
}

function Get-SfAccountText {
    <#
    .SYNOPSIS
    A value as text; '' where there is none, or none that is text.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([System.Collections.IDictionary] $Values, [string] $Key)
    if (-not $Values.ContainsKey($Key)) {
        return ''
    }
    return (ConvertFrom-SfIniValue -Raw $Values[$Key]).Text
}

function Test-SfAccountTrue {
    <#
    .SYNOPSIS
    Whether a value is there and says yes.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([System.Collections.IDictionary] $Values, [string] $Key)
    $text = (Get-SfAccountText -Values $Values -Key $Key).ToLowerInvariant()
    return [string]::Equals($text, 'true') -or [string]::Equals($text, '1')
}

function ConvertTo-SfSortKey {
    <#
    .SYNOPSIS
    What sorts numbers by their value, and before other text.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([AllowEmptyString()] [string] $Text)
    if ($Text -cmatch '\A[0-9]{1,18}\z') {
        return '0' + $Text.TrimStart([char] 0x30).PadLeft(18, [char] 0x30) + $Text
    }
    return '1' + $Text
}

function New-SfTextTable {
    <#
    .SYNOPSIS
    A table that tells upper from lower case.
    #>
    [CmdletBinding()]
    param()
    $made = New-Object -TypeName 'System.Collections.Generic.Dictionary[string,string]' -ArgumentList (
        [System.StringComparer]::Ordinal
    )
    return , $made
}

Export-ModuleMember -Function @('Get-SfAccount', 'Get-SfSecretEntry')
