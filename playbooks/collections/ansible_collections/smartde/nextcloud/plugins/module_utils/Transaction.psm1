# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Steps with marks: done once, gone on with after a crash, taken back after a failure. The twin of transaction.py. A
# transaction is a table with marks (a path), spare (a path of a file that only takes room) and reports. Work answers
# Complete-SfWork or Skip-SfWork, or throws.
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Marks
#AnsibleRequires -PowerShell .StateWrite

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:SpareBytes = 65536

function New-SfTransaction {
    <#
    .SYNOPSIS
    The transaction in a folder.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)][string]$Folder)
    return @{
        marks = [System.IO.Path]::Combine($Folder, 'marks.jsonl')
        spare = [System.IO.Path]::Combine($Folder, 'spare')
        reports = [System.Collections.Generic.List[object]]::new()
    }
}

function Open-SfTransaction {
    <#
    .SYNOPSIS
    Begin. The spare file keeps room on the disk for the marks of the way back.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Transaction)
    $bytes = [byte[]]::new($script:SpareBytes)
    $random = [System.Security.Cryptography.RandomNumberGenerator]::Create()
    try {
        # not zeros: a file system that compresses would keep no room
        $random.GetBytes($bytes)
    }
    finally {
        $random.Dispose()
    }
    Write-SfDurable -Path $Transaction.spare -Bytes $bytes
    Add-SfMark -Path $Transaction.marks -Step 'transaction' -State 'open'
}

function Close-SfTransaction {
    <#
    .SYNOPSIS
    End well.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Transaction,
        [Parameter(Mandatory = $true)][string]$Detail
    )
    Remove-SfSpare -Transaction $Transaction
    Add-SfMark -Path $Transaction.marks -Step 'transaction' -State 'done' -Detail $Detail
}

function Remove-SfSpare {
    <#
    .SYNOPSIS
    Give the room back that was kept. Where somebody has the file open it stays: that must not cut off the way back.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$Transaction)
    try {
        Remove-SfFile -Path $Transaction.spare
    }
    catch {
        Write-Debug -Message (Get-SfErrorText -ErrorRecord $_)
    }
}

function Get-SfHistory {
    <#
    .SYNOPSIS
    The marks since the transaction was last opened.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param([Parameter(Mandatory = $true)][hashtable]$Transaction)
    $since = [System.Collections.Generic.List[object]]::new()
    $isOpen = $false
    foreach ($mark in (Read-SfMark -Path $Transaction.marks)) {
        if ($mark.step -eq 'transaction' -and $mark.state -eq 'open') {
            $since.Clear()
            $isOpen = $true
        }
        if ($isOpen) {
            $since.Add($mark)
        }
    }
    return , $since.ToArray()
}

function Test-SfBegan {
    <#
    .SYNOPSIS
    Whether a step was ever begun.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Transaction,
        [Parameter(Mandatory = $true)][string]$Step,
        [string]$State = 'begin'
    )
    foreach ($mark in (Get-SfHistory -Transaction $Transaction)) {
        if ($mark.step -eq $Step -and $mark.state -eq $State) {
            return $true
        }
    }
    return $false
}

function Test-SfUndoing {
    <#
    .SYNOPSIS
    Whether an undo was begun: from then on there is no way but back.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory = $true)][hashtable]$Transaction)
    return Test-SfBegan -Transaction $Transaction -Step 'transaction' -State 'undo'
}

function Get-SfEnded {
    <#
    .SYNOPSIS
    The mark that ended the step, or nothing; a later begin without an end makes it unfinished again.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Transaction,
        [Parameter(Mandatory = $true)][string]$Step
    )
    $found = $null
    foreach ($mark in (Get-SfHistory -Transaction $Transaction)) {
        if ($mark.step -eq $Step) {
            $found = $null
            if ($mark.state -eq 'end' -or $mark.state -eq 'skip') {
                $found = $mark
            }
        }
    }
    return $found
}

function Complete-SfWork {
    <#
    .SYNOPSIS
    What work that was done answers.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([AllowEmptyString()][string]$Detail = '')
    return @{ state = 'done'; detail = $Detail }
}

function Skip-SfWork {
    <#
    .SYNOPSIS
    What work that found nothing to do answers; the text says why.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([AllowEmptyString()][string]$Detail = '')
    return @{ state = 'skipped'; detail = $Detail }
}

function New-SfReport {
    <#
    .SYNOPSIS
    What became of a step, as in model.results.Step.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][string]$Step,
        [Parameter(Mandatory = $true)][string]$State,
        [double]$Seconds = 0.0,
        [AllowEmptyString()][string]$Detail = ''
    )
    return [ordered]@{ step = $Step; state = $State; seconds = [Math]::Round($Seconds, 3); detail = $Detail }
}

function Add-SfEndMark {
    <#
    .SYNOPSIS
    Mark a step as ended, done or skipped.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Transaction,
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Report
    )
    $state = 'end'
    if ($Report.state -eq 'skipped') {
        $state = 'skip'
    }
    Add-SfMark -Path $Transaction.marks -Step $Report.step -State $state -Detail $Report.detail
}

function Add-SfKnownReport {
    <#
    .SYNOPSIS
    Report a step that an earlier call ended.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Transaction,
        [Parameter(Mandatory = $true)][hashtable]$Mark
    )
    $state = 'done'
    if ($Mark.state -eq 'skip') {
        $state = 'skipped'
    }
    $Transaction.reports.Add((New-SfReport -Step $Mark.step -State $state -Detail $Mark.detail))
}

function ConvertTo-SfFailure {
    <#
    .SYNOPSIS
    Any error as one with code, message, do and outcome.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.IDictionary])]
    param([Parameter(Mandatory = $true)][System.Management.Automation.ErrorRecord]$ErrorRecord)
    $fact = Get-SfErrorFact -ErrorRecord $ErrorRecord
    if ($fact.code -ne '') {
        return $fact
    }
    $cause = $ErrorRecord.Exception.GetBaseException()
    $fact.code = Get-SfSystemCode -Exception $cause
    if ($fact.message -eq '') {
        $fact.message = $cause.GetType().FullName
    }
    return $fact
}

function Get-SfSystemCode {
    <#
    .SYNOPSIS
    The code for what the system says.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)][System.Exception]$Exception)
    if ($Exception -is [System.UnauthorizedAccessException] -or $Exception -is [System.Security.SecurityException]) {
        return 'no-permission'
    }
    if ($Exception -isnot [System.IO.IOException]) {
        return 'system-error'
    }
    if (Test-SfInUse -Exception $Exception) {
        return 'file-in-use'
    }
    # a full disk in its two numbers, a spent quota; 28 is what other systems say
    if (@(39, 112, 1295, 28) -contains ($Exception.HResult -band 0xFFFF)) {
        return 'out-of-space'
    }
    return 'system-error'
}

function New-SfFailureError {
    <#
    .SYNOPSIS
    A failure as an error to throw.
    #>
    [CmdletBinding()]
    [OutputType([System.Exception])]
    param([Parameter(Mandatory = $true)][System.Collections.IDictionary]$Failure)
    return New-SfError -Code $Failure.code -Message $Failure.message -Do $Failure.do -Outcome $Failure.outcome
}

Export-ModuleMember -Function @(
    'New-SfTransaction', 'Open-SfTransaction', 'Close-SfTransaction', 'Remove-SfSpare', 'Get-SfHistory',
    'Test-SfBegan', 'Test-SfUndoing', 'Get-SfEnded', 'Complete-SfWork', 'Skip-SfWork', 'New-SfReport', 'Add-SfEndMark',
    'Add-SfKnownReport', 'ConvertTo-SfFailure', 'New-SfFailureError'
)
