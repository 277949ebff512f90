# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Replace nextcloud.cfg in one step. The temporary file lies in the same folder and does not end in .cfg: the client
# renames a foreign *.cfg over its own. The twin of configwrite.py.
#AnsibleRequires -CSharpUtil .Native
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .PlainFile
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .StateWrite
#AnsibleRequires -PowerShell .WindowsAcl

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:SizeLimit = 2097152
$script:Temporary = '.smartfleet-tmp'

function Read-SfConfigFile {
    <#
    .SYNOPSIS
    The file as it lies there: bytes and sha256. Refused with config-missing, config-not-a-file, config-too-large,
    path-reparse.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)][string]$Path)
    $name = [System.IO.Path]::GetFileName($Path)
    try {
        $stream = Open-SfPlainFile -Path $Path -Share ([System.IO.FileShare]'ReadWrite, Delete')
    }
    catch {
        if ((Get-SfErrorFact -ErrorRecord $_).code -eq 'not-a-file') {
            throw (New-SfRefusal -Code 'config-not-a-file' -Message "$name is no ordinary file")
        }
        throw
    }
    if ($null -eq $stream) {
        throw (New-SfRefusal -Code 'config-missing' -Message "$name is gone")
    }
    try {
        if ($stream.Length -gt $script:SizeLimit) {
            throw (New-SfRefusal -Code 'config-too-large' -Message "$name is larger than $($script:SizeLimit) bytes")
        }
        $bytes = Read-SfWhole -Stream $stream
    }
    finally {
        $stream.Dispose()
    }
    return @{ bytes = $bytes; sha256 = (Get-SfSha256 -Bytes $bytes) }
}

function Read-SfWhole {
    <#
    .SYNOPSIS
    The bytes of an open small file.
    #>
    [CmdletBinding()]
    [OutputType([byte[]])]
    param([Parameter(Mandatory = $true)][System.IO.FileStream]$Stream)
    $held = [System.IO.MemoryStream]::new()
    try {
        $Stream.CopyTo($held)
        return , $held.ToArray()
    }
    finally {
        $held.Dispose()
    }
}

function Assert-SfWritable {
    <#
    .SYNOPSIS
    Refuse a file that could not be replaced: it is marked read-only, or nothing can be made in its folder. Nothing is
    written to find out. Code no-permission.
    .DESCRIPTION
    The administrator writes here, and not the user, so it is the administrator's rights that count. A folder that is
    marked read-only takes files all the same; a file so marked cannot be replaced by anybody.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Path)
    $entry = Get-SfEntry -Path $Path
    if ($null -ne $entry -and ($entry.Attributes -band 0x1) -ne 0) {
        throw (New-SfRefusal -Code 'no-permission' -Message "$Path is marked read-only" -Do '')
    }
    if (-not (Test-SfWindows)) {
        return
    }
    $folder = Get-SfParent -Path $Path
    $long = Get-SfLongPath -Path $folder
    if (-not [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Disk]::MayAddFile($long)) {
        throw (New-SfRefusal -Code 'no-permission' -Message "nothing can be written to $folder" -Do '')
    }
}

function Set-SfConfig {
    <#
    .SYNOPSIS
    Put bytes in the place of the file, if that still is the expected one; the new sha256. Rights and owner stay.
    .DESCRIPTION
    Refused with config-changed and what Read-SfConfigFile says; what the system says (out-of-space, no-permission,
    file-in-use) passes through. Nothing is changed then and nothing is left behind.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][string]$Expected,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Bytes
    )
    $pin = Lock-SfFolder -Path (Get-SfParent -Path $Path)
    $target = Get-SfLongPath -Path $Path
    $temporary = $target + $script:Temporary
    try {
        # of an earlier try that was killed; a link is removed itself, and not what it leads to
        [System.IO.File]::Delete($temporary)
        Assert-SfExpected -Path $Path -Digest $Expected
        Write-SfFresh -Path $temporary -Bytes $Bytes
        Copy-SfOwner -From $target -To $temporary
        Assert-SfExpected -Path $Path -Digest $Expected
        Move-SfOver -Source $temporary -Target $target
    }
    catch {
        Undo-SfReplace -Temporary $temporary -Target $target
        throw
    }
    finally {
        $pin.Dispose()
    }
    return Get-SfSha256 -Bytes $Bytes
}

function Write-SfFresh {
    <#
    .SYNOPSIS
    Write a file that is not there yet, and wait until the disk has it.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Bytes
    )
    $stream = [System.IO.FileStream]::new(
        $Path, [System.IO.FileMode]::CreateNew, [System.IO.FileAccess]::Write, [System.IO.FileShare]::None)
    try {
        $stream.Write($Bytes, 0, $Bytes.Length)
        $stream.Flush($true)
    }
    finally {
        $stream.Dispose()
    }
}

function Undo-SfReplace {
    <#
    .SYNOPSIS
    Leave nothing of a replacement that failed. Windows may have taken the old file away before it failed: then the new
    one is all there is.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Temporary,
        [Parameter(Mandatory = $true)][string]$Target
    )
    if (-not [System.IO.File]::Exists($Temporary)) {
        return
    }
    if ([System.IO.File]::Exists($Target)) {
        [System.IO.File]::Delete($Temporary)
    }
    else {
        [System.IO.File]::Move($Temporary, $Target)
    }
}

function Assert-SfExpected {
    <#
    .SYNOPSIS
    Refuse a file that is not the expected one any more.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][string]$Digest
    )
    if ((Read-SfConfigFile -Path $Path).sha256 -cne $Digest) {
        $message = "$([System.IO.Path]::GetFileName($Path)) is not what it was"
        throw (New-SfRefusal -Code 'config-changed' -Message $message)
    }
}

function Remove-SfLeftover {
    <#
    .SYNOPSIS
    Remove the temporary file of a replacement that was killed.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Path)
    $pin = Lock-SfFolder -Path (Get-SfParent -Path $Path)
    try {
        [System.IO.File]::Delete((Get-SfLongPath -Path $Path) + $script:Temporary)
    }
    finally {
        $pin.Dispose()
    }
}

function Remove-SfCookie {
    <#
    .SYNOPSIS
    Remove cookie jars beside the configuration; the names of those that were there.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Names
    )
    $folder = Get-SfParent -Path $Path
    $removed = [System.Collections.Generic.List[string]]::new()
    $pin = Lock-SfFolder -Path $folder
    try {
        foreach ($name in $Names) {
            $jar = Get-SfLongPath -Path ([System.IO.Path]::Combine($folder, $name))
            if ([System.IO.File]::Exists($jar)) {
                [System.IO.File]::Delete($jar)
                $removed.Add($name)
            }
        }
    }
    finally {
        $pin.Dispose()
    }
    return , $removed.ToArray()
}

Export-ModuleMember -Function @(
    'Read-SfConfigFile', 'Assert-SfWritable', 'Set-SfConfig', 'Remove-SfLeftover', 'Remove-SfCookie'
)
