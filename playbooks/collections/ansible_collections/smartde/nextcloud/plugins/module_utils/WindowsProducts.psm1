# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .WindowsRegistry

# Which desktop clients are installed: the MSI by its upgrade code and by the Uninstall keys, in both views of the
# registry, and what users have installed for themselves. Programs of the machine are looked at; a user's are not, for
# they may be anything.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:UpgradeCode = '{FD2FCCA9-BB8F-4485-8F70-A0621B84A7F4}'
$script:Upgrades = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UpgradeCodes\'
$script:Uninstall = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'
$script:Vendor = 'SOFTWARE\Nextcloud GmbH\Nextcloud'
$script:Values = @('DisplayName', 'DisplayVersion', 'Publisher', 'InstallLocation', 'DisplayIcon')
$script:Views = @([Microsoft.Win32.RegistryView]::Registry64, [Microsoft.Win32.RegistryView]::Registry32)
$script:Program = 'nextcloud.exe'
$script:ProductCode = [regex] '\A\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}\z'
$script:Version = [regex] '[0-9]+(?:\.[0-9]+){1,2}'

function Get-SfProduct {
    <#
    .SYNOPSIS
    The InstalledClient documents of a part of the registry: HKEY_LOCAL_MACHINE, or a user's key below HKEY_USERS.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [Microsoft.Win32.RegistryHive] $Hive,
        [AllowEmptyString()] [string] $Below = '',
        [Parameter(Mandatory = $true)] [ValidateSet('machine', 'user')] [string] $Scope
    )
    $found = New-Object -TypeName 'System.Collections.Generic.List[object]'
    $seen = New-Object -TypeName 'System.Collections.Generic.HashSet[string]' -ArgumentList (
        [System.StringComparer]::OrdinalIgnoreCase
    )
    $ours = @()
    if ($Scope -eq 'machine') {
        $ours = Get-SfRelatedProduct
    }
    foreach ($view in $script:Views) {
        foreach ($name in (Get-SfRegistryName -Hive $Hive -Path ($Below + $script:Uninstall) -View $view)) {
            $path = $Below + $script:Uninstall + '\' + $name
            $values = Get-SfRegistryText -Hive $Hive -Path $path -Names $script:Values -View $view
            $isOurs = [System.Array]::IndexOf([string[]] $ours, $name.ToUpperInvariant()) -ge 0
            if (($isOurs -or (Test-SfClientProduct -Values $values)) -and $seen.Add($name)) {
                $found.Add((ConvertTo-SfInstalledClient -Key $name -Values $values -View $view -Scope $Scope))
            }
        }
    }
    return , $found
}

function Get-SfMachineProduct {
    <#
    .SYNOPSIS
    The InstalledClient documents of the machine; in a folder that stands for a host, its program alone.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Root)
    if ($Root -ceq '/' -and (Test-SfWindows)) {
        return , (Get-SfProduct -Hive LocalMachine -Scope 'machine')
    }
    $found = New-Object -TypeName 'System.Collections.Generic.List[object]'
    $folder = 'C:\Program Files\Nextcloud'
    $disk = Get-SfDiskPath -Path ($folder + '\' + $script:Program) -Root $Root
    if ([System.IO.File]::Exists($disk)) {
        $made = [ordered]@{ kind = 'binary'; name = 'Nextcloud'; version = ''; path = $folder + '\' + $script:Program }
        $made['qt'] = Get-SfQtGeneration -Folder ([System.IO.Path]::GetDirectoryName($disk))
        $made['bits'] = Get-SfProgramBits -Path $disk
        $found.Add($made)
    }
    return , $found
}

function Get-SfRelatedProduct {
    <#
    .SYNOPSIS
    The product codes, in capitals, of what is installed under the client's upgrade code.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param()
    $codes = New-Object -TypeName 'System.Collections.Generic.List[string]'
    $packed = ConvertTo-SfPackedCode -Code $script:UpgradeCode
    $key = Open-SfRegistry -Hive LocalMachine -Path ($script:Upgrades + $packed)
    if ($null -ne $key) {
        try {
            foreach ($name in $key.GetValueNames()) {
                if ($name -cmatch '\A[0-9A-Fa-f]{32}\z') {
                    $codes.Add((ConvertFrom-SfPackedCode -Packed $name))
                }
            }
        }
        finally {
            $key.Dispose()
        }
    }
    return , $codes.ToArray()
}

function ConvertTo-SfPackedCode {
    <#
    .SYNOPSIS
    A code in braces as Windows Installer spells it in the registry: the digits of each part backwards.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [string] $Code)
    return Convert-SfCodeOrder -Digits ($Code -replace '[{}-]', '')
}

function ConvertFrom-SfPackedCode {
    <#
    .SYNOPSIS
    The code in braces, in capitals, that Windows Installer spells so in the registry.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [string] $Packed)
    $digits = Convert-SfCodeOrder -Digits $Packed
    $parts = New-Object -TypeName 'System.Collections.Generic.List[string]'
    $at = 0
    foreach ($length in @(8, 4, 4, 4, 12)) {
        $parts.Add($digits.Substring($at, $length))
        $at += $length
    }
    return '{' + [string]::Join('-', $parts.ToArray()) + '}'
}

function Convert-SfCodeOrder {
    <#
    .SYNOPSIS
    32 digits with each part turned round, which is its own opposite: parts of 8, 4 and 4, then pairs.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [string] $Digits)
    $turned = New-Object -TypeName System.Text.StringBuilder
    $at = 0
    foreach ($length in @(8, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2)) {
        $letters = $Digits.Substring($at, $length).ToCharArray()
        [System.Array]::Reverse($letters)
        $null = $turned.Append($letters)
        $at += $length
    }
    return $turned.ToString().ToUpperInvariant()
}

function Test-SfClientProduct {
    <#
    .SYNOPSIS
    Whether the values of an Uninstall key are those of the client: its name, its maker's.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory = $true)] [hashtable] $Values)
    $isNamed = $Values['DisplayName'] -match '\A(?:Nextcloud|Nextcloud Desktop(?: Client)?)(?: [0-9].*)?\z'
    return $isNamed -and $Values['Publisher'] -match '(?i)\ANextcloud\b'
}

function ConvertTo-SfInstalledClient {
    <#
    .SYNOPSIS
    The InstalledClient of an Uninstall key.
    #>
    [CmdletBinding()]
    param(
        [string] $Key,
        [hashtable] $Values,
        [Microsoft.Win32.RegistryView] $View,
        [string] $Scope
    )
    $made = [ordered]@{ kind = 'binary'; name = $Values['DisplayName']; version = '' }
    $made['qt'] = $null
    $made['path'] = ''
    $made['bits'] = $null
    $match = $script:Version.Match($Values['DisplayVersion'])
    if ($match.Success) {
        $made['version'] = $match.Value
    }
    $made['scope'] = $Scope
    if ($script:ProductCode.IsMatch($Key)) {
        $made['product_code'] = $Key.ToUpperInvariant()
        if ($Scope -eq 'machine') {
            $made['kind'] = 'msi'
        }
    }
    $folder = Get-SfProductFolder -Values $Values -Scope $Scope -View $View
    if ($folder.Length -gt 0) {
        $made['path'] = $folder + '\' + $script:Program
    }
    if ($Scope -eq 'machine') {
        $made['bits'] = Get-SfViewBits -View $View
        if ($folder.Length -gt 0) {
            $made['qt'] = Get-SfQtGeneration -Folder $folder
            $told = Get-SfProgramBits -Path $made['path']
            if ($null -ne $told) {
                $made['bits'] = $told
            }
        }
    }
    return $made
}

function Get-SfViewBits {
    <#
    .SYNOPSIS
    What programs a view of the registry is for, as 64 or 32.
    #>
    [CmdletBinding()]
    [OutputType([int])]
    param([Microsoft.Win32.RegistryView] $View)
    if ($View -eq [Microsoft.Win32.RegistryView]::Registry32) {
        return 32
    }
    return 64
}

function Get-SfProductFolder {
    <#
    .SYNOPSIS
    The folder of a product: as its Uninstall key says, as its icon's path says, or as the MSI noted it; else ''.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([hashtable] $Values, [string] $Scope, [Microsoft.Win32.RegistryView] $View)
    $candidates = New-Object -TypeName 'System.Collections.Generic.List[string]'
    $candidates.Add($Values['InstallLocation'].Trim([char[]] ' "'))
    $icon = ($Values['DisplayIcon'] -replace ',-?[0-9]+\z', '').Trim([char[]] ' "')
    if ($icon.EndsWith('\' + $script:Program, [System.StringComparison]::OrdinalIgnoreCase)) {
        $candidates.Add($icon.Substring(0, $icon.Length - $script:Program.Length - 1))
    }
    if ($Scope -eq 'machine') {
        # the MSI notes it in the view for 32 bits, whatever it installs
        foreach ($noted in @([Microsoft.Win32.RegistryView]::Registry32, $View)) {
            $candidates.Add((Get-SfRegistryText -Hive LocalMachine -Path $script:Vendor -Names @('') -View $noted)[''])
        }
        $candidates.Add('C:\Program Files\Nextcloud')
    }
    foreach ($candidate in $candidates) {
        try {
            $folder = Get-SfPlainName -Path $candidate
        }
        catch [System.InvalidOperationException] {
            # no path at all
            continue
        }
        if ($Scope -eq 'user' -or [System.IO.File]::Exists($folder + '\' + $script:Program)) {
            return $folder
        }
    }
    return ''
}

function Get-SfQtGeneration {
    <#
    .SYNOPSIS
    5 or 6, by the libraries beside the program; $null if they do not tell.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Folder)
    foreach ($place in @($Folder, [System.IO.Path]::Combine($Folder, 'bin'))) {
        foreach ($number in @(6, 5)) {
            if ([System.IO.File]::Exists([System.IO.Path]::Combine($place, ('Qt{0}Core.dll' -f $number)))) {
                return $number
            }
        }
    }
    return $null
}

function Get-SfProgramBits {
    <#
    .SYNOPSIS
    32 or 64, by the head of a program; $null if it is none.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Path)
    $machines = @{ 0x014C = 32; 0x8664 = 64; 0xAA64 = 64 }
    $head = [byte[]]::new(4096)
    try {
        $stream = [System.IO.File]::OpenRead($Path)
        try {
            $read = $stream.Read($head, 0, $head.Length)
        }
        finally {
            $stream.Dispose()
        }
    }
    catch [System.IO.IOException], [System.UnauthorizedAccessException] {
        # not there, or not to be looked at
        return $null
    }
    if ($read -lt 64) {
        return $null
    }
    $start = [System.BitConverter]::ToInt32($head, 0x3C)
    if ($start -lt 0 -or $start + 6 -gt $read -or [System.BitConverter]::ToInt32($head, $start) -ne 0x4550) {
        return $null
    }
    return $machines[[int] [System.BitConverter]::ToUInt16($head, $start + 4)]
}

Export-ModuleMember -Function @('Get-SfProduct', 'Get-SfMachineProduct')
