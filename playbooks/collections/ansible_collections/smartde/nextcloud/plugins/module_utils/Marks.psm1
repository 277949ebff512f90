# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# The marks of a transaction: one JSON line a mark, each on the disk before the next thing happens.
# The twin of marks.py; a mark has step, state (begin, end, skip, fail, undo; for the step `transaction` open, done and
# undone), time (seconds since the epoch) and detail.
#AnsibleRequires -PowerShell .Errors

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Get-SfNow {
    <#
    .SYNOPSIS
    The time of this host, in seconds since the epoch.
    #>
    [CmdletBinding()]
    [OutputType([double])]
    param()
    return [Math]::Round(([datetime]::UtcNow.Ticks - 621355968000000000) / 10000000.0, 3)
}

function Read-SfMark {
    <#
    .SYNOPSIS
    All marks, oldest first; none where the file is missing. A torn last line is no mark.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param([Parameter(Mandatory = $true)][string]$Path)
    $found = [System.Collections.Generic.List[object]]::new()
    if ([System.IO.File]::Exists($Path)) {
        $lines = [System.Text.Encoding]::UTF8.GetString([System.IO.File]::ReadAllBytes($Path)).Split([char]10)
        # what follows the last line end is a torn line, or nothing
        for ($number = 0; $number -lt $lines.Length - 1; $number++) {
            $found.Add((ConvertTo-SfMark -Line $lines[$number] -Number ($number + 1)))
        }
    }
    return , $found.ToArray()
}

function ConvertTo-SfMark {
    <#
    .SYNOPSIS
    One line as a mark. A broken line that is not the last is no power cut: somebody wrote there.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Line,
        [Parameter(Mandatory = $true)][int]$Number
    )
    try {
        $read = ConvertFrom-Json -InputObject $Line
        return @{
            step = [string]$read.step
            state = [string]$read.state
            time = [double]$read.time
            detail = [string]$read.detail
        }
    }
    catch {
        throw (New-SfError -Code 'unreadable' -Message "line $Number of the marks is no mark")
    }
}

function Add-SfMark {
    <#
    .SYNOPSIS
    Write a mark and wait until the disk has it.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][string]$Step,
        [Parameter(Mandatory = $true)][string]$State,
        [AllowEmptyString()][string]$Detail = ''
    )
    $mark = [ordered]@{ step = $Step; state = $State; time = (Get-SfNow); detail = $Detail }
    $line = (ConvertTo-Json -InputObject $mark -Depth 2 -Compress) + "`n"
    $bytes = [System.Text.UTF8Encoding]::new($false).GetBytes($line)
    $stream = Open-SfMarks -Path $Path
    try {
        $stream.SetLength((Measure-SfWholeLine -Stream $stream))
        $null = $stream.Seek(0, [System.IO.SeekOrigin]::End)
        $stream.Write($bytes, 0, $bytes.Length)
        $stream.Flush($true)
    }
    finally {
        $stream.Dispose()
    }
}

function Open-SfMarks {
    <#
    .SYNOPSIS
    Open the file of the marks to write. A virus scanner that looks at what was written a moment ago is waited for: no
    step may end, and no way back be cut off, because of it.
    #>
    [CmdletBinding()]
    [OutputType([System.IO.FileStream])]
    param([Parameter(Mandatory = $true)][string]$Path)
    for ($try = 1; $true; $try++) {
        try {
            return [System.IO.FileStream]::new(
                $Path,
                [System.IO.FileMode]::OpenOrCreate,
                [System.IO.FileAccess]::ReadWrite,
                [System.IO.FileShare]::Read)
        }
        catch {
            if ($try -ge 10 -or -not (Test-SfInUse -Exception $_.Exception)) {
                throw
            }
        }
        Start-Sleep -Milliseconds 300
    }
}

function Measure-SfWholeLine {
    <#
    .SYNOPSIS
    The length of the file up to and with its last line end: what follows is a torn line.
    #>
    [CmdletBinding()]
    [OutputType([long])]
    param([Parameter(Mandatory = $true)][System.IO.FileStream]$Stream)
    for ($place = $Stream.Length - 1; $place -ge 0; $place--) {
        $null = $Stream.Seek($place, [System.IO.SeekOrigin]::Begin)
        if ($Stream.ReadByte() -eq 10) {
            return [long]($place + 1)
        }
    }
    return [long]0
}

Export-ModuleMember -Function @(
    'Get-SfNow', 'Read-SfMark', 'Add-SfMark'
)
