# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Journal

# What the controller compares a folder by, as text that fits into an answer: gzip in base64, bounded in all.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:ListLimit = 262144
$script:Block = 1048576

function Add-SfBrought {
    <#
    .SYNOPSIS
    Add lists, journal and exclude lists to what is told of a folder, or why they are too much.

    .PARAMETER Budget
    A table with left, the bytes that may still be brought; it shrinks.

    .PARAMETER Listing
    The gzipped manifest of now.

    .PARAMETER Before
    The disk path of the manifest from before, '' for none.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Told,
        [Parameter(Mandatory = $true)] [string] $Folder,
        [Parameter(Mandatory = $true)] [string] $Root,
        [Parameter(Mandatory = $true)] [string] $Spool,
        [Parameter(Mandatory = $true)] [hashtable] $Budget,
        [Parameter(Mandatory = $true)] [System.IO.MemoryStream] $Listing,
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Before,
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Journal
    )
    $allowed = $Budget.left
    try {
        Use-SfBudget -Budget $Budget -Bytes $Listing.Length
        $Told.listing = [System.Convert]::ToBase64String($Listing.ToArray())
        if ($Before -cne '') {
            $size = (Get-SfEntry -Path $Before).Size
            Use-SfBudget -Budget $Budget -Bytes $size
            $bytes = Read-SfFile -Path $Before -Limit ([int] $size)
            $Told.before_listing = [System.Convert]::ToBase64String($bytes)
        }
        $Told.journal = Get-SfBroughtJournal -Folder $Folder -Name $Journal -Spool $Spool -Budget $Budget
        $Told.excludes = Get-SfExclude -ConfigPath $Told.config_path -Root $Root
    }
    catch {
        $fact = Get-SfErrorFact -ErrorRecord $_
        if (-not (@('bring-bytes', 'path-too-large') -ccontains $fact.code)) {
            throw
        }
        $Told.bring_refused = "its lists and its journal are more than the $allowed bytes that may be brought"
        $Told.listing = ''
        $Told.before_listing = ''
        $Told.journal = $null
    }
}

function Use-SfBudget {
    <#
    .SYNOPSIS
    Take bytes from what may be brought. Throws bring-bytes.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $Budget,
        [Parameter(Mandatory = $true)] [long] $Bytes
    )
    if ($Bytes -gt $Budget.left) {
        throw (New-SfError -Code 'bring-bytes' -Message "$Bytes bytes are more than may be brought")
    }
    $Budget.left -= $Bytes
}

function Get-SfBroughtJournal {
    <#
    .SYNOPSIS
    The journal of a folder: name, state, detail, and database and log as they were at one moment.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)] [string] $Folder,
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $Name,
        [Parameter(Mandatory = $true)] [string] $Spool,
        [Parameter(Mandatory = $true)] [hashtable] $Budget
    )
    $told = [ordered]@{ name = $Name; state = 'ok'; detail = ''; db = ''; wal = '' }
    $place = [System.IO.Path]::Combine($Spool, 'smartfleet-' + [System.Guid]::NewGuid().ToString('N'))
    try {
        $path = Get-SfJournalPath -Folder $Folder -Name $Name
        if ($null -eq (Get-SfEntry -Path $path)) {
            $told.state = 'absent'
            return $told
        }
        $null = [System.IO.Directory]::CreateDirectory($place)
        $copy = [System.IO.Path]::Combine($place, 'journal.db')
        Copy-SfJournal -Path $path -Copy $copy
        $told.db = ConvertTo-SfZippedText -Path $copy -Budget $Budget
        if ([System.IO.File]::Exists($copy + '-wal')) {
            $told.wal = ConvertTo-SfZippedText -Path ($copy + '-wal') -Budget $Budget
        }
    }
    catch {
        $fact = Get-SfErrorFact -ErrorRecord $_
        if ($fact.code -ceq 'bring-bytes') {
            throw
        }
        $told.state = 'unreadable'
        $told.detail = $fact.message
        $told.db = ''
    }
    finally {
        Remove-SfJournalCopy -Place $place
    }
    return $told
}

function ConvertTo-SfZippedText {
    <#
    .SYNOPSIS
    A file of our own as gzip in base64. Throws bring-bytes as soon as it is too much.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [hashtable] $Budget
    )
    $made = [System.IO.MemoryStream]::new()
    $source = [System.IO.FileStream]::new($Path, [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read)
    try {
        $zip = [System.IO.Compression.GZipStream]::new($made, [System.IO.Compression.CompressionMode]::Compress, $true)
        try {
            $block = [byte[]]::new($script:Block)
            $read = $source.Read($block, 0, $block.Length)
            while ($read -gt 0) {
                $zip.Write($block, 0, $read)
                if ($made.Length -gt $Budget.left) {
                    throw (New-SfError -Code 'bring-bytes' -Message 'the journal is more than may be brought')
                }
                $read = $source.Read($block, 0, $block.Length)
            }
        }
        finally {
            $zip.Dispose()
        }
        Use-SfBudget -Budget $Budget -Bytes $made.Length
        return [System.Convert]::ToBase64String($made.ToArray())
    }
    finally {
        $source.Dispose()
        $made.Dispose()
    }
}

function Get-SfExclude {
    <#
    .SYNOPSIS
    The lists of names that the client leaves alone, one after the other, in base64: the program's and the user's own.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [string] $ConfigPath,
        [Parameter(Mandatory = $true)] [string] $Root
    )
    $made = [System.IO.MemoryStream]::new()
    $own = $ConfigPath.Substring(0, $ConfigPath.LastIndexOf([char] 0x5C)) + '\sync-exclude.lst'
    $programs = 'C:\Program Files\Nextcloud\sync-exclude.lst', 'C:\Program Files (x86)\Nextcloud\sync-exclude.lst'
    foreach ($path in ($programs + $own)) {
        try {
            $disk = Get-SfDiskPath -Path $path -Root $Root
            Assert-SfPlainPath -Path $disk -Below $Root
            $entry = Get-SfEntry -Path $disk
            if ($null -ne $entry -and $entry.Kind -ceq 'file' -and
                -not (Test-SfPlaceholder -Attributes $entry.Attributes)) {
                $bytes = Read-SfFile -Path $disk -Limit $script:ListLimit
                $made.Write($bytes, 0, $bytes.Length)
                $made.WriteByte(10)
            }
        }
        catch {
            # one that cannot be read counts as missing
            continue
        }
    }
    return [System.Convert]::ToBase64String($made.ToArray())
}

Export-ModuleMember -Function @('Add-SfBrought')
