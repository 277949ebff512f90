# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

# How Qt parts the text of an INI file into lines, sections and keys; see Ini.psm1. In the text every character stands
# for a byte.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Latin1 = [System.Text.Encoding]::GetEncoding(28591)
$script:Utf8 = New-Object -TypeName System.Text.UTF8Encoding -ArgumentList @($false)
$script:Space = [regex] '\G[\t\n\r ]*'
# a backslash takes the next character with it, or the two that end a line
$script:Plain = [regex] '\G(?>[^\n\r";=\\]+|\\(?:\r\n|\n\r|[\s\S]))*'
$script:Quoted = [regex] '\G(?>[^"\\]+|\\(?:\r\n|\n\r|[\s\S]))*'
$script:ToLineEnd = [regex] '\G[^\n\r]*'
$script:Percent = [regex] '%U([0-9a-fA-F]{4})|%([0-9a-fA-F]{2})'
$script:Blank = [char[]] @(9, 10, 11, 12, 13, 32)

function Find-SfIniLine {
    <#
    .SYNOPSIS
    The next line that is neither empty nor a comment (Start, End, Sign: where its = is or -1, Unclosed), or $null.
    #>
    [CmdletBinding()]
    param([string] $Text, [int] $Position)
    $start = $Position + $script:Space.Match($Text, $Position).Length
    while ($start -lt $Text.Length -and [int] $Text[$start] -eq 0x3B) {
        $start += $script:ToLineEnd.Match($Text, $start).Length
        $start += $script:Space.Match($Text, $start).Length
    }
    if ($start -ge $Text.Length) {
        return $null
    }
    $sign = -1
    $inQuotes = $false
    $at = $start + $script:Plain.Match($Text, $start).Length
    while ($at -lt $Text.Length) {
        $code = [int] $Text[$at]
        if ($code -eq 0x22) {
            $inQuotes = -not $inQuotes
        }
        elseif ($code -eq 0x3D) {
            if ($sign -lt 0) {
                $sign = $at
            }
        }
        elseif ($code -ne 0x5C) {
            break
        }
        $at += 1
        if ($inQuotes) {
            $at += $script:Quoted.Match($Text, $at).Length
        }
        else {
            $at += $script:Plain.Match($Text, $at).Length
        }
    }
    return [pscustomobject] @{ Start = $start; End = $at; Sign = $sign; Unclosed = $inQuotes }
}

function New-SfIniSection {
    <#
    .SYNOPSIS
    A header: Prefix is its decoded name with a slash, '' for the unnamed group; Body is where its lines begin.
    #>
    [CmdletBinding()]
    param([string] $Text, [psobject] $Line, [int] $Close)
    $end = $Close
    if ($end -lt 0) {
        $end = $Line.End
    }
    $name = $Text.Substring($Line.Start + 1, $end - $Line.Start - 1).Trim($script:Blank)
    return [pscustomobject] @{ Prefix = (Get-SfIniPrefix -Name $name); Body = $Line.End }
}

function Get-SfIniPrefix {
    <#
    .SYNOPSIS
    What a section's name puts before its keys.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([AllowEmptyString()] [string] $Name)
    $lowered = $Name.ToLowerInvariant()
    if ([string]::Equals($lowered, 'general')) {
        return ''
    }
    if ([string]::Equals($lowered, '%general')) {
        return $Name.Substring(1) + '/'
    }
    return (ConvertFrom-SfIniKey -Raw $Name) + '/'
}

function New-SfIniEntry {
    <#
    .SYNOPSIS
    One key=value: Path, Section (its number), Start (of the key), Value and End (of the raw value without blanks).
    #>
    [CmdletBinding()]
    param([string] $Text, [psobject] $Line, [string] $Prefix, [int] $Section)
    $key = $Text.Substring($Line.Start, $Line.Sign - $Line.Start).Trim($script:Blank)
    $value = $Line.Sign + 1
    while ($value -lt $Line.End -and ([int] $Text[$value] -eq 0x20 -or [int] $Text[$value] -eq 9)) {
        $value += 1
    }
    return [pscustomobject] @{
        Path = $Prefix + (ConvertFrom-SfIniKey -Raw $key)
        Section = $Section
        Start = $Line.Start
        Value = $value
        End = (Find-SfIniValueEnd -Text $Text -Start $value -LineEnd $Line.End)
    }
}

function Find-SfIniValueEnd {
    <#
    .SYNOPSIS
    Where a value ends without the blanks behind it; they stay with it where Qt might take them as part of it.
    #>
    [CmdletBinding()]
    [OutputType([int])]
    param([string] $Text, [int] $Start, [int] $LineEnd)
    $end = $LineEnd
    while ($end -gt $Start -and ([int] $Text[$end - 1] -eq 0x20 -or [int] $Text[$end - 1] -eq 9)) {
        $end -= 1
    }
    if ($end -eq $Start) {
        return $end
    }
    $last = [int] $Text[$end - 1]
    $before = 0
    if ($end - 2 -ge $Start) {
        $before = [int] $Text[$end - 2]
    }
    $closed = $last -eq 0x22 -and $before -ne 0x5C
    $quoted = $Text.IndexOf([char] 0x22, $Start, $end - $Start) -ge 0
    if ($last -eq 0x5C -or ($quoted -and -not $closed)) {
        return $LineEnd
    }
    return $end
}

function ConvertFrom-SfIniKey {
    <#
    .SYNOPSIS
    The meaning of a key or section name as it stands in the file, one character for each byte; groups parted by /.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Raw)
    $text = $script:Utf8.GetString($script:Latin1.GetBytes($Raw)).Replace('\', '/')
    if ($text.IndexOf([char] 0x25) -lt 0) {
        return $text
    }
    $built = New-Object -TypeName System.Text.StringBuilder
    $position = 0
    foreach ($match in $script:Percent.Matches($text)) {
        $null = $built.Append($text, $position, $match.Index - $position)
        $digits = $match.Groups[1].Value + $match.Groups[2].Value
        $null = $built.Append([char] [System.Convert]::ToInt32($digits, 16))
        $position = $match.Index + $match.Length
    }
    $null = $built.Append($text, $position, $text.Length - $position)
    # half a pair of surrogates becomes a replacement character: no JSON holds it
    return $script:Utf8.GetString($script:Utf8.GetBytes($built.ToString()))
}

Export-ModuleMember -Function @(
    'Find-SfIniLine', 'New-SfIniSection', 'New-SfIniEntry', 'Get-SfIniPrefix', 'ConvertFrom-SfIniKey'
)
