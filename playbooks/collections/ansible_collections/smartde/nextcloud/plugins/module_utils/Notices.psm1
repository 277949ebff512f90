# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Notices for the users of a host, held to what may be shown, and how it is told what became of them. The twin of
# notices.py. A notice is a table with user, title, text, go_label, later_label; with both labels it is a question.
#AnsibleRequires -PowerShell .Errors

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:TitleLimit = 200
$script:TextLimit = 4000

function Assert-SfNotice {
    <#
    .SYNOPSIS
    Throw notice-unfit unless every notice may be shown.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Notices)
    $users = [System.Collections.Generic.HashSet[string]]::new([System.StringComparer]::Ordinal)
    foreach ($one in $Notices) {
        foreach ($line in @($one.title, $one.go_label, $one.later_label)) {
            if (-not (Test-SfPlainText -Text $line -Most $script:TitleLimit)) {
                $message = "a title or a label has more than $($script:TitleLimit) characters or is no plain line"
                throw (New-SfError -Code 'notice-unfit' -Message $message)
            }
        }
        if ([string]::IsNullOrWhiteSpace($one.title)) {
            throw (New-SfError -Code 'notice-unfit' -Message 'a notice has no title')
        }
        $lines = $one.text.Replace("`n", '')
        if (-not (Test-SfPlainText -Text $lines -Most $script:TextLimit)) {
            $message = "a text has more than $($script:TextLimit) characters or control characters"
            throw (New-SfError -Code 'notice-unfit' -Message $message)
        }
        if (($one.go_label -eq '') -ne ($one.later_label -eq '')) {
            throw (New-SfError -Code 'notice-unfit' -Message 'a question needs both go_label and later_label')
        }
        if (-not $users.Add($one.user)) {
            $message = 'a user has two notices: one call shows each user one'
            throw (New-SfError -Code 'notice-unfit' -Message $message)
        }
    }
}

function Test-SfPlainText {
    <#
    .SYNOPSIS
    Whether a text has no control character, no half of a character, and not too many of them.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Text,
        [Parameter(Mandatory = $true)][int]$Most
    )
    $pairs = 0
    for ($number = 0; $number -lt $Text.Length; $number++) {
        $letter = $Text[$number]
        if ([char]::IsControl($letter)) {
            return $false
        }
        if ([char]::IsSurrogate($letter)) {
            if ($number + 1 -ge $Text.Length -or -not [char]::IsSurrogatePair($letter, $Text[$number + 1])) {
                return $false
            }
            $pairs++
            $number++
        }
    }
    return $Text.Length - $pairs -le $Most
}

function New-SfShown {
    <#
    .SYNOPSIS
    What became of a notice: state is shown, absent or failed; answer go, later, none, or '' where nothing was asked.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$User,
        [Parameter(Mandatory = $true)][string]$State,
        [string]$Answer = '',
        [string]$Code = '',
        [AllowEmptyString()][string]$Message = ''
    )
    return [ordered]@{ user = $User; state = $State; answer = $Answer; code = $Code; message = $Message; do = '' }
}

Export-ModuleMember -Function @(
    'Assert-SfNotice', 'New-SfShown'
)
