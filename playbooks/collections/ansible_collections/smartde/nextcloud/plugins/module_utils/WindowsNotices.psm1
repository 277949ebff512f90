# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Notices in the sessions of their users, all at the same time: what msg.exe does, with an answer. A notice is shown in
# each session that its user looks at, locked or not; in a disconnected one, until the user comes back, if that is all.
#AnsibleRequires -CSharpUtil .Native
#AnsibleRequires -PowerShell .Notices
#AnsibleRequires -PowerShell .WindowsProfiles
#AnsibleRequires -PowerShell .WindowsSessions

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# buttons by their numbers in Windows; 0 and below is no button
$script:Yes = 6
$script:No = 7

function Show-SfNotice {
    <#
    .SYNOPSIS
    Show every notice; what became of each, in their order. Lasts as long as the slowest answer.
    .PARAMETER Rehearse
    Show nothing; who could be told is told.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Notices,
        [Parameter(Mandatory = $true)][int]$Seconds,
        [Parameter(Mandatory = $true)][bool]$Rehearse
    )
    $people = Get-SfPerson -Root $Root
    $sessions = Get-SfSession -Root $Root
    $all = [System.Collections.Generic.List[object]]::new()
    $parts = [System.Collections.Generic.List[object]]::new()
    foreach ($notice in $Notices) {
        $person = Find-SfNoticePerson -People $people -User $notice.user
        $messages = [System.Collections.Generic.List[object]]::new()
        if ($null -ne $person) {
            foreach ($session in (Get-SfNoticeSession -Sessions $sessions -Sid $person.Sid)) {
                $messages.Add((New-SfMessage -Notice $notice -Session $session))
            }
        }
        $all.AddRange($messages.ToArray())
        $parts.Add(@{ notice = $notice; isKnown = ($null -ne $person); messages = $messages.ToArray() })
    }
    if (-not $Rehearse -and $all.Count -gt 0) {
        $array = [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Message[]]$all.ToArray()
        [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Messages]::Show($array, $Seconds)
    }
    $shown = [System.Collections.Generic.List[object]]::new()
    foreach ($part in $parts) {
        $shown.Add((Get-SfShown -Part $part -Rehearse $Rehearse))
    }
    return , $shown.ToArray()
}

function Find-SfNoticePerson {
    <#
    .SYNOPSIS
    The person of this name; nothing if there is none.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][System.Collections.IEnumerable]$People,
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$User
    )
    foreach ($person in $People) {
        if ($person.Name -ceq $User) {
            return $person
        }
    }
    return $null
}

function Get-SfNoticeSession {
    <#
    .SYNOPSIS
    The numbers of a user's sessions; those that are disconnected only where there is no other.
    #>
    [CmdletBinding()]
    [OutputType([int[]])]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][System.Collections.IEnumerable]$Sessions,
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Sid
    )
    $seen = [System.Collections.Generic.List[int]]::new()
    $left = [System.Collections.Generic.List[int]]::new()
    foreach ($session in $Sessions) {
        # session 0 is that of the services
        if ($Sid -eq '' -or $session.Sid -ne $Sid -or $session.Id -le 0) {
            continue
        }
        if ($session.Kind -eq 'disconnected') {
            $left.Add($session.Id)
        }
        else {
            $seen.Add($session.Id)
        }
    }
    if ($seen.Count -eq 0) {
        return , $left.ToArray()
    }
    return , $seen.ToArray()
}

function New-SfMessage {
    <#
    .SYNOPSIS
    A notice for one session.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Notice,
        [Parameter(Mandatory = $true)][int]$Session
    )
    $made = [ansible_collections.smartde.nextcloud.plugins.module_utils.Native.Message]::new()
    $made.Session = $Session
    $made.Title = $Notice.title
    $made.Text = $Notice.text
    $made.Asks = $Notice.go_label -ne ''
    return $made
}

function Get-SfShown {
    <#
    .SYNOPSIS
    What became of a notice that was shown in these sessions. Who asks to wait in one of them is heard.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Part,
        [Parameter(Mandatory = $true)][bool]$Rehearse
    )
    $user = $Part.notice.user
    if (-not $Part.isKnown) {
        return New-SfShown -User $user -State 'failed' -Code 'unknown-user' -Message 'there is no such user'
    }
    if ($Part.messages.Length -eq 0) {
        return New-SfShown -User $user -State 'absent'
    }
    if ($Rehearse) {
        return New-SfShown -User $user -State 'shown'
    }
    $answers = [System.Collections.Generic.List[int]]::new()
    $problem = ''
    foreach ($message in $Part.messages) {
        if ($message.Answer -gt 0) {
            $answers.Add($message.Answer)
        }
        else {
            $problem = [System.ComponentModel.Win32Exception]::new(-$message.Answer).Message
        }
    }
    if ($answers.Count -eq 0) {
        return New-SfShown -User $user -State 'failed' -Code 'no-notifications' -Message $problem
    }
    $answer = ''
    if ($Part.notice.go_label -ne '') {
        $answer = 'none'
        if ($answers.Contains($script:No)) {
            $answer = 'later'
        }
        elseif ($answers.Contains($script:Yes)) {
            $answer = 'go'
        }
    }
    return New-SfShown -User $user -State 'shown' -Answer $answer
}

Export-ModuleMember -Function @(
    'Show-SfNotice'
)
