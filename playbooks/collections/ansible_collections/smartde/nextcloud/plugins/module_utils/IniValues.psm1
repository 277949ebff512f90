# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

# What a raw value of a QSettings INI file means: the twin of the reading half of inivalues.py.
#
# A raw value is text in which every character stands for a byte, as Get-SfIniText gives it. Its meaning is an object
# with Kind (text, bytes, list, variant, invalid), Text (as QVariant::toString gives it, '' for what is no text), Data
# (of bytes and variants, one character for each byte) and Filled.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Latin1 = [System.Text.Encoding]::GetEncoding(28591)
$script:Utf8 = New-Object -TypeName System.Text.UTF8Encoding -ArgumentList @($false)
$script:StrictUtf8 = New-Object -TypeName System.Text.UTF8Encoding -ArgumentList @($false, $true)
$script:Blanks = [regex] '\G[ \t]*'
$script:Run = [regex] '\G[^\\",]+'
$script:HexRun = [regex] '\G[0-9a-fA-F]*'
$script:OctalRun = [regex] '\G[0-7]*'
$script:Ascii = [regex] '\A[\x00-\x7F]*\z'
$script:Geometry = @{ Rect = 4; Size = 2; Point = 2 }
# code behind a backslash to what it stands for
$script:Escapes = @{
    97 = 7; 98 = 8; 102 = 12; 110 = 10; 114 = 13; 116 = 9; 118 = 11; 34 = 34; 63 = 63; 39 = 39; 92 = 92
}
# longer than any text that is asked for here: a path, a name, a URL
$script:LongestText = 65536

function ConvertFrom-SfIniValue {
    <#
    .SYNOPSIS
    The meaning of a raw value; bytes that are no UTF-8 are taken as Latin-1. Never fails, as Qt does not.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Raw)
    if ($Raw.Length -gt $script:LongestText) {
        return New-SfIniValue -Kind 'variant' -Filled $true
    }
    $elements = Split-SfIniValue -Raw $Raw
    if ($elements.Count -gt 1) {
        return New-SfIniValue -Kind 'list' -Filled $true
    }
    return ConvertTo-SfIniType -Text $elements[0]
}

function New-SfIniValue {
    <#
    .SYNOPSIS
    The object that a value's meaning is told with.
    #>
    [CmdletBinding()]
    param([string] $Kind, [string] $Text = '', [string] $Data = '', [bool] $Filled)
    return [pscustomobject] @{ Kind = $Kind; Text = $Text; Data = $Data; Filled = $Filled }
}

function ConvertTo-SfIniType {
    <#
    .SYNOPSIS
    A value by the tag that its text may begin with.
    #>
    [CmdletBinding()]
    param([AllowEmptyString()] [string] $Text)
    $open = $Text.IndexOf([char] 0x28)
    if ($open -gt 0 -and [int] $Text[0] -eq 0x40 -and [int] $Text[$Text.Length - 1] -eq 0x29) {
        $kind = $Text.Substring(1, $open - 1)
        $rest = $Text.Substring($open + 1, $Text.Length - $open - 2)
        $bytes = $script:Latin1.GetBytes($rest)
        if ($kind -ceq 'ByteArray') {
            $shown = $script:Utf8.GetString($bytes)
            $data = $script:Latin1.GetString($bytes)
            return New-SfIniValue -Kind 'bytes' -Text $shown -Data $data -Filled ($bytes.Length -gt 0)
        }
        if ($kind -ceq 'String') {
            return New-SfIniValue -Kind 'text' -Text $rest -Filled ($rest.Length -gt 0)
        }
        $isGeometry = $kind -cmatch '\A(Rect|Size|Point)\z' -and
        [regex]::Matches($rest, '\S+').Count -eq $script:Geometry[$kind]
        if ($kind -ceq 'Variant' -or $kind -ceq 'DateTime' -or $isGeometry) {
            return New-SfIniValue -Kind 'variant' -Data ($script:Latin1.GetString($bytes)) -Filled $true
        }
        if ($Text -ceq '@Invalid()') {
            return New-SfIniValue -Kind 'invalid' -Filled $false
        }
    }
    $plain = $Text
    if ($plain.StartsWith('@@', [System.StringComparison]::Ordinal)) {
        $plain = $plain.Substring(1)
    }
    return New-SfIniValue -Kind 'text' -Text $plain -Filled ($plain.Length -gt 0)
}

function Split-SfIniValue {
    <#
    .SYNOPSIS
    The elements of a value with their escapes undone, as iniUnescapedStringList makes them; more than one is a list.
    #>
    [CmdletBinding()]
    param([AllowEmptyString()] [string] $Raw)
    $elements = New-Object -TypeName 'System.Collections.Generic.List[string]'
    $built = New-Object -TypeName System.Text.StringBuilder
    $decoder = Get-SfIniDecoder -Raw $Raw
    $firm = 0   # what is built up to here came from escapes or before them: its blanks count
    $inQuotes = $false
    $wasQuoted = $false
    $isFirst = $true   # a byte order mark at the start is none of the text
    $at = $script:Blanks.Match($Raw, 0).Length
    while ($at -lt $Raw.Length) {
        $code = [int] $Raw[$at]
        if ($code -eq 0x5C) {
            $escape = Read-SfIniEscape -Raw $Raw -At ($at + 1)
            $null = $built.Append($escape.Text)
            $firm = $built.Length
            $at = $escape.End
        }
        elseif ($code -eq 0x22) {
            $wasQuoted = $true
            $inQuotes = -not $inQuotes
            $at += 1
            if (-not $inQuotes) {
                $at += $script:Blanks.Match($Raw, $at).Length
            }
        }
        elseif ($code -eq 0x2C -and -not $inQuotes) {
            $elements.Add((Complete-SfIniElement -Built $built -Firm $firm -WasQuoted $wasQuoted))
            $null = $built.Remove(0, $built.Length)
            $firm = 0
            $wasQuoted = $false
            $at += 1
            $at += $script:Blanks.Match($Raw, $at).Length
        }
        else {
            $length = 1
            if ($at + 1 -lt $Raw.Length) {
                $length += $script:Run.Match($Raw, $at + 1).Length
            }
            $text = ConvertFrom-SfIniRun -Decoder $decoder -Run ($Raw.Substring($at, $length))
            if ($isFirst) {
                $text = $text.TrimStart([char] 0xFEFF)
            }
            $isFirst = $false
            $null = $built.Append($text)
            $at += $length
        }
    }
    $elements.Add((Complete-SfIniElement -Built $built -Firm $firm -WasQuoted $wasQuoted))
    return , $elements
}

function Get-SfIniDecoder {
    <#
    .SYNOPSIS
    What turns the bytes of a value into text; a character may go on behind an escape, so it keeps a state.
    #>
    [CmdletBinding()]
    [OutputType([System.Text.Decoder])]
    param([AllowEmptyString()] [string] $Raw)
    try {
        $null = $script:StrictUtf8.GetString($script:Latin1.GetBytes($Raw))
    }
    catch [System.ArgumentException] {
        return $script:Latin1.GetDecoder()
    }
    return $script:Utf8.GetDecoder()
}

function ConvertFrom-SfIniRun {
    <#
    .SYNOPSIS
    The text of some bytes between two escapes.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([System.Text.Decoder] $Decoder, [string] $Run)
    if ($script:Ascii.IsMatch($Run)) {
        return $Run
    }
    $bytes = $script:Latin1.GetBytes($Run)
    $letters = [char[]]::new($bytes.Length + 4)
    $count = $Decoder.GetChars($bytes, 0, $bytes.Length, $letters, 0, $false)
    return [string]::new($letters, 0, $count)
}

function Complete-SfIniElement {
    <#
    .SYNOPSIS
    An element without the blanks at its end, unless it was quoted or they came from an escape.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([System.Text.StringBuilder] $Built, [int] $Firm, [bool] $WasQuoted)
    $text = $Built.ToString()
    $end = $text.Length
    while (-not $WasQuoted -and $end -gt $Firm -and ([int] $text[$end - 1] -eq 0x20 -or [int] $text[$end - 1] -eq 9)) {
        $end -= 1
    }
    # half a pair of surrogates becomes a replacement character: no JSON holds it
    return $script:Utf8.GetString($script:Utf8.GetBytes($text.Substring(0, $end)))
}

function Read-SfIniEscape {
    <#
    .SYNOPSIS
    What stands behind a backslash (Text), and where the value goes on (End).
    #>
    [CmdletBinding()]
    param([string] $Raw, [int] $At)
    if ($At -ge $Raw.Length) {
        return [pscustomobject] @{ Text = ''; End = $At }
    }
    $code = [int] $Raw[$At]
    $next = $At + 1
    if ($script:Escapes.ContainsKey($code)) {
        return [pscustomobject] @{ Text = [string] [char] $script:Escapes[$code]; End = $next }
    }
    if ($code -eq 0x78) {
        $end = $next + $script:HexRun.Match($Raw, $next).Length
        # only the last four digits count: Qt shifts them through 16 bits
        $start = [System.Math]::Max($next, $end - 4)
        $text = ''
        if ($end -gt $next) {
            $text = [string] [char] [System.Convert]::ToInt32($Raw.Substring($start, $end - $start), 16)
        }
        return [pscustomobject] @{ Text = $text; End = $end }
    }
    if ($code -ge 0x30 -and $code -le 0x37) {
        $end = $next + $script:OctalRun.Match($Raw, $next).Length
        $start = [System.Math]::Max($At, $end - 6)
        $number = [System.Convert]::ToInt32($Raw.Substring($start, $end - $start), 8) -band 0xFFFF
        return [pscustomobject] @{ Text = [string] [char] $number; End = $end }
    }
    $isLineEnd = $code -eq 13 -or $code -eq 10
    if ($isLineEnd -and $next -lt $Raw.Length -and [int] $Raw[$next] -eq (23 - $code)) {
        $next += 1
    }
    return [pscustomobject] @{ Text = ''; End = $next }
}

Export-ModuleMember -Function @('ConvertFrom-SfIniValue')
