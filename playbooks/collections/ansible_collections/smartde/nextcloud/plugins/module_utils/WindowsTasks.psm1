# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Work in a user's own session: a scheduled task of that user with an interactive token and without elevated rights,
# which is registered, run, waited for and removed. What goes in lies in a folder that the user may read; what comes
# back is one small file that the user may write, and is believed no more than anything else of a user's.
#AnsibleRequires -PowerShell .Answers
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .StateWrite
#AnsibleRequires -PowerShell .WindowsAcl
#AnsibleRequires -PowerShell .WindowsProfiles

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Prefix = 'smartfleet-'
# a task needs some seconds to begin, and PowerShell some to compile
$script:TaskSeconds = 60
# numbers of the Task Scheduler's own interface
$script:CreateTask = 2
$script:InteractiveToken = 3
$script:LeastPrivilege = 0
$script:RunProgram = 0
$script:UseSession = 4
$script:WithHidden = 1
$script:OrdinaryPriority = 5

function Invoke-SfAsUser {
    <#
    .SYNOPSIS
    Do one thing in a user's session; what user_part.ps1 answers, as an object. Its errors are thrown with their codes;
    user-part-silent where no answer came in time.
    .PARAMETER Desk
    Table with root, sid and files (the texts of user_part.ps1 and Native.cs).
    .PARAMETER Seconds
    How long the thing itself may take.
    #>
    [CmdletBinding()]
    [OutputType([psobject])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Desk,
        [Parameter(Mandatory = $true)][int]$Session,
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Order,
        [double]$Seconds = 0
    )
    $wait = $script:TaskSeconds + $Seconds
    $name = $script:Prefix + [guid]::NewGuid().ToString('N')
    $folder = New-SfTaskPlace -Desk $Desk -Name $name -Order $Order
    try {
        $service = Connect-SfScheduler
        Start-SfTask -Service $service -Name $name -Folder $folder -Sid $Desk.sid -Session $Session -Seconds $wait
        $answer = Wait-SfAnswer -Path ([System.IO.Path]::Combine($folder, 'result.json')) -Seconds $wait
        if ($null -eq $answer) {
            throw (New-SfSilentError -Service $service -Name $name -Seconds $wait)
        }
    }
    finally {
        Remove-SfTask -Root $Desk.root -Name $name
    }
    $code = $answer.PSObject.Properties['code']
    if ($null -ne $code) {
        throw (New-SfAnswerError -Code ([string]$code.Value) -Answer $answer)
    }
    return $answer
}

function New-SfTaskPlace {
    <#
    .SYNOPSIS
    The folder of a task, with the script, its order, and the empty file for its answer.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)][hashtable]$Desk,
        [Parameter(Mandatory = $true)][string]$Name,
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Order
    )
    $tasks = [System.IO.Path]::Combine((Get-SfStateFolder -Root $Desk.root), 'tasks')
    Initialize-SfStateFolder -Root $Desk.root -Path $tasks
    $folder = [System.IO.Path]::Combine($tasks, $Name)
    New-SfTaskFolder -Path $folder -Sid $Desk.sid
    $utf8 = [System.Text.UTF8Encoding]::new($false)
    # Windows PowerShell takes a script without a byte order mark for the code page of the system
    $marked = [System.Text.UTF8Encoding]::new($true)
    foreach ($file in @('user_part.ps1', 'Native.cs')) {
        if (-not $Desk.files.ContainsKey($file)) {
            $message = "the text of $file was not handed over"
            throw (New-SfError -Code 'user-part-failed' -Message $message -Do 'run account_move itself')
        }
        [System.IO.File]::WriteAllText([System.IO.Path]::Combine($folder, $file), [string]$Desk.files[$file], $marked)
    }
    $text = ConvertTo-Json -InputObject $Order -Depth 6 -Compress
    [System.IO.File]::WriteAllText([System.IO.Path]::Combine($folder, 'order.json'), $text, $utf8)
    $result = [System.IO.Path]::Combine($folder, 'result.json')
    [System.IO.File]::WriteAllText($result, '', $utf8)
    Grant-SfWrite -Path $result -Sid $Desk.sid
    return $folder
}

function Connect-SfScheduler {
    <#
    .SYNOPSIS
    The Task Scheduler of this host.
    #>
    [CmdletBinding()]
    param()
    $service = New-Object -ComObject Schedule.Service
    $null = $service.Connect()
    return $service
}

function Start-SfTask {
    <#
    .SYNOPSIS
    Register the task and run it in the session.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][object]$Service,
        [Parameter(Mandatory = $true)][string]$Name,
        [Parameter(Mandatory = $true)][string]$Folder,
        [Parameter(Mandatory = $true)][string]$Sid,
        [Parameter(Mandatory = $true)][int]$Session,
        [Parameter(Mandatory = $true)][double]$Seconds
    )
    $account = Get-SfAccountName -Sid $Sid
    if ($account -eq '') {
        # its domain does not answer now; the scheduler takes the number as well
        $account = $Sid
    }
    $definition = $Service.NewTask(0)
    $definition.RegistrationInfo.Description = 'smartfleet: one step in the session of a user; removed afterwards'
    $definition.Principal.UserId = $account
    $definition.Principal.LogonType = $script:InteractiveToken
    $definition.Principal.RunLevel = $script:LeastPrivilege
    Set-SfTaskSetting -Settings $definition.Settings -Seconds $Seconds
    $action = $definition.Actions.Create($script:RunProgram)
    $system = [System.Environment]::SystemDirectory
    $action.Path = [System.IO.Path]::Combine($system, 'WindowsPowerShell\v1.0\powershell.exe')
    $words = '-NoLogo -NoProfile -NonInteractive -WindowStyle Hidden -ExecutionPolicy Bypass -File'
    $action.Arguments = $words + ' "' + [System.IO.Path]::Combine($Folder, 'user_part.ps1') + '"'
    $place = $Service.GetFolder('\')
    $task = $place.RegisterTaskDefinition(
        $Name, $definition, $script:CreateTask, $account, $null, $script:InteractiveToken, $null)
    $null = $task.RunEx($null, $script:UseSession, $Session, $null)
}

function Set-SfTaskSetting {
    <#
    .SYNOPSIS
    Hidden, on demand only, on batteries too, with an end, and with the ordinary priority that a client started by it
    inherits.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][object]$Settings,
        [Parameter(Mandatory = $true)][double]$Seconds
    )
    $Settings.Hidden = $true
    $Settings.Enabled = $true
    $Settings.AllowDemandStart = $true
    $Settings.StartWhenAvailable = $false
    $Settings.DisallowStartIfOnBatteries = $false
    $Settings.StopIfGoingOnBatteries = $false
    $Settings.ExecutionTimeLimit = 'PT' + ([int]$Seconds + 300) + 'S'
    $Settings.Priority = $script:OrdinaryPriority
}

function New-SfSilentError {
    <#
    .SYNOPSIS
    The error of a task that gave no answer.
    #>
    [CmdletBinding()]
    [OutputType([System.Exception])]
    param(
        [Parameter(Mandatory = $true)][object]$Service,
        [Parameter(Mandatory = $true)][string]$Name,
        [Parameter(Mandatory = $true)][double]$Seconds
    )
    $told = '0x{0:x8}' -f [int]$Service.GetFolder('\').GetTask($Name).LastTaskResult
    $message = "the user's session gave no answer within $([int]$Seconds) seconds (the task's result: $told)"
    $do = 'see that the user is logged on and may run powershell.exe (AppLocker, signed scripts), then apply again'
    return New-SfError -Code 'user-part-silent' -Message $message -Do $do
}

function Remove-SfTask {
    <#
    .SYNOPSIS
    Remove a task and its folder. What cannot be removed now is removed by the next call (Clear-SfTask): the work that
    was done must not be reported as failed for it.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Root,
        [Parameter(Mandatory = $true)][string]$Name
    )
    try {
        $null = (Connect-SfScheduler).GetFolder('\').DeleteTask($Name, 0)
    }
    catch {
        Write-Debug -Message "the task $Name stays for now: $(Get-SfErrorText -ErrorRecord $_)"
    }
    try {
        Remove-SfFolder -Path ([System.IO.Path]::Combine((Get-SfStateFolder -Root $Root), 'tasks', $Name))
    }
    catch {
        Write-Debug -Message "the folder of the task $Name stays for now: $(Get-SfErrorText -ErrorRecord $_)"
    }
}

function Clear-SfTask {
    <#
    .SYNOPSIS
    Remove what calls that died have left: who has the host's lock is alone.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Root)
    $names = [System.Collections.Generic.List[string]]::new()
    foreach ($folder in (Get-SfSubfolder -Path ([System.IO.Path]::Combine((Get-SfStateFolder -Root $Root), 'tasks')))) {
        $names.Add([System.IO.Path]::GetFileName($folder))
    }
    try {
        $tasks = (Connect-SfScheduler).GetFolder('\').GetTasks($script:WithHidden)
        foreach ($task in $tasks) {
            $isOurs = $task.Name.StartsWith($script:Prefix, [System.StringComparison]::Ordinal)
            if ($isOurs -and -not $names.Contains($task.Name)) {
                $names.Add($task.Name)
            }
        }
    }
    catch {
        # without a scheduler nothing is left in it; the step that needs it will say so
        Write-Debug -Message (Get-SfErrorText -ErrorRecord $_)
    }
    foreach ($name in $names) {
        Remove-SfTask -Root $Root -Name $name
    }
}

Export-ModuleMember -Function @(
    'Invoke-SfAsUser', 'Clear-SfTask'
)
