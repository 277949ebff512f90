# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Errors

# winget of the App Installer, run for the whole machine, silently, and without a shell. Its exit codes are those of
# Microsoft's list (winget-cli, returnCodes.md).

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Package = 'Microsoft.DesktopAppInstaller_'
$script:Publisher = '__8wekyb3d8bbwe'
$script:Name = [regex] '\A[A-Za-z0-9][A-Za-z0-9.+_-]{0,127}\z'
$script:Numbers = [regex] '\A[0-9]{1,9}(?:\.[0-9]{1,9}){1,3}\z'
$script:InstallSeconds = 3600
$script:AskSeconds = 300
$script:OutputLimit = 4000
$script:NotInstalled = -1978335212
# code of winget to what it means for a host: done, same, restart, busy, failed
$script:Meanings = @{
    0 = @('done', 'installed')
    3010 = @('restart', 'installed; a restart finishes it')
    -1978335189 = @('same', 'the newest version is installed already')
    -1978335135 = @('same', 'this version is installed already')
    -1978334962 = @('same', 'a newer version is installed already')
    -1978334967 = @('restart', 'installed; a restart finishes it')
    -1978334965 = @('restart', 'installed; the installer restarts the machine')
    -1978334974 = @('busy', 'another installation is running')
    -1978334966 = @('failed', 'the machine must be restarted before this can be installed')
    -1978335212 = @('failed', 'no source of winget knows such a package')
    -1978335216 = @('failed', 'the package has no installer for this machine and for all of its users')
    -1978335215 = @('failed', 'the installer is not the one that the package names: its hash differs')
    -1978335224 = @('failed', 'the installer cannot be downloaded')
    -1978335226 = @('failed', 'the installer cannot be run')
    -1978335207 = @('failed', 'this needs the rights of an administrator')
    -1978335221 = @('failed', 'the sources of winget cannot be used')
    -1978334975 = @('failed', 'the program is in use')
    -1978334973 = @('failed', 'a file of it is in use')
    -1978334971 = @('failed', 'the disk is full')
    -1978334969 = @('failed', 'the network cannot be reached')
    -1978334964 = @('failed', 'somebody cancelled it at the machine')
    -1978334963 = @('failed', 'another version is installed and is not replaced by this one')
    -1978334961 = @('failed', 'a policy of this machine forbids it')
}

function Install-SfPackage {
    <#
    .SYNOPSIS
    Install a package if it is missing, or older than Version; a table with changed, rc, reboot_required, msg.

    .DESCRIPTION
    Throws winget-missing, winget-argument, winget-slow, and winget-failed for an exit code that is no success; rc 1618
    says that another installation runs.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [string] $Id,
        [AllowEmptyString()] [string] $Version = '',
        [bool] $Pretend = $false
    )
    foreach ($word in @($Id, $Version)) {
        if ($word.Length -gt 0 -and -not $script:Name.IsMatch($word)) {
            $message = '{0} is no name or version of a package: letters, digits and .+_- alone' -f $word
            throw (New-SfError -Code 'winget-argument' -Message $message)
        }
    }
    $program = Find-SfWinget
    $installed = Get-SfInstalledVersion -Program $program -Id $Id
    $isEnough = $null -ne $installed -and $Version.Length -eq 0
    if ($null -ne $installed -and -not $isEnough) {
        $isEnough = Test-SfNotOlder -Installed $installed -Wanted $Version
    }
    if ($isEnough) {
        return @{ changed = $false; rc = 0; reboot_required = $false; msg = 'installed already' }
    }
    if ($Pretend) {
        return @{ changed = $true; rc = 0; reboot_required = $false; msg = 'would be installed' }
    }
    $words = @(
        'install', '--id', $Id, '--exact', '--source', 'winget', '--scope', 'machine', '--silent',
        '--accept-package-agreements', '--accept-source-agreements', '--disable-interactivity'
    )
    if ($Version.Length -gt 0) {
        $words += @('--version', $Version)
    }
    $answer = Invoke-SfWinget -Program $program -Words $words -Seconds $script:InstallSeconds
    return ConvertTo-SfWingetResult -Code $answer.Code -Output $answer.Output
}

function ConvertTo-SfWingetResult {
    <#
    .SYNOPSIS
    The result that an exit code stands for: changed, rc, reboot_required, msg, and failed where it is no success.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)] [int] $Code, [AllowEmptyString()] [string] $Output = '')
    $meaning = @('failed', ('it ended with code {0} (0x{0:X8})' -f $Code))
    if ($script:Meanings.ContainsKey($Code)) {
        $meaning = $script:Meanings[$Code]
    }
    $result = @{ changed = $false; rc = $Code; reboot_required = $false; msg = 'winget: ' + $meaning[1] }
    if ($meaning[0] -eq 'same') {
        $result['rc'] = 0
    }
    elseif ($meaning[0] -eq 'done' -or $meaning[0] -eq 'restart') {
        $result['changed'] = $true
        $result['reboot_required'] = $meaning[0] -eq 'restart'
    }
    else {
        $result['failed'] = $true
        $result['code'] = 'winget-failed'
        $result['stdout'] = $Output
        if ($meaning[0] -eq 'busy') {
            # the number that the Windows Installer has for it, so that whoever waits need not know winget's
            $result['rc'] = 1618
        }
    }
    return $result
}

function Find-SfWinget {
    <#
    .SYNOPSIS
    The path of winget.exe in the newest App Installer of this machine. Throws winget-missing.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param()
    $programs = [System.Environment]::GetFolderPath('ProgramFiles')
    $newest = $null
    $found = ''
    $apps = [System.IO.Path]::Combine($programs, 'WindowsApps')
    foreach ($folder in (Get-SfAppFolder -Apps $apps)) {
        $parts = [System.IO.Path]::GetFileName($folder).Split([char] 0x5F)
        $path = [System.IO.Path]::Combine($folder, 'winget.exe')
        if ($parts.Length -lt 2 -or -not $script:Numbers.IsMatch($parts[1]) -or -not [System.IO.File]::Exists($path)) {
            continue
        }
        $version = [version] $parts[1]
        if ($null -eq $newest -or $version -gt $newest) {
            $newest = $version
            $found = $path
        }
    }
    if ($found.Length -eq 0) {
        $do = 'install App Installer there, or name an MSI in smartfleet.yml: install.windows.msi'
        throw (New-SfError -Code 'winget-missing' -Message 'winget is not installed here' -Do $do)
    }
    return $found
}

function Get-SfAppFolder {
    <#
    .SYNOPSIS
    The folders of the App Installer; none where they cannot be listed.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([Parameter(Mandatory = $true)] [string] $Apps)
    try {
        return , [System.IO.Directory]::GetDirectories($Apps, $script:Package + '*' + $script:Publisher)
    }
    catch [System.IO.IOException], [System.UnauthorizedAccessException] {
        # Windows Server without the store, or a login that may not look there
        return , [string[]] @()
    }
}

function Get-SfInstalledVersion {
    <#
    .SYNOPSIS
    The version that is installed, as winget shows it; '' if it shows none; $null if the package is not installed.
    #>
    [CmdletBinding()]
    param([string] $Program, [string] $Id)
    $words = @('list', '--id', $Id, '--exact', '--accept-source-agreements', '--disable-interactivity')
    $answer = Invoke-SfWinget -Program $Program -Words $words -Seconds $script:AskSeconds
    if ($answer.Code -eq $script:NotInstalled) {
        return $null
    }
    if ($answer.Code -ne 0) {
        $told = ConvertTo-SfWingetResult -Code $answer.Code
        throw (New-SfError -Code 'winget-failed' -Message $told['msg'])
    }
    $match = [regex]::Match($answer.Output, [regex]::Escape($Id) + '\s+([0-9][0-9.]*)')
    return $match.Groups[1].Value
}

function Test-SfNotOlder {
    <#
    .SYNOPSIS
    Whether an installed version is the wanted one or a newer one; no where that cannot be told.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([AllowEmptyString()] [string] $Installed, [string] $Wanted)
    if ($script:Numbers.IsMatch($Installed) -and $script:Numbers.IsMatch($Wanted)) {
        return ([version] $Installed) -ge ([version] $Wanted)
    }
    return [string]::Equals($Installed, $Wanted)
}

function Invoke-SfWinget {
    <#
    .SYNOPSIS
    Run winget with words that hold no blanks and no quotes; its exit code (Code) and what it printed (Output).
    #>
    [CmdletBinding()]
    param([string] $Program, [string[]] $Words, [int] $Seconds)
    $start = [System.Diagnostics.ProcessStartInfo]::new($Program, [string]::Join(' ', $Words))
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $start.StandardOutputEncoding = [System.Text.Encoding]::UTF8
    $process = [System.Diagnostics.Process]::Start($start)
    try {
        $process.StandardInput.Dispose()
        $printed = $process.StandardOutput.ReadToEndAsync()
        $errors = $process.StandardError.ReadToEndAsync()
        if (-not $process.WaitForExit($Seconds * 1000)) {
            $process.Kill()
            $message = 'winget did not end within {0} s' -f $Seconds
            throw (New-SfError -Code 'winget-slow' -Message $message)
        }
        $output = ($printed.Result + $errors.Result).Trim()
        $shown = $output.Substring([System.Math]::Max(0, $output.Length - $script:OutputLimit))
        return [pscustomobject] @{ Code = [int] $process.ExitCode; Output = $shown }
    }
    finally {
        $process.Dispose()
    }
}

Export-ModuleMember -Function @('Install-SfPackage')
