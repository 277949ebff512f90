# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
<#
.SYNOPSIS
What has to happen in a user's own session: end the client, start it, ask it, copy its credentials, delete a folder.

.DESCRIPTION
win_account_move and win_account_restore lay this script, Native.cs and order.json into a folder that the user can
read, and run it by a scheduled task as that user. The order has `work` (look, copy, quit, start, accounts, remove) and
what that takes; the answer goes as one line of JSON into result.json, which is there already. Values of credentials
stay inside Native.cs and are part of no answer.
#>
[CmdletBinding()]
param()

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Find-SfEntry {
    <#
    .SYNOPSIS
    Which of these credentials there are: names only.
    #>
    [CmdletBinding()]
    param([AllowEmptyCollection()][object[]]$Names)
    $found = [System.Collections.Generic.List[object]]::new()
    foreach ($name in $Names) {
        if ([ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Credentials]::Same($name, $name)) {
            $found.Add([string]$name)
        }
    }
    return @{ entries = $found.ToArray() }
}

function Copy-SfEntry {
    <#
    .SYNOPSIS
    Clone credentials; copied, same or missing for each.
    #>
    [CmdletBinding()]
    param([AllowEmptyCollection()][object[]]$Pairs)
    $states = [System.Collections.Generic.List[object]]::new()
    foreach ($pair in $Pairs) {
        $states.Add((Copy-SfOne -Source ([string]$pair.source) -Target ([string]$pair.target)))
    }
    return @{ states = $states.ToArray() }
}

function Copy-SfOne {
    <#
    .SYNOPSIS
    Clone one credential and see that the clone holds the same; copied, same or missing.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Source,
        [Parameter(Mandatory = $true)][string]$Target
    )
    if ([ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Credentials]::Same($Source, $Target)) {
        return 'same'
    }
    if (-not [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Credentials]::Copy($Source, $Target)) {
        return 'missing'
    }
    if (-not [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Credentials]::Same($Source, $Target)) {
        throw [System.InvalidOperationException]::new("Windows did not keep the credential $Target")
    }
    return 'copied'
}

function Start-SfProgram {
    <#
    .SYNOPSIS
    Start a program of the user's; its process.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Program,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][object[]]$Arguments
    )
    $words = [System.Collections.Generic.List[string]]::new()
    foreach ($argument in $Arguments) {
        $words.Add((ConvertTo-SfWord -Text ([string]$argument)))
    }
    $start = [System.Diagnostics.ProcessStartInfo]::new()
    $start.FileName = $Program
    $start.Arguments = [string]::Join(' ', $words.ToArray())
    $start.WorkingDirectory = $env:USERPROFILE
    $start.UseShellExecute = $false
    return [System.Diagnostics.Process]::Start($start)
}

function ConvertTo-SfWord {
    <#
    .SYNOPSIS
    One argument as a command line spells it: backslashes before a quotation mark, and at the end, come twice.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][AllowEmptyString()][string]$Text)
    if ($Text -ne '' -and $Text -cnotmatch '[\s"]') {
        return $Text
    }
    $escaped = [regex]::Replace($Text, '(\\*)"', '$1$1\"')
    $escaped = [regex]::Replace($escaped, '(\\+)\z', '$1$1')
    return '"' + $escaped + '"'
}

function Stop-SfClient {
    <#
    .SYNOPSIS
    Ask the client of this session to end. Whether it has ended is looked at from outside.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Program,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][object[]]$Arguments
    )
    $process = Start-SfProgram -Program $Program -Arguments (@($Arguments) + @('--quit'))
    $null = $process.WaitForExit(10000)
    return @{ asked = $true }
}

function Start-SfClient {
    <#
    .SYNOPSIS
    Start the client and see it stay up.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Program,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][object[]]$Arguments
    )
    $process = Start-SfProgram -Program $Program -Arguments $Arguments
    if ($process.WaitForExit(2000)) {
        return @{ code = 'client-did-not-stay'; message = "the client ended at once with $($process.ExitCode)" }
    }
    return @{ pid = $process.Id }
}

function Get-SfAccountName {
    <#
    .SYNOPSIS
    The names (user@host) that the running client gives its accounts; asked again for some seconds until each of the
    wanted hosts is among them. Nothing is answered where the client has no pipe.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Wanted,
        [Parameter(Mandatory = $true)][double]$Seconds
    )
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        $names = Read-SfPipe -Name ('nextcloud-' + $env:USERNAME)
        if ($null -eq $names) {
            # what clients before 3.x call it
            $names = Read-SfPipe -Name ('ownCloud-' + $env:USERNAME)
        }
        $isWhole = $null -ne $names -and (Test-SfAllNamed -Names $names -Wanted $Wanted)
        if ($isWhole -or $clock.Elapsed.TotalSeconds -ge $Seconds) {
            break
        }
        Start-Sleep -Milliseconds 500
    }
    if ($null -eq $names) {
        return @{ answered = $false; names = @() }
    }
    return @{ answered = $true; names = $names }
}

function Test-SfAllNamed {
    <#
    .SYNOPSIS
    Whether each host ends one of the names.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Names,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Wanted
    )
    foreach ($server in $Wanted) {
        $end = '@' + $server
        $hits = @($Names | Where-Object -FilterScript {
                $_.EndsWith($end, [System.StringComparison]::OrdinalIgnoreCase)
            })
        if ($hits.Length -eq 0) {
            return $false
        }
    }
    return $true
}

function Read-SfPipe {
    <#
    .SYNOPSIS
    Ask the pipe that the file manager uses; the accounts' names, or nothing.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Name)
    $pipe = [System.IO.Pipes.NamedPipeClientStream]::new(
        '.', $Name, [System.IO.Pipes.PipeDirection]::InOut, [System.IO.Pipes.PipeOptions]::Asynchronous)
    try {
        $pipe.Connect(1000)
        $question = [System.Text.Encoding]::UTF8.GetBytes('V2/LIST_ACCOUNTS:{"id":"1","arguments":{}}' + "`n")
        $pipe.Write($question, 0, $question.Length)
        $pipe.Flush()
        return Read-SfPipeAnswer -Pipe $pipe
    }
    catch {
        # no pipe, or one that does not answer in time: the caller tries again, and says so in the end
        return $null
    }
    finally {
        $pipe.Dispose()
    }
}

function Read-SfPipeAnswer {
    <#
    .SYNOPSIS
    Read lines until the answer comes; the client first names its folders to whoever connects.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][System.IO.Pipes.NamedPipeClientStream]$Pipe)
    $sign = 'V2/LIST_ACCOUNTS_RESULT:'
    $bytes = [byte[]]::new(65536)
    $held = ''
    for ($turn = 0; $turn -lt 64; $turn++) {
        $reading = $Pipe.ReadAsync($bytes, 0, $bytes.Length)
        if (-not $reading.Wait(2000) -or $reading.Result -eq 0) {
            return $null
        }
        $held += [System.Text.Encoding]::UTF8.GetString($bytes, 0, $reading.Result)
        foreach ($line in $held.Split([char]10)) {
            if ($line.StartsWith($sign, [System.StringComparison]::Ordinal) -and $line.Trim().EndsWith('}')) {
                $told = $line.Substring($sign.Length)
                $read = ConvertFrom-Json -InputObject $told
                return , [string[]]@($read.arguments.accounts | ForEach-Object -Process { [string]$_.name })
            }
        }
    }
    return $null
}

function Remove-SfTree {
    <#
    .SYNOPSIS
    Delete a folder of the user's with all that is in it; files called Last (its journal) after everything else. A link
    or a junction is deleted itself, and not entered.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][string[]]$Last
    )
    $top = '\\?\' + $Path
    try {
        $isLong = [System.IO.Directory]::Exists($top)
    }
    catch [System.ArgumentException] {
        # a .NET that does not know such names
        $isLong = $false
    }
    if (-not $isLong) {
        $top = $Path
    }
    $folders = [System.Collections.Generic.List[string]]::new()
    $folders.Add($top)
    Remove-SfContent -Path $top -Folders $folders -Keep $Last
    for ($number = 1; $number -lt $folders.Count; $number++) {
        Remove-SfContent -Path $folders[$number] -Folders $folders
    }
    # each stands behind the one that it lies in
    for ($number = $folders.Count - 1; $number -ge 0; $number--) {
        if ($number -eq 0) {
            Remove-SfFile -Paths @($Last | ForEach-Object -Process { [System.IO.Path]::Combine($top, $_) })
        }
        [System.IO.File]::SetAttributes($folders[$number], [System.IO.FileAttributes]::Normal)
        [System.IO.Directory]::Delete($folders[$number], $false)
    }
    return @{ folders = $folders.Count }
}

function Remove-SfFile {
    <#
    .SYNOPSIS
    Delete those of these files that are there.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string[]]$Paths)
    foreach ($path in $Paths) {
        if ([System.IO.File]::Exists($path)) {
            [System.IO.File]::SetAttributes($path, [System.IO.FileAttributes]::Normal)
            [System.IO.File]::Delete($path)
        }
    }
}

function Remove-SfContent {
    <#
    .SYNOPSIS
    Delete what lies in one folder but the files that are to be kept, and note the folders in it.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][System.Collections.Generic.List[string]]$Folders,
        [string[]]$Keep = @()
    )
    foreach ($entry in [System.IO.DirectoryInfo]::new($Path).GetFileSystemInfos()) {
        $flags = [int]$entry.Attributes
        $isFolder = ($flags -band 0x10) -ne 0
        if ($isFolder -and ($flags -band 0x400) -eq 0) {
            $Folders.Add($entry.FullName)
        }
        elseif ($isFolder) {
            [System.IO.Directory]::Delete($entry.FullName, $false)
        }
        elseif ($Keep -notcontains $entry.Name) {
            if (($flags -band 0x1) -ne 0) {
                [System.IO.File]::SetAttributes($entry.FullName, [System.IO.FileAttributes]::Normal)
            }
            [System.IO.File]::Delete($entry.FullName)
        }
    }
}

function Invoke-SfOrder {
    <#
    .SYNOPSIS
    Do what the order says.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][psobject]$Order)
    if ($Order.work -eq 'look' -or $Order.work -eq 'copy') {
        Add-Type -Path (Join-Path -Path $PSScriptRoot -ChildPath 'Native.cs')
    }
    switch ($Order.work) {
        'look' { return Find-SfEntry -Names @($Order.names) }
        'copy' { return Copy-SfEntry -Pairs @($Order.pairs) }
        'quit' { return Stop-SfClient -Program $Order.program -Arguments @($Order.arguments) }
        'start' { return Start-SfClient -Program $Order.program -Arguments @($Order.arguments) }
        'remove' { return Remove-SfTree -Path $Order.path -Last @($Order.last) }
        'accounts' { return Get-SfAccountName -Wanted @($Order.wanted) -Seconds $Order.seconds }
    }
    return @{ code = 'user-part-failed'; message = 'the order is not known' }
}

function Write-SfAnswer {
    <#
    .SYNOPSIS
    Write the answer into the file that is there; the line end says that it is whole.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Answer)
    $text = (ConvertTo-Json -InputObject $Answer -Depth 4 -Compress) + "`n"
    $bytes = [System.Text.UTF8Encoding]::new($false).GetBytes($text)
    $path = Join-Path -Path $PSScriptRoot -ChildPath 'result.json'
    $stream = [System.IO.FileStream]::new(
        $path, [System.IO.FileMode]::Open, [System.IO.FileAccess]::Write, [System.IO.FileShare]::ReadWrite)
    try {
        $stream.SetLength(0)
        $stream.Write($bytes, 0, $bytes.Length)
        $stream.Flush($true)
    }
    finally {
        $stream.Dispose()
    }
}

$codes = @{ look = 'keyring-refused'; copy = 'keyring-refused'; start = 'client-not-found' }
$code = 'user-part-failed'
try {
    $path = Join-Path -Path $PSScriptRoot -ChildPath 'order.json'
    $text = [System.IO.File]::ReadAllText($path, [System.Text.Encoding]::UTF8)
    $order = ConvertFrom-Json -InputObject $text
    if ($codes.ContainsKey($order.work)) {
        $code = $codes[$order.work]
    }
    $answer = Invoke-SfOrder -Order $order
}
catch {
    # an error of the credentials names its number and never a value
    $answer = @{ code = $code; message = $_.Exception.GetBaseException().Message }
}
Write-SfAnswer -Answer $answer
