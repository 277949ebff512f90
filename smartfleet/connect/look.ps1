# What the doctor looks at on a Windows host. Reads only; writes one line of JSON (smartfleet.look/1, see look.py).
# Windows PowerShell 5.1 or newer. It must also run in Constrained Language mode, hence cmdlets and no .NET methods,
# and every question stands alone: one that cannot be answered is null. Lines that begin with '#' are not sent.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$seen = @{ schema = 'smartfleet.look/1' }
function Add-SfAnswer {
    param([string]$Name, [scriptblock]$Question)
    $seen[$Name] = $null
    try { $seen[$Name] = & $Question } catch { $seen[$Name] = $null }
}
function Get-SfSetting {
    param([string]$Key, [string]$Name)
    (Get-ItemProperty -LiteralPath "HKLM:\$Key" -Name $Name).$Name
}
$windows = 'SOFTWARE\Microsoft\Windows\CurrentVersion'
# SIDs say it in every language: 544 = Administrators, S-1-16-12288 = high integrity (elevated), 16384 = system
$groups = try { "$(whoami.exe /groups)" } catch { '' }
Add-SfAnswer -Name 'computer' -Question { "$env:COMPUTERNAME" }
Add-SfAnswer -Name 'user' -Question { "$(whoami.exe)" }
Add-SfAnswer -Name 'administrator' -Question { if ($groups) { $groups -match 'S-1-5-32-544' } }
Add-SfAnswer -Name 'elevated' -Question { if ($groups) { $groups -match 'S-1-16-(12288|16384)' } }
Add-SfAnswer -Name 'token_filter_policy' -Question {
    Get-SfSetting -Key "$windows\Policies\System" -Name 'LocalAccountTokenFilterPolicy'
}
Add-SfAnswer -Name 'build' -Question {
    "$(Get-SfSetting -Key 'SOFTWARE\Microsoft\Windows NT\CurrentVersion' -Name 'CurrentBuildNumber')"
}
Add-SfAnswer -Name 'powershell' -Question { "$($PSVersionTable.PSVersion)" }
Add-SfAnswer -Name 'edition' -Question { "$($PSVersionTable.PSEdition)" }
Add-SfAnswer -Name 'language_mode' -Question { "$($ExecutionContext.SessionState.LanguageMode)" }
Add-SfAnswer -Name 'machine_policy' -Question { "$(Get-ExecutionPolicy -Scope MachinePolicy)" }
Add-SfAnswer -Name 'user_policy' -Question { "$(Get-ExecutionPolicy -Scope UserPolicy)" }
Add-SfAnswer -Name 'system_drive' -Question { "$env:SystemDrive" }
Add-SfAnswer -Name 'disk_free' -Question { [long](Get-PSDrive -Name ("$env:SystemDrive".Substring(0, 1))).Free }
Add-SfAnswer -Name 'time' -Question {
    [long]((Get-Date).ToUniversalTime() - [datetime]'1970-01-01').TotalSeconds
}
Add-SfAnswer -Name 'max_shells_per_user' -Question {
    [long](Get-Item -LiteralPath 'WSMan:\localhost\Shell\MaxShellsPerUser').Value
}
Add-SfAnswer -Name 'max_memory_per_shell_mb' -Question {
    [long](Get-Item -LiteralPath 'WSMan:\localhost\Shell\MaxMemoryPerShellMB').Value
}
Add-SfAnswer -Name 'winsqlite3' -Question { Test-Path -LiteralPath "$env:SystemRoot\System32\winsqlite3.dll" }
Add-SfAnswer -Name 'restart_pending' -Question {
    (Test-Path -LiteralPath "HKLM:\$windows\Component Based Servicing\RebootPending") -or
    (Test-Path -LiteralPath "HKLM:\$windows\WindowsUpdate\Auto Update\RebootRequired")
}
ConvertTo-Json -InputObject $seen -Depth 2 -Compress
