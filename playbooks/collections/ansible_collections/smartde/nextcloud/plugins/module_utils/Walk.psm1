# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Disk

# A sync folder, one directory at a time: names, sizes and times as the directory itself tells them. No file is opened.
#
# Names travel as byte names: text in which each character is one byte of the name's UTF-8. Its ordinal order is the
# order of a manifest and of a journal, which the order of UTF-16 is not. A half of a surrogate pair, which Windows
# allows in a name, becomes the three bytes that UTF-8 would have for it.
#
# The loops call no function per name: in PowerShell a call costs as much as twenty lines.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Latin = [System.Text.Encoding]::GetEncoding(28591)
$script:Strict = New-Object -TypeName System.Text.UTF8Encoding -ArgumentList $false, $true
# as is_ignored_name of the Python twin: what the client itself writes and never syncs
$script:Own = New-Object -TypeName System.Text.RegularExpressions.Regex -ArgumentList @(
    ('\A(?:\.sync_[^/]*\.db[^/]*|\._sync_[^/]*\.db[^/]*|\.csync_journal\.db[^/]*|\..*\.~[0-9a-fA-F]+' +
        '|\.(?:nextcloud|owncloud)sync\.log.*|\.sync-exclude\.lst|[Dd][Ee][Ss][Kk][Tt][Oo][Pp]\.[Ii][Nn][Ii])\z'),
    [System.Text.RegularExpressions.RegexOptions] 'Singleline, CultureInvariant'
)

function Open-SfLevel {
    <#
    .SYNOPSIS
    A directory as a table: Prefix, Keys (byte names in order, directories with a slash behind them), Entries (key to a
    list of letter, size, time in ticks since 1970, disk path), and At, the place of the next key. What .NET throws
    passes where the directory cannot be listed.

    .DESCRIPTION
    Letters are those of a manifest: f file, d directory, l link, p placeholder, u and x what cannot be looked at. A
    reparse point that is no cloud file is a link, and never entered. A directory that would be filled by listing it
    is x.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Prefix,
        [Parameter(Mandatory = $true)] [string] $VirtualFiles
    )
    $keys = [System.Collections.Generic.List[string]]::new()
    $entries = [System.Collections.Generic.Dictionary[string, object]]::new()
    $suffix = $VirtualFiles -ceq 'suffix'
    $folder = [System.IO.DirectoryInfo]::new((Get-SfLongPath -Path $Path))
    foreach ($info in $folder.EnumerateFileSystemInfos()) {
        $name = $info.Name
        if (($name[0] -ceq [char] '.' -or $name.Length -eq 11) -and $script:Own.IsMatch($name)) {
            continue
        }
        try {
            $key = $script:Latin.GetString($script:Strict.GetBytes($name))
        }
        catch {
            $key = ConvertTo-SfByteName -Name $name
        }
        try {
            $flags = [int] $info.Attributes
            $size = [long] 0
            $ticks = [long] 0
            # SPARSE_FILE with REPARSE_POINT is a placeholder, and needs no look at its tag
            if (($flags -band 0x600) -eq 0x400 -and (Test-SfLink -Path $info.FullName)) {
                $letter = 'l'
                $ticks = $info.LastWriteTimeUtc.Ticks - 621355968000000000
            }
            elseif (($flags -band 0x10) -ne 0) {
                $key += '/'
                # RECALL_ON_OPEN, RECALL_ON_DATA_ACCESS
                $letter = if (($flags -band 0x440000) -ne 0) { 'x' } else { 'd' }
            }
            else {
                $size = $info.Length
                $ticks = $info.LastWriteTimeUtc.Ticks - 621355968000000000
                # OFFLINE and the two above, or SPARSE_FILE with REPARSE_POINT: no content here, reading would fetch it
                $away = ($flags -band 0x441000) -ne 0 -or ($flags -band 0x600) -eq 0x600
                $away = $away -or ($suffix -and $name.EndsWith('.nextcloud', [System.StringComparison]::Ordinal))
                $letter = if ($away) { 'p' } else { 'f' }
            }
        }
        catch {
            # gone by now, or not to be looked at
            $letter, $size, $ticks = 'u', [long] 0, [long] 0
        }
        $keys.Add($key)
        $entries[$key] = @($letter, $size, $ticks, $info.FullName)
    }
    $keys.Sort([System.StringComparer]::Ordinal)
    return @{ Prefix = $Prefix; Keys = $keys; Entries = $entries; At = 0 }
}

function Test-SfLink {
    <#
    .SYNOPSIS
    Whether a reparse point is one to keep out of: a link, a junction, or of a kind that nobody here knows.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory = $true)] [string] $Path)
    return -not (Test-SfCloudTag -Tag (Get-SfReparseTag -Path $Path))
}

function ConvertTo-SfByteName {
    <#
    .SYNOPSIS
    A name as a byte name, also where it holds half of a surrogate pair.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Name)
    $made = New-Object -TypeName System.Text.StringBuilder
    for ($at = 0; $at -lt $Name.Length; $at++) {
        $code = [int] $Name[$at]
        if ([char]::IsHighSurrogate($Name, $at) -and $at + 1 -lt $Name.Length -and
            [char]::IsLowSurrogate($Name, $at + 1)) {
            $null = $made.Append($script:Latin.GetString($script:Strict.GetBytes($Name.Substring($at, 2))))
            $at++
        }
        elseif ([char]::IsSurrogate($Name, $at)) {
            $null = $made.Append([char] 0xED)
            $null = $made.Append([char] (0x80 -bor (($code -shr 6) -band 0x3F)))
            $null = $made.Append([char] (0x80 -bor ($code -band 0x3F)))
        }
        else {
            $null = $made.Append($script:Latin.GetString($script:Strict.GetBytes([string] $Name[$at])))
        }
    }
    return $made.ToString()
}

function ConvertFrom-SfByteName {
    <#
    .SYNOPSIS
    A byte name as text for people and for comparing with text: bytes that are no UTF-8 become question marks in a box.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Name)
    return [System.Text.Encoding]::UTF8.GetString($script:Latin.GetBytes($Name))
}

Export-ModuleMember -Function @('Open-SfLevel', 'ConvertFrom-SfByteName')
