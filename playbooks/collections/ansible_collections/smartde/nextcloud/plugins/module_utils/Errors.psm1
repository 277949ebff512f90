# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

# Errors that carry what a result needs: a code, a message, what mends it, and the outcome of the profile.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function New-SfError {
    <#
    .SYNOPSIS
    An exception to throw whose Data holds code, do and outcome.
    #>
    [CmdletBinding()]
    [OutputType([System.Exception])]
    param(
        [Parameter(Mandatory = $true)] [string] $Code,
        [Parameter(Mandatory = $true)] [string] $Message,
        [string] $Do = '',
        [string] $Outcome = 'failed'
    )
    $made = New-Object -TypeName System.InvalidOperationException -ArgumentList @($Message)
    $made.Data['code'] = $Code
    $made.Data['do'] = $Do
    $made.Data['outcome'] = $Outcome
    return $made
}

function Get-SfErrorFact {
    <#
    .SYNOPSIS
    What an error record says, as a table with code, message, do and outcome; code is '' where the error is not ours.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param([Parameter(Mandatory = $true)] [System.Management.Automation.ErrorRecord] $ErrorRecord)
    $cause = $ErrorRecord.Exception
    while ($null -ne $cause -and -not $cause.Data.Contains('code')) {
        $cause = $cause.InnerException
    }
    if ($null -eq $cause) {
        $message = Get-SfErrorText -ErrorRecord $ErrorRecord
        return [ordered]@{ code = ''; message = $message; do = ''; outcome = 'failed' }
    }
    return [ordered]@{
        code = [string] $cause.Data['code']
        message = $cause.Message
        do = [string] $cause.Data['do']
        outcome = [string] $cause.Data['outcome']
    }
}

function Get-SfErrorText {
    <#
    .SYNOPSIS
    The message of the error that began it: a .NET call's own words, not PowerShell's around them.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [System.Management.Automation.ErrorRecord] $ErrorRecord)
    return $ErrorRecord.Exception.GetBaseException().Message.Trim()
}

function Test-SfInUse {
    <#
    .SYNOPSIS
    Whether an error says that another process has the file open (a sharing or lock violation).
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory = $true)] [System.Exception] $Exception)
    $cause = $Exception.GetBaseException()
    # sharing violation, lock violation, a file that cannot be replaced; 11 is what other systems say
    return $cause -is [System.IO.IOException] -and @(32, 33, 1175, 11) -contains ($cause.HResult -band 0xFFFF)
}

Export-ModuleMember -Function @('New-SfError', 'Get-SfErrorFact', 'Get-SfErrorText', 'Test-SfInUse')
