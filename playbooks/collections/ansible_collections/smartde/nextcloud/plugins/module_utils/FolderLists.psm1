# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0

#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .Accounts
#AnsibleRequires -PowerShell .ClientConfig
#AnsibleRequires -PowerShell .HostFacts
#AnsibleRequires -PowerShell .Manifest
#AnsibleRequires -PowerShell .Reach
#AnsibleRequires -PowerShell .Bringing
#AnsibleRequires -PowerShell .WindowsProfiles
#AnsibleRequires -PowerShell .WindowsSystem

# What win_tree_manifest says of a host: every sync folder with its counts and digests, and on demand the lists that the
# controller compares. The twin of treecheck.py as far as the host is concerned.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# of one configuration: a file of 2 MB can name tens of thousands
$script:FolderLimit = 500

function Get-SfFolderList {
    <#
    .SYNOPSIS
    A table of folders and problems.

    .PARAMETER Wish
    The module's parameters.

    .PARAMETER Spool
    A folder for copies that only administrators can read.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Wish,
        [Parameter(Mandatory = $true)] [string] $Spool
    )
    Show-SfPlaceholder
    $problems = [System.Collections.Generic.List[object]]::new()
    $root = [string] $Wish['root']
    $everybody = Get-SfPerson -Root $root
    $users = [string[]] @($Wish['users'])
    $admin = Test-SfAdministrator
    $world = @{
        root = $root
        spool = $Spool
        problems = $problems
        clients = Get-SfSeen -What 'clients' -Root $root -Problems $problems
        remembered = Get-SfRemembered -Root $root -Run ([string] $Wish['run'])
        budget = @{ left = [long] $Wish['bring_bytes'] }
        wish = $Wish
    }
    $folders = [System.Collections.Generic.List[object]]::new()
    foreach ($person in (Select-SfPerson -Everybody $everybody -Users $users -Admin $admin -Problems $problems)) {
        if (Test-SfNamed -Profiles $Wish['profiles'] -User $person.Name) {
            Add-SfPersonFolder -Folders $folders -Person $person -World $world
        }
    }
    return @{ folders = $folders; problems = $problems }
}

function Get-SfRemembered {
    <#
    .SYNOPSIS
    The moves whose manifests are compared with, oldest first: of one run, or of any for 'latest' and for no run.
    #>
    [CmdletBinding()]
    [OutputType([object[]])]
    param([string] $Root, [AllowEmptyString()] [string] $Run)
    if ($Run -ceq '' -or $Run -ceq 'latest') {
        return , (Get-SfTransaction -Root $Root)
    }
    return , (Get-SfTransaction -Root $Root -Run $Run)
}

function Test-SfNamed {
    <#
    .SYNOPSIS
    Whether a user, or one configuration of his, is among the profiles that were asked for; everybody is if none were.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [AllowNull()] [AllowEmptyCollection()] [object[]] $Profiles,
        [Parameter(Mandatory = $true)] [string] $User,
        [string] $Path = ''
    )
    if ($null -eq $Profiles -or $Profiles.Length -eq 0) {
        return $true
    }
    foreach ($one in $Profiles) {
        if ([string] $one['user'] -eq $User -and ($Path -ceq '' -or [string] $one['config_path'] -ceq $Path)) {
            return $true
        }
    }
    return $false
}

function Add-SfPersonFolder {
    <#
    .SYNOPSIS
    Add the folders of all configurations of a person. What goes wrong is noted in the world's problems.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [AllowEmptyCollection()] [System.Collections.IList] $Folders,
        [Parameter(Mandatory = $true)] [psobject] $Person,
        [Parameter(Mandatory = $true)] [hashtable] $World
    )
    $problem = $Person.Problem
    if ($problem.Length -gt 0) {
        $words = '{0}: {1}' -f $Person.Name, $problem
        $null = $World.problems.Add((New-SfProblem -Code 'profile-gone' -Message $words))
        return
    }
    try {
        $null = Read-SfPersonRegistry -Person $Person -Spool $World.spool
    }
    catch {
        # the usual places were noted; most people's settings are there
        $words = '{0}: {1}' -f $Person.Name, (Get-SfErrorText -ErrorRecord $_)
        $null = $World.problems.Add((New-SfProblem -Code 'profile-registry' -Message $words))
    }
    try {
        $clients = @($World.clients | Where-Object -FilterScript { $_.Sid -eq $Person.Sid })
        foreach ($place in (Get-SfConfigPlace -Person $Person -Clients $clients -Root $World.root)) {
            if (Test-SfNamed -Profiles $World.wish['profiles'] -User $Person.Name -Path $place.Path) {
                Add-SfConfigFolder -Folders $Folders -Person $Person -Place $place -World $World
            }
        }
    }
    catch {
        $words = '{0}: {1}' -f $Person.Name, (Get-SfErrorText -ErrorRecord $_)
        $null = $World.problems.Add((New-SfProblem -Code 'profile-unread' -Message $words))
    }
}

function Add-SfConfigFolder {
    <#
    .SYNOPSIS
    Add the folders that one configuration names.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [AllowEmptyCollection()] [System.Collections.IList] $Folders,
        [Parameter(Mandatory = $true)] [psobject] $Person,
        [Parameter(Mandatory = $true)] [psobject] $Place,
        [Parameter(Mandatory = $true)] [hashtable] $World
    )
    $read = Get-SfConfigFact -Place $Place -Root $World.root
    $where = '{0}: {1}' -f $Person.Name, $Place.Path
    if ($null -eq $read.Ini) {
        $state = $read.Facts['state']
        if ($state -cne 'absent' -and $state -cne 'empty') {
            $words = ('{0}: {1} {2}' -f $where, $state, $read.Facts['detail']).Trim()
            $null = $World.problems.Add((New-SfProblem -Code 'config-unreadable' -Message $words))
        }
        return
    }
    $number = 0
    foreach ($account in (Get-SfAccount -Ini $read.Ini)) {
        foreach ($folder in $account.Folders) {
            $number++
            if ($number -gt $script:FolderLimit) {
                $message = '{0} names more than {1} folders' -f $where, $script:FolderLimit
                $null = $World.problems.Add((New-SfProblem -Code 'too-much' -Message $message))
                return
            }
            $told = New-SfFolder -Person $Person -Place $Place -Account $account -Folder $folder -World $World
            Add-SfLook -Told $told -Person $Person -Folder $folder -World $World
            $null = $Folders.Add($told)
        }
    }
}

function New-SfFolder {
    <#
    .SYNOPSIS
    A folder as its configuration tells it, before anybody has looked.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param([psobject] $Person, [psobject] $Place, [psobject] $Account, [psobject] $Folder, [hashtable] $World)
    return [ordered]@{
        user = $Person.Name
        config_path = $Place.Path
        account = $Folder.Account
        group = $Folder.Group
        alias = $Folder.Alias
        local_path = $Folder.LocalPath
        url = $Account.Url
        level = [string] $World.wish['level']
        state = 'unwalked'
        detail = ''
        files = 0
        bytes = [long] 0
        placeholders = 0
        links = 0
        root_digest = ''
        no_before = ''
        before_digest = ''
        ignore_hidden = $Folder.IgnoreHidden
        running = $null -ne $Place.Client
        excludes = ''
        bring_refused = ''
        listing = ''
        before_listing = ''
        journal = $null
    }
}

function Add-SfLook {
    <#
    .SYNOPSIS
    Look at a folder. Never throws: what goes wrong is a state with its detail.
    #>
    [CmdletBinding()]
    param([System.Collections.IDictionary] $Told, [psobject] $Person, [psobject] $Folder, [hashtable] $World)
    $wish = $World.wish
    $state = Get-SfFolderState -Path $Folder.LocalPath -Root $World.root -Homes $Person.OtherHomes
    $Told.state = $state.State
    $Told.detail = $state.Detail
    if ($state.State -cne 'ok') {
        return
    }
    $content = [string] $wish['level'] -ceq 'content'
    $stream = $null
    if ($wish['bring']) {
        $stream = [System.IO.MemoryStream]::new()
    }
    try {
        $before = Get-SfEarlier -Told $Told -World $World -Content $content
        $with = @{
            Folder = $state.Disk; Stream = $stream; Digests = $content
            VirtualFiles = $Folder.VirtualFiles; Seconds = [double] $wish['timeout']
        }
        $count = Write-SfManifest @with
        foreach ($name in @('files', 'bytes', 'placeholders', 'links')) {
            $Told[$name] = $count[$name]
        }
        $Told.root_digest = $count.root
        if ($count.unread -gt 0) {
            $Told.detail = '{0} names in it cannot be looked at' -f $count.unread
        }
        if ($null -ne $stream) {
            $from = @{ Folder = $state.Disk; Journal = $Folder.Journal; Before = $before; Listing = $stream }
            Add-SfBrought @from -Told $Told -Root $World.root -Spool $World.spool -Budget $World.budget
        }
    }
    catch {
        $fact = Get-SfErrorFact -ErrorRecord $_
        $Told.state = if ($fact.code -ceq 'folder-slow') { 'unwalked' } else { 'unreadable' }
        $Told.detail = $fact.message
    }
    finally {
        if ($null -ne $stream) {
            $stream.Dispose()
        }
    }
}

function Get-SfEarlier {
    <#
    .SYNOPSIS
    The disk path of the manifest from before, '' if there is none; its digest, or why there is none, is noted.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([System.Collections.IDictionary] $Told, [hashtable] $World, [bool] $Content)
    if ([string] $World.wish['run'] -ceq '') {
        $Told.no_before = 'no run was named to compare with'
        return ''
    }
    $place = ''
    foreach ($one in $World.remembered) {
        if ($one.user -eq $Told.user -and $one.config_path -eq $Told.config_path) {
            $place = $one.folder
        }
    }
    if ($place -ceq '') {
        $Told.no_before = 'this host remembers no move of this profile'
        return ''
    }
    $path = Get-SfManifestPath -Folder $place -Account $Told.account -Group $Told.group -Alias $Told.alias
    if (-not [System.IO.File]::Exists((Get-SfLongPath -Path $path))) {
        $Told.no_before = 'there is no manifest of this folder from before the move'
        return ''
    }
    try {
        $Told.before_digest = Get-SfManifestRoot -Path $path -Digests:$Content
    }
    catch {
        $Told.no_before = (Get-SfErrorFact -ErrorRecord $_).message
        return ''
    }
    return $path
}

Export-ModuleMember -Function @('Get-SfFolderList')
