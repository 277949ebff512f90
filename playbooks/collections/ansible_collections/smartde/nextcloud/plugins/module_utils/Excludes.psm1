# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Which names the client leaves alone: its exclude lists, and hidden files where the folder says so. The twin of
# excludes.py, which tells how a list is read. On Windows the client takes upper and lower case for the same.
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:SizeLimit = 262144
# a list is written by its user, and a chain of stars takes its time to match
$script:MaxPatterns = 500
$script:MaxStars = 8
$script:Tokens = [regex] '(?s)\[!?[^\]/]+\]|.'
$script:Options = [System.Text.RegularExpressions.RegexOptions] 'Singleline, CultureInvariant, IgnoreCase'
$script:Patience = [System.TimeSpan]::FromSeconds(2)

function Read-SfExclude {
    <#
    .SYNOPSIS
    The lists that there are as rules: names and paths (expressions, or nothing) and hidden. A list that cannot be read
    counts as missing.

    .PARAMETER Deletable
    Only those patterns whose files the client deletes with their folder: caches that nobody made.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [AllowEmptyCollection()] [string[]] $Paths,
        [switch] $Deletable,
        [bool] $Hidden = $false
    )
    $names = [System.Collections.Generic.List[string]]::new()
    $whole = [System.Collections.Generic.List[string]]::new()
    $count = 0
    foreach ($line in (Get-SfExcludeLine -Paths $Paths)) {
        $pattern = $line.Trim()
        $isCache = $pattern.StartsWith(']', [System.StringComparison]::Ordinal)
        $count++
        $stars = $pattern.Length - $pattern.Replace('*', '').Length
        if ($pattern.Length -eq 0 -or $pattern[0] -eq [char] '#' -or ($Deletable -and -not $isCache)) {
            continue
        }
        if ($stars -gt $script:MaxStars -or $count -gt $script:MaxPatterns) {
            continue
        }
        if ($isCache -or $pattern[0] -eq [char] '\') {
            $pattern = $pattern.Substring(1)
        }
        $pattern = $pattern.TrimEnd([char] '/')
        $expression = ConvertTo-SfExpression -Pattern ($pattern.Trim([char] '/'))
        if ($pattern.IndexOf([char] '/') -ge 0) {
            $whole.Add($expression)
        }
        else {
            $names.Add($expression)
        }
    }
    $rules = @{ hidden = $Hidden }
    $rules.names = New-SfAny -Expressions ($names.ToArray())
    $rules.paths = New-SfAny -Expressions ($whole.ToArray())
    return $rules
}

function Get-SfExcludeLine {
    <#
    .SYNOPSIS
    The lines of all lists.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([Parameter(Mandatory = $true)] [AllowEmptyCollection()] [string[]] $Paths)
    $lines = [System.Collections.Generic.List[string]]::new()
    foreach ($path in $Paths) {
        try {
            $entry = Get-SfEntry -Path $path
            if ($null -eq $entry -or $entry.Kind -ne 'file' -or (Test-SfPlaceholder -Attributes $entry.Attributes)) {
                continue
            }
            $text = [System.Text.Encoding]::UTF8.GetString((Read-SfFile -Path $path -Limit $script:SizeLimit))
        }
        catch {
            Write-Debug -Message "$path is left out: $(Get-SfErrorText -ErrorRecord $_)"
            continue
        }
        $lines.AddRange($text.Split([char[]] "`r`n"))
    }
    return , $lines.ToArray()
}

function ConvertTo-SfExpression {
    <#
    .SYNOPSIS
    A wildcard pattern as an expression in which no wildcard goes beyond one part of the path.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Pattern)
    $found = [System.Text.StringBuilder]::new()
    foreach ($match in $script:Tokens.Matches($Pattern)) {
        $token = $match.Value
        if ($token -ceq '*') {
            $part = '[^/]*'
        }
        elseif ($token -ceq '?') {
            $part = '[^/]'
        }
        elseif ($token.Length -gt 2 -and $token[0] -eq [char] '[') {
            $inside = $token.Substring(1, $token.Length - 2).Replace('\', '\\').Replace('[', '\[')
            if ($inside[0] -eq [char] '!') {
                $inside = '^' + $inside.Substring(1)
            }
            $part = '[' + $inside + ']'
        }
        else {
            $part = [regex]::Escape($token)
        }
        $null = $found.Append($part)
    }
    return $found.ToString()
}

function New-SfAny {
    <#
    .SYNOPSIS
    One expression for all; nothing where there is none, or where a class in one is no class.
    #>
    [CmdletBinding()]
    [OutputType([regex])]
    param([Parameter(Mandatory = $true)] [AllowEmptyCollection()] [string[]] $Expressions)
    if ($Expressions.Length -eq 0) {
        return $null
    }
    $text = '\A(?:' + [string]::Join('|', $Expressions) + ')\z'
    try {
        return [System.Text.RegularExpressions.Regex]::new($text, $script:Options, $script:Patience)
    }
    catch [System.ArgumentException] {
        return $null
    }
}

function Test-SfUnsynced {
    <#
    .SYNOPSIS
    Whether the client leaves a path alone, by rules that Read-SfExclude gave. Path is text with slashes. An expression
    that does not come to its end matches nothing.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Rules,
        [Parameter(Mandatory = $true)] [string] $Path
    )
    $until = ''
    try {
        foreach ($part in $Path.TrimEnd([char] '/').Split([char] '/')) {
            $until += $part
            if ($Rules.hidden -and $part.StartsWith('.', [System.StringComparison]::Ordinal)) {
                return $true
            }
            if ($null -ne $Rules.names -and $Rules.names.IsMatch($part)) {
                return $true
            }
            if ($null -ne $Rules.paths -and $Rules.paths.IsMatch($until)) {
                return $true
            }
            $until += '/'
        }
    }
    catch [System.Text.RegularExpressions.RegexMatchTimeoutException] {
        return $false
    }
    return $false
}

Export-ModuleMember -Function @('Read-SfExclude', 'Test-SfUnsynced')
