# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Rights on what smartfleet keeps on a host. On another system than Windows, where the scripts are only tried, folders
# are made with the rights that the system gives them.
#AnsibleRequires -PowerShell .Disk
#AnsibleRequires -PowerShell .Errors

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Administrators = 'S-1-5-32-544'
$script:System = 'S-1-5-18'

function Initialize-SfPrivateFolder {
    <#
    .SYNOPSIS
    Make a folder that administrators and SYSTEM alone can enter, or see that the one that is there is such a folder.
    .DESCRIPTION
    Every user may make folders in C:\ProgramData: one that somebody else has made before us is refused with the code
    state-foreign.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Path)
    if (-not (Test-SfWindows)) {
        $null = [System.IO.Directory]::CreateDirectory($Path)
        return
    }
    if (-not [System.IO.Directory]::Exists($Path)) {
        New-SfFolderWith -Path $Path -Security (Get-SfPrivateSecurity)
    }
    Assert-SfPlainPath -Path $Path
    Assert-SfPrivate -Path $Path
}

function New-SfTaskFolder {
    <#
    .SYNOPSIS
    Make a folder that a user may read and administrators alone may change. It must not be there yet.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][string]$Sid
    )
    $security = Get-SfPrivateSecurity
    $security.AddAccessRule((Get-SfRule -Sid $Sid -Rights 'ReadAndExecute, Synchronize' -Inherit))
    New-SfFolderWith -Path $Path -Security $security
}

function Grant-SfWrite {
    <#
    .SYNOPSIS
    Let a user write into a file that is there; not remove it, nor change its rights.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][string]$Sid
    )
    $sections = [System.Security.AccessControl.AccessControlSections]::Access
    $security = [System.Security.AccessControl.FileSecurity]::new($Path, $sections)
    $security.AddAccessRule((Get-SfRule -Sid $Sid -Rights 'Read, Write, Synchronize'))
    Set-SfFileSecurity -Path $Path -Security $security
}

function Copy-SfOwner {
    <#
    .SYNOPSIS
    Give a file the owner of another one, as far as this account may: what the user may do there comes from the
    folder's rights and does not hang on it.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$From,
        [Parameter(Mandatory = $true)][string]$To
    )
    if (-not (Test-SfWindows)) {
        return
    }
    try {
        $owner = [System.Security.AccessControl.AccessControlSections]::Owner
        $found = [System.Security.AccessControl.FileSecurity]::new($From, $owner)
        $security = [System.Security.AccessControl.FileSecurity]::new()
        $security.SetOwner($found.GetOwner([System.Security.Principal.SecurityIdentifier]))
        Set-SfFileSecurity -Path $To -Security $security
    }
    catch {
        Write-Debug -Message "the owner of $To stays an administrator: $(Get-SfErrorText -ErrorRecord $_)"
    }
}

function Set-SfFileSecurity {
    <#
    .SYNOPSIS
    Write rights to a file, in the two ways that .NET has for it.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][System.Security.AccessControl.FileSecurity]$Security
    )
    $info = [System.IO.FileInfo]::new($Path)
    if ($PSVersionTable.PSVersion.Major -ge 6) {
        [System.IO.FileSystemAclExtensions]::SetAccessControl($info, $Security)
        return
    }
    $info.SetAccessControl($Security)
}

function New-SfFolderWith {
    <#
    .SYNOPSIS
    Make a folder with these rights from its first moment. Code state-foreign where one came in between.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][System.Security.AccessControl.DirectorySecurity]$Security
    )
    if ($PSVersionTable.PSVersion.Major -ge 6) {
        $null = [System.IO.FileSystemAclExtensions]::CreateDirectory($Security, $Path)
        return
    }
    $null = [System.IO.Directory]::CreateDirectory($Path, $Security)
}

function Get-SfPrivateSecurity {
    <#
    .SYNOPSIS
    The rights of a folder for administrators and SYSTEM alone, inherited by what is made in it.
    #>
    [CmdletBinding()]
    [OutputType([System.Security.AccessControl.DirectorySecurity])]
    param()
    $security = [System.Security.AccessControl.DirectorySecurity]::new()
    $security.SetAccessRuleProtection($true, $false)
    $security.SetOwner([System.Security.Principal.SecurityIdentifier]::new($script:Administrators))
    foreach ($sid in @($script:Administrators, $script:System)) {
        $security.AddAccessRule((Get-SfRule -Sid $sid -Rights 'FullControl' -Inherit))
    }
    return $security
}

function Get-SfRule {
    <#
    .SYNOPSIS
    One right that is granted.
    #>
    [CmdletBinding()]
    [OutputType([System.Security.AccessControl.FileSystemAccessRule])]
    param(
        [Parameter(Mandatory = $true)][string]$Sid,
        [Parameter(Mandatory = $true)][System.Security.AccessControl.FileSystemRights]$Rights,
        [switch]$Inherit
    )
    $flags = [System.Security.AccessControl.InheritanceFlags]::None
    if ($Inherit) {
        $flags = [System.Security.AccessControl.InheritanceFlags]'ContainerInherit, ObjectInherit'
    }
    return [System.Security.AccessControl.FileSystemAccessRule]::new(
        [System.Security.Principal.SecurityIdentifier]::new($Sid),
        $Rights,
        $flags,
        [System.Security.AccessControl.PropagationFlags]::None,
        [System.Security.AccessControl.AccessControlType]::Allow)
}

function Assert-SfPrivate {
    <#
    .SYNOPSIS
    Throw state-foreign unless administrators own the folder and nobody but they and SYSTEM may do anything there.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Path)
    $sections = [System.Security.AccessControl.AccessControlSections]'Access, Owner'
    $security = [System.Security.AccessControl.DirectorySecurity]::new($Path, $sections)
    $kind = [System.Security.Principal.SecurityIdentifier]
    $trusted = @($script:Administrators, $script:System)
    $named = [System.Collections.Generic.List[string]]::new()
    $named.Add($security.GetOwner($kind).Value)
    foreach ($rule in $security.GetAccessRules($true, $true, $kind)) {
        if ($rule.AccessControlType -eq [System.Security.AccessControl.AccessControlType]::Allow) {
            $named.Add($rule.IdentityReference.Value)
        }
    }
    foreach ($sid in $named) {
        if ($trusted -notcontains $sid) {
            $message = "$Path is open to $sid; it must belong to administrators alone"
            $do = "look who made $Path, take what is in it away, remove it, then try again"
            throw (New-SfError -Code 'state-foreign' -Message $message -Do $do)
        }
    }
}

Export-ModuleMember -Function @(
    'Initialize-SfPrivateFolder', 'New-SfTaskFolder', 'Grant-SfWrite', 'Copy-SfOwner'
)
