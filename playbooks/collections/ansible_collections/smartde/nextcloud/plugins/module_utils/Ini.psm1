# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .IniScan

# A nextcloud.cfg byte for byte, read as QSettings reads an INI file and changed one value at a time: the twin of
# qsettings.py, whose docstrings tell what Qt does with odd input.
#
# The bytes are looked at as Latin-1 text, in which every byte is one character, so a place in the text is a place in
# the file. An ini is an object with Data (the bytes), Text, Sections, Entries, Problems, Index (path to the entry that
# counts; it tells upper from lower case) and Paths (in the order of the file). It is never changed.
#
# Where text is compared here it is by [string]::Equals: for -eq and -ceq some characters do not count.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Latin1 = [System.Text.Encoding]::GetEncoding(28591)
$script:Utf8 = New-Object -TypeName System.Text.UTF8Encoding -ArgumentList @($false)
$script:Bom = $script:Latin1.GetString([byte[]] @(0xEF, 0xBB, 0xBF))
$script:ToLineEnd = [regex] '\G[^\n\r]*'
$script:LineEnd = [regex] '\r\n|\n|\r'
# PowerShell takes its time: a file beyond these was not written by a client, and is not read to its end
$script:MaxLines = 20000
$script:MaxProblems = 100

function Read-SfIni {
    <#
    .SYNOPSIS
    The file, whatever its bytes are; what is wrong with it stands in Problems (Line, Message).
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [AllowEmptyCollection()] [byte[]] $Bytes)
    $text = $script:Latin1.GetString($Bytes)
    $sections = New-Object -TypeName 'System.Collections.Generic.List[object]'
    $entries = New-Object -TypeName 'System.Collections.Generic.List[object]'
    $wrong = New-Object -TypeName 'System.Collections.Generic.List[object]'
    $sections.Add([pscustomobject] @{ Prefix = ''; Body = 0 })
    $position = 0
    if ($text.StartsWith($script:Bom, [System.StringComparison]::Ordinal)) {
        $position = 3
    }
    $line = Find-SfIniLine -Text $text -Position $position
    while ($null -ne $line -and $wrong.Count -lt $script:MaxProblems) {
        if ($sections.Count + $entries.Count -gt $script:MaxLines) {
            $wrong.Add([pscustomobject] @{ Place = $line.Start; Message = 'more lines than a client writes' })
            break
        }
        if ($line.Unclosed) {
            $wrong.Add([pscustomobject] @{ Place = $line.Start; Message = 'a quotation is never closed' })
        }
        if ([int] $text[$line.Start] -eq 0x5B) {
            $close = $text.IndexOf([char] 0x5D, $line.Start, $line.End - $line.Start)
            $sections.Add((New-SfIniSection -Text $text -Line $line -Close $close))
            if ($close -lt 0) {
                $wrong.Add([pscustomobject] @{
                        Place = $line.Start; Message = 'a section name without its closing bracket'
                    })
            }
        }
        elseif ($line.Sign -lt 0) {
            $wrong.Add([pscustomobject] @{
                    Place = $line.Start; Message = 'neither a section, nor a comment, nor key=value'
                })
        }
        else {
            $number = $sections.Count - 1
            $entries.Add((New-SfIniEntry -Text $text -Line $line -Prefix $sections[$number].Prefix -Section $number))
        }
        $line = Find-SfIniLine -Text $text -Position $line.End
    }
    $problems = Get-SfIniProblem -Text $text -Wrong $wrong
    return New-SfIni -Bytes $Bytes -Text $text -Sections $sections -Entries $entries -Problems $problems
}

function Assert-SfIni {
    <#
    .SYNOPSIS
    Throw config-broken, naming the line, where Qt would read the file with a format error.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [psobject] $Ini)
    if ($Ini.Problems.Count -eq 0) {
        return
    }
    $first = $Ini.Problems[0]
    $more = ''
    if ($Ini.Problems.Count -gt 1) {
        $more = ' (and {0} more)' -f ($Ini.Problems.Count - 1)
    }
    throw (New-SfError -Code 'config-broken' -Message ('line {0}: {1}{2}' -f $first.Line, $first.Message, $more))
}

function Get-SfIniBytes {
    <#
    .SYNOPSIS
    The bytes of the file.
    #>
    [CmdletBinding()]
    [OutputType([byte[]])]
    param([Parameter(Mandatory = $true)] [psobject] $Ini)
    return , $Ini.Data
}

function Get-SfIniRaw {
    <#
    .SYNOPSIS
    The raw value that counts, as bytes, or $null; section and key as Qt spells them, for example Accounts, 0\url.
    #>
    [CmdletBinding()]
    [OutputType([byte[]])]
    param(
        [Parameter(Mandatory = $true)] [psobject] $Ini,
        [Parameter(Mandatory = $true)] [string] $Section,
        [Parameter(Mandatory = $true)] [string] $Key
    )
    $raw = Get-SfIniText -Ini $Ini -Path (Get-SfIniPath -Section $Section -Key $Key)
    if ($null -eq $raw) {
        return $null
    }
    return , $script:Latin1.GetBytes($raw)
}

function Get-SfIniText {
    <#
    .SYNOPSIS
    As Get-SfIniRaw by decoded path (Accounts/0/url), one character for each byte.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [psobject] $Ini,
        [Parameter(Mandatory = $true)] [string] $Path
    )
    if (-not $Ini.Index.ContainsKey($Path)) {
        return $null
    }
    $entry = $Ini.Index[$Path]
    return $Ini.Text.Substring($entry.Value, $entry.End - $entry.Value)
}

function Set-SfIniRaw {
    <#
    .SYNOPSIS
    A new ini in which this value is Raw and no other byte differs; $null takes the key out. The given ini stays.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [psobject] $Ini,
        [Parameter(Mandatory = $true)] [string] $Section,
        [Parameter(Mandatory = $true)] [string] $Key,
        [AllowNull()] [AllowEmptyCollection()] [byte[]] $Raw
    )
    $path = Get-SfIniPath -Section $Section -Key $Key
    if ($null -eq $Raw) {
        return Remove-SfIniPath -Ini $Ini -Path $path
    }
    $value = $script:Latin1.GetString($Raw)
    if (-not (Test-SfIniValue -Value $value)) {
        throw (New-SfError -Code 'config-value' -Message 'the raw value would not read back as it was given')
    }
    if (-not $Ini.Index.ContainsKey($path)) {
        return Add-SfIniLine -Ini $Ini -Section $Section -Path $path -Line ($Key + '=' + $value)
    }
    $entry = $Ini.Index[$path]
    return ConvertTo-SfIni -Text ($Ini.Text.Substring(0, $entry.Value) + $value + $Ini.Text.Substring($entry.End))
}

function Get-SfIniPath {
    <#
    .SYNOPSIS
    The decoded path of a section and key as Qt spells them.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [string] $Section,
        [Parameter(Mandatory = $true)] [string] $Key
    )
    $name = $script:Latin1.GetString($script:Utf8.GetBytes($Section))
    $raw = $script:Latin1.GetString($script:Utf8.GetBytes($Key))
    return (Get-SfIniPrefix -Name $name) + (ConvertFrom-SfIniKey -Raw $raw)
}

function New-SfIni {
    <#
    .SYNOPSIS
    The object; of equal paths the entry counts that Qt reads last: sections in the order of their names.
    #>
    [CmdletBinding()]
    param(
        [byte[]] $Bytes,
        [string] $Text,
        [System.Collections.IEnumerable] $Sections,
        [System.Collections.IEnumerable] $Entries,
        [System.Collections.IEnumerable] $Problems
    )
    $index = New-Object -TypeName 'System.Collections.Generic.Dictionary[string,object]' -ArgumentList (
        [System.StringComparer]::Ordinal
    )
    $paths = New-Object -TypeName 'System.Collections.Generic.List[string]'
    foreach ($entry in $Entries) {
        if (-not $index.ContainsKey($entry.Path)) {
            $paths.Add($entry.Path)
            $index[$entry.Path] = $entry
            continue
        }
        $other = $Sections[$index[$entry.Path].Section].Prefix
        if ([string]::CompareOrdinal($other, $Sections[$entry.Section].Prefix) -le 0) {
            $index[$entry.Path] = $entry
        }
    }
    return [pscustomobject] @{
        Data = $Bytes
        Text = $Text
        Sections = $Sections
        Entries = $Entries
        Problems = $Problems
        Index = $index
        Paths = $paths
    }
}

function ConvertTo-SfIni {
    <#
    .SYNOPSIS
    The ini of a text in which every character stands for a byte.
    #>
    [CmdletBinding()]
    param([string] $Text)
    return Read-SfIni -Bytes ($script:Latin1.GetBytes($Text))
}

function Get-SfIniProblem {
    <#
    .SYNOPSIS
    The problems with line numbers instead of places, counted once through the file.
    #>
    [CmdletBinding()]
    param([string] $Text, [System.Collections.IEnumerable] $Wrong)
    $found = New-Object -TypeName 'System.Collections.Generic.List[object]'
    $line = 1
    $counted = 0
    foreach ($one in $Wrong) {
        $line += $script:LineEnd.Matches($Text.Substring($counted, $one.Place - $counted)).Count
        $counted = $one.Place
        $found.Add([pscustomobject] @{ Line = $line; Message = $one.Message })
    }
    return , $found
}

function Test-SfIniValue {
    <#
    .SYNOPSIS
    Whether a raw value reads back as one value.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([AllowEmptyString()] [string] $Value)
    $probe = ConvertTo-SfIni -Text ("k=" + $Value + "`n")
    if ($probe.Entries.Count -ne 1 -or $probe.Problems.Count -ne 0) {
        return $false
    }
    $read = Get-SfIniText -Ini $probe -Path 'k'
    return $null -ne $read -and [string]::Equals($read, $Value)
}

function Remove-SfIniPath {
    <#
    .SYNOPSIS
    The ini without the lines of a path.
    #>
    [CmdletBinding()]
    param([psobject] $Ini, [string] $Path)
    $kept = New-Object -TypeName System.Text.StringBuilder
    $position = 0
    foreach ($entry in $Ini.Entries) {
        if (-not [string]::Equals($entry.Path, $Path)) {
            continue
        }
        $start = Get-SfIniLineStart -Text $Ini.Text -Entry $entry
        $null = $kept.Append($Ini.Text, $position, $start - $position)
        $position = Skip-SfIniLine -Text $Ini.Text -Position $entry.End
    }
    $null = $kept.Append($Ini.Text, $position, $Ini.Text.Length - $position)
    return ConvertTo-SfIni -Text ($kept.ToString())
}

function Add-SfIniLine {
    <#
    .SYNOPSIS
    The ini with a new line where Qt would sort it among its siblings, with the file's own line ending.
    #>
    [CmdletBinding()]
    param([psobject] $Ini, [string] $Section, [string] $Path, [string] $Line)
    $text = $Ini.Text
    $ending = Get-SfIniLineEnding -Text $text
    $prefix = Get-SfIniPrefix -Name $Section
    $place = Find-SfIniPlace -Ini $Ini -Prefix $prefix -Path $Path
    if ($place -lt 0) {
        $gap = ''
        if ($text.TrimEnd($script:Bom.ToCharArray()).Length -gt 0) {
            $gap = $ending
        }
        $added = $gap + '[' + $Section + ']' + $ending + $Line + $ending
        return ConvertTo-SfIni -Text ((Close-SfIniText -Text $text -Ending $ending) + $added)
    }
    if ($place -eq $text.Length -and $text.Length -gt 0 -and -not (Test-SfIniClosed -Text $text)) {
        return ConvertTo-SfIni -Text ($text + $ending + $Line)
    }
    return ConvertTo-SfIni -Text ($text.Substring(0, $place) + $Line + $ending + $text.Substring($place))
}

function Find-SfIniPlace {
    <#
    .SYNOPSIS
    Where a line for a path belongs; -1 if the file has no such section.
    #>
    [CmdletBinding()]
    [OutputType([int])]
    param([psobject] $Ini, [string] $Prefix, [string] $Path)
    $body = -1
    $numbers = New-Object -TypeName 'System.Collections.Generic.HashSet[int]'
    for ($number = 1; $number -lt $Ini.Sections.Count; $number++) {
        if ([string]::Equals($Ini.Sections[$number].Prefix, $Prefix)) {
            $null = $numbers.Add($number)
            $body = $Ini.Sections[$number].Body
        }
    }
    if ($numbers.Count -eq 0) {
        return -1
    }
    $parent = $Path.Substring(0, $Path.LastIndexOf([char] 0x2F) + 1)
    $own = New-Object -TypeName 'System.Collections.Generic.List[object]'
    $siblings = New-Object -TypeName 'System.Collections.Generic.List[object]'
    foreach ($entry in $Ini.Entries) {
        if ($numbers.Contains($entry.Section)) {
            $own.Add($entry)
            if ($parent.Length -gt 0 -and $entry.Path.StartsWith($parent, [System.StringComparison]::Ordinal)) {
                $siblings.Add($entry)
            }
        }
    }
    if ($siblings.Count -eq 0) {
        $siblings = $own
    }
    if ($siblings.Count -eq 0) {
        return Skip-SfIniLine -Text $Ini.Text -Position $body
    }
    $last = $siblings[$siblings.Count - 1]
    foreach ($entry in $siblings) {
        if ($entry.Section -eq $last.Section -and [string]::CompareOrdinal($entry.Path, $Path) -gt 0) {
            return Get-SfIniLineStart -Text $Ini.Text -Entry $entry
        }
    }
    return Skip-SfIniLine -Text $Ini.Text -Position $last.End
}

function Get-SfIniLineStart {
    <#
    .SYNOPSIS
    Where the line of an entry begins, blanks included.
    #>
    [CmdletBinding()]
    [OutputType([int])]
    param([string] $Text, [psobject] $Entry)
    $start = $Entry.Start
    while ($start -gt 0 -and ([int] $Text[$start - 1] -eq 0x20 -or [int] $Text[$start - 1] -eq 9)) {
        $start -= 1
    }
    return $start
}

function Skip-SfIniLine {
    <#
    .SYNOPSIS
    The place behind the line ending that follows; a comment behind a value belongs to the line.
    #>
    [CmdletBinding()]
    [OutputType([int])]
    param([string] $Text, [int] $Position)
    $end = $Position + $script:ToLineEnd.Match($Text, $Position).Length
    $ending = $script:LineEnd.Match($Text, $end)
    if ($ending.Success -and $ending.Index -eq $end) {
        return $end + $ending.Length
    }
    return $end
}

function Get-SfIniLineEnding {
    <#
    .SYNOPSIS
    The file's first line ending; a line feed where it has none.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([AllowEmptyString()] [string] $Text)
    $match = $script:LineEnd.Match($Text)
    if ($match.Success) {
        return $match.Value
    }
    return "`n"
}

function Test-SfIniClosed {
    <#
    .SYNOPSIS
    Whether the text ends with a line ending, as every file that Qt wrote does.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([AllowEmptyString()] [string] $Text)
    if ($Text.Length -eq 0) {
        return $false
    }
    $last = [int] $Text[$Text.Length - 1]
    return $last -eq 10 -or $last -eq 13
}

function Close-SfIniText {
    <#
    .SYNOPSIS
    The text with the line ending that its last line may lack.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([AllowEmptyString()] [string] $Text, [string] $Ending)
    if ($Text.Length -eq 0 -or (Test-SfIniClosed -Text $Text)) {
        return $Text
    }
    return $Text + $Ending
}

Export-ModuleMember -Function @(
    'Read-SfIni', 'Assert-SfIni', 'Get-SfIniBytes', 'Get-SfIniRaw', 'Get-SfIniText', 'Set-SfIniRaw', 'Remove-SfIniPath'
)
