# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# What comes back from a user's session: one small file that the user may write, believed no more than anything else of
# a user's.
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:AnswerLimit = 65536

function Wait-SfAnswer {
    <#
    .SYNOPSIS
    The answer as an object, or nothing when the time is over.
    #>
    [CmdletBinding()]
    [OutputType([psobject])]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][double]$Seconds
    )
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while ($clock.Elapsed.TotalSeconds -lt $Seconds) {
        Start-Sleep -Milliseconds 250
        $text = Read-SfAnswer -Path $Path
        # the line end is the last thing that is written
        if ($text.EndsWith("`n", [System.StringComparison]::Ordinal)) {
            return ConvertFrom-SfAnswer -Text $text
        }
    }
    return $null
}

function Read-SfAnswer {
    <#
    .SYNOPSIS
    What stands in the file now. Code user-part-failed where it is not the ordinary small file that it was.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)][string]$Path)
    Assert-SfPlainPath -Path $Path
    try {
        return [System.Text.Encoding]::UTF8.GetString((Read-SfFile -Path $Path -Limit $script:AnswerLimit))
    }
    catch [System.IO.IOException] {
        # it is being written
        return ''
    }
}

function ConvertFrom-SfAnswer {
    <#
    .SYNOPSIS
    The text as an object. Its words are not repeated in an error: nobody knows what a user wrote there.
    #>
    [CmdletBinding()]
    [OutputType([psobject])]
    param([Parameter(Mandatory = $true)][string]$Text)
    $read = $null
    try {
        $read = ConvertFrom-Json -InputObject $Text
    }
    catch {
        $read = $null
    }
    if ($read -isnot [System.Management.Automation.PSCustomObject]) {
        throw (New-SfError -Code 'user-part-failed' -Message 'what came back from the user''s session is no answer')
    }
    return $read
}

function New-SfAnswerError {
    <#
    .SYNOPSIS
    The error that the user's part told. Codes that it does not know are none of ours.
    #>
    [CmdletBinding()]
    [OutputType([System.Exception])]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Code,
        [Parameter(Mandatory = $true)][psobject]$Answer
    )
    $known = 'user-part-failed'
    if (@('client-did-not-stay', 'client-not-found', 'keyring-refused') -ccontains $Code) {
        $known = $Code
    }
    $message = 'it failed in the user''s session'
    $told = $Answer.PSObject.Properties['message']
    if ($null -ne $told -and [string]$told.Value -ne '') {
        $text = [string]$told.Value
        $message = $text.Substring(0, [Math]::Min(300, $text.Length))
    }
    return New-SfError -Code $known -Message $message
}

Export-ModuleMember -Function @(
    'Wait-SfAnswer', 'New-SfAnswerError'
)
