# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Walk
#AnsibleRequires -PowerShell .Manifest
#AnsibleRequires -PowerShell .Names

# Two manifests of one folder against each other, read side by side without holding either.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Blank = [char[]] ' '

function Compare-SfManifest {
    <#
    .SYNOPSIS
    What became of the files, links and placeholders of a manifest: a table with the counts same, changed, new, gone,
    hidden (their place cannot be read now), conflicts (new ones with the name of a conflict), and examples, a list of
    tables with path and kind. Throws manifest-damaged.

    .PARAMETER Before
    The disk path of the earlier manifest.

    .PARAMETER Now
    The disk path of the later one.

    .PARAMETER Examples
    How many examples of each kind are named.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [string] $Before,
        [Parameter(Mandatory = $true)] [string] $Now,
        [int] $Examples = 5
    )
    $tally = @{
        same = 0; changed = 0; new = 0; gone = 0; hidden = 0; conflicts = 0
        examples = New-Object -TypeName 'System.Collections.Generic.List[object]'
    }
    $old = @{ Reader = Open-SfManifest -Path $Before; Line = ''; Key = '' }
    $fresh = @{ Reader = Open-SfManifest -Path $Now; Line = ''; Key = '' }
    $shut = $null
    try {
        Step-SfManifest -Place $old
        Step-SfManifest -Place $fresh
        while ($true) {
            Skip-SfSame -Old $old -Fresh $fresh -Tally $tally
            if ($null -eq $old.Key -and $null -eq $fresh.Key) {
                return $tally
            }
            $order = Compare-SfKey -One $old.Key -Other $fresh.Key
            if ($order -lt 0) {
                $hidden = $null -ne $shut -and $old.Key.StartsWith($shut, [System.StringComparison]::Ordinal)
                $kind = if ($hidden) { 'hidden' } else { 'gone' }
                Add-SfDifference -Tally $tally -Kind $kind -Place $old -Examples $Examples
                Step-SfManifest -Place $old
                continue
            }
            if ($fresh.Letter -ceq 'x') {
                $shut = $fresh.Key
            }
            if ($order -gt 0) {
                Add-SfDifference -Tally $tally -Kind 'new' -Place $fresh -Examples $Examples
                Step-SfManifest -Place $fresh
                continue
            }
            $kind = Get-SfDifference -Old $old -Fresh $fresh
            Add-SfDifference -Tally $tally -Kind $kind -Place $old -Examples $Examples
            Step-SfManifest -Place $old
            Step-SfManifest -Place $fresh
        }
    }
    finally {
        $old.Reader.Dispose()
        $fresh.Reader.Dispose()
    }
}

function Skip-SfSame {
    <#
    .SYNOPSIS
    Go on as long as both manifests have the same lines, which most are: no call for each of them. The mark of a file
    that is still to be uploaded makes no difference.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Old,
        [Parameter(Mandatory = $true)] [hashtable] $Fresh,
        [Parameter(Mandatory = $true)] [hashtable] $Tally
    )
    $one = $Old.Line
    $other = $Fresh.Line
    $from = $Old.Reader
    $with = $Fresh.Reader
    $all = [int]::MaxValue
    $same = 0
    while ($null -ne $one -and $null -ne $other -and $one -cnotlike 'end *' -and
        [string]::CompareOrdinal($one, 1, $other, 1, $all) -eq 0) {
        # either case: -eq takes both for the same
        $letter = $one.Substring(0, 1)
        if ($letter -ne $other.Substring(0, 1)) {
            break
        }
        if ($letter -eq 'f' -or $letter -eq 'l' -or $letter -eq 'p') {
            $same++
        }
        $one = $from.ReadLine()
        $other = $with.ReadLine()
    }
    $Tally.same += $same
    Set-SfPlace -Place $Old -Line $one
    Set-SfPlace -Place $Fresh -Line $other
}

function Step-SfManifest {
    <#
    .SYNOPSIS
    Go on to the next line of a manifest; the key is $null at its end.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [hashtable] $Place)
    Set-SfPlace -Place $Place -Line ($Place.Reader.ReadLine())
}

function Set-SfPlace {
    <#
    .SYNOPSIS
    Take a line of a manifest apart; the last line is the end. Throws manifest-damaged where it is missing.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Place,
        [AllowNull()] [object] $Line
    )
    if ($null -eq $Line) {
        throw (New-SfError -Code 'manifest-damaged' -Message 'a manifest of this folder is cut off')
    }
    $Place.Line = $Line
    if ($Line.StartsWith('end ', [System.StringComparison]::Ordinal)) {
        $Place.Key = $null
        return
    }
    $letter, $size, $time, $digest, $name = $Line.Split($script:Blank, 5)
    $Place.Letter = $letter.ToLowerInvariant()
    $Place.Stamp = "$size $time"
    $Place.Digest = $digest
    $Place.Name = $name
    $Place.Key = $name
    if ($Place.Letter -ceq 'd' -or $Place.Letter -ceq 'x') {
        $Place.Key = $name + '/'
    }
}

function Compare-SfKey {
    <#
    .SYNOPSIS
    Which of two keys comes first; $null, the end, comes last.
    #>
    [CmdletBinding()]
    [OutputType([int])]
    param([AllowNull()] [object] $One, [AllowNull()] [object] $Other)
    if ($null -eq $One) {
        return 1
    }
    if ($null -eq $Other) {
        return -1
    }
    return [string]::CompareOrdinal([string] $One, [string] $Other)
}

function Get-SfDifference {
    <#
    .SYNOPSIS
    What became of a name that both manifests have: same, changed, or hidden where it cannot be looked at now.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Old,
        [Parameter(Mandatory = $true)] [hashtable] $Fresh
    )
    if ($Fresh.Letter -ceq 'u') {
        return 'hidden'
    }
    if ($Old.Letter -cne $Fresh.Letter -or $Old.Stamp -cne $Fresh.Stamp) {
        return 'changed'
    }
    if ($Old.Digest -cne '-' -and $Fresh.Digest -cne '-' -and $Old.Digest -cne $Fresh.Digest) {
        return 'changed'
    }
    return 'same'
}

function Add-SfDifference {
    <#
    .SYNOPSIS
    Count a name, unless it is a directory or one that nobody could look at, and keep an example.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Tally,
        [Parameter(Mandatory = $true)] [string] $Kind,
        [Parameter(Mandatory = $true)] [hashtable] $Place,
        [Parameter(Mandatory = $true)] [int] $Examples
    )
    if (-not (@('f', 'l', 'p') -ccontains $Place.Letter)) {
        return
    }
    $leaf = $Place.Name.Substring($Place.Name.LastIndexOf([char] '/') + 1)
    if ($Kind -ceq 'new' -and (Test-SfConflictName -Name $leaf)) {
        $Kind = 'conflicts'
    }
    $Tally[$Kind]++
    if ($Kind -cne 'same' -and $Tally[$Kind] -le $Examples) {
        $Tally.examples.Add(@{ path = ConvertFrom-SfByteName -Name $Place.Name; kind = $Kind })
    }
}

Export-ModuleMember -Function @('Compare-SfManifest')
