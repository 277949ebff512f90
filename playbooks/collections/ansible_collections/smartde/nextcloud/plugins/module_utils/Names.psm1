# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

# Names that the client gives: journals, and what it looks for in a sync folder. The twin of names.py.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Conflict = [regex] (
    '(?s)\((?:.+ )?conflicted copy (?:[^()]* )?[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{6}(?:-[0-9]+)?\)' +
    '|_conflict-[0-9]{8}-[0-9]{6}|\(case clash from .*\)'
)
$script:Journal = [regex] '\A\.(?:_?sync_[0-9A-Za-z_-]+|csync_journal)\.db\z'
# domains whose registries keep look-alike names out (qurlidna.cpp)
$script:UnicodeDomains = [regex] (
    '\A(?:a[crt]|asia|br|biz|c[hln]|cat|com|d[ek]|es|fi|gr|hu|i[lors]|info|jp|kr|l[ituv]|museum|n[ouz]|name|net|org' +
    '|p[lr]|s[eh]|t[hmw]|tel|ua|vn)\z'
)
$script:Ascii = [regex] '\A[\x00-\x7F]*\z'
$script:LongestHost = 262

function Get-SfJournalName {
    <#
    .SYNOPSIS
    The journal of a folder without journalPath: a hash of login, URL and remote path; '' where MD5 is forbidden.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([string] $Login, [string] $Url, [string] $RemotePath)
    $text = '{0}@{1}:{2}' -f $Login, (Get-SfClientUrl -Url $Url), $RemotePath
    try {
        $hasher = [System.Security.Cryptography.MD5]::Create()
    }
    catch {
        # a Windows that allows FIPS algorithms alone: only a configuration that names its journal is understood there
        return ''
    }
    try {
        $hash = $hasher.ComputeHash([System.Text.Encoding]::UTF8.GetBytes($text))
    }
    finally {
        $hasher.Dispose()
    }
    return '.sync_' + [System.BitConverter]::ToString($hash, 0, 6).Replace('-', '').ToLowerInvariant() + '.db'
}

function Get-SfClientUrl {
    <#
    .SYNOPSIS
    The URL as QUrl::toString shows it: scheme and host in lower case, international hosts in Unicode where Qt trusts
    the top-level domain.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([AllowEmptyString()] [string] $Url)
    $colon = $Url.IndexOf('://', [System.StringComparison]::Ordinal)
    if ($colon -lt 0) {
        return $Url
    }
    $rest = $Url.Substring($colon + 3)
    $cut = $rest.IndexOfAny([char[]] '/?#')
    if ($cut -lt 0) {
        $cut = $rest.Length
    }
    $authority = $rest.Substring(0, $cut)
    $at = $authority.LastIndexOf([char] 0x40)
    $shown = Get-SfShownHost -Name ($authority.Substring($at + 1).ToLowerInvariant())
    $scheme = $Url.Substring(0, $colon).ToLowerInvariant()
    return $scheme + '://' + $authority.Substring(0, $at + 1) + $shown + $rest.Substring($cut)
}

function Get-SfShownHost {
    <#
    .SYNOPSIS
    A host, maybe with a port, as Qt shows it.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([AllowEmptyString()] [string] $Name)
    $plain = $script:Ascii.IsMatch($Name) -and $Name.IndexOf('xn--', [System.StringComparison]::Ordinal) -lt 0
    if ($plain -or $Name.Length -gt $script:LongestHost) {
        return $Name
    }
    $colon = $Name.IndexOf([char] 0x3A)
    if ($colon -lt 0) {
        $colon = $Name.Length
    }
    try {
        $folded = $Name.Substring(0, $colon).Normalize([System.Text.NormalizationForm]::FormKC)
    }
    catch [System.ArgumentException] {
        return $Name
    }
    $labels = New-Object -TypeName 'System.Collections.Generic.List[string]'
    foreach ($label in $folded.Split([char] 0x2E)) {
        $labels.Add((ConvertTo-SfLabel -Label $label -ToUnicode $true))
    }
    $last = $labels[$labels.Count - 1]
    if (-not $script:UnicodeDomains.IsMatch($last) -and $script:Ascii.IsMatch($last)) {
        for ($number = 0; $number -lt $labels.Count; $number++) {
            $labels[$number] = ConvertTo-SfLabel -Label $labels[$number] -ToUnicode $false
        }
    }
    return [string]::Join('.', $labels.ToArray()) + $Name.Substring($colon)
}

function ConvertTo-SfLabel {
    <#
    .SYNOPSIS
    One part of a host's name in Unicode or in its ASCII form; as it is where that cannot be.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([AllowEmptyString()] [string] $Label, [bool] $ToUnicode)
    $isAscii = $script:Ascii.IsMatch($Label)
    $isCoded = $Label.StartsWith('xn--', [System.StringComparison]::Ordinal)
    if ($Label.Length -eq 0 -or ($ToUnicode -and -not $isCoded) -or (-not $ToUnicode -and $isAscii)) {
        return $Label
    }
    $mapping = New-Object -TypeName System.Globalization.IdnMapping
    try {
        if ($ToUnicode) {
            return $mapping.GetUnicode($Label)
        }
        return $mapping.GetAscii($Label)
    }
    catch [System.ArgumentException] {
        return $Label
    }
}

function Test-SfJournalName {
    <#
    .SYNOPSIS
    Whether a name is that of a journal in the sync folder itself: no path, nothing else.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([AllowEmptyString()] [string] $Name)
    return $script:Journal.IsMatch($Name)
}

function Test-SfConflictName {
    <#
    .SYNOPSIS
    Whether the client made this name for a conflict or a clash of case.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([AllowEmptyString()] [string] $Name)
    return $script:Conflict.IsMatch($Name)
}

Export-ModuleMember -Function @('Get-SfJournalName', 'Test-SfJournalName', 'Test-SfConflictName')
