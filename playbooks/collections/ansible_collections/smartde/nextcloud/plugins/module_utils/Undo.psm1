# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Taking a move back: the configuration as it was, the journals as they are now, the client started again. The twin of
# undo.py; each piece of work is right from any point of a transaction.
#AnsibleRequires -PowerShell .Asides
#AnsibleRequires -PowerShell .Backup
#AnsibleRequires -PowerShell .ConfigWrite
#AnsibleRequires -PowerShell .Desk
#AnsibleRequires -PowerShell .Edits
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Profile
#AnsibleRequires -PowerShell .Transaction

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:AsBefore = 'the configuration is the one from before'

function Get-SfToRestore {
    <#
    .SYNOPSIS
    The bytes that take the move back as the file is now; nothing where there is nothing to take back, or where the
    transaction never got as far as a backup.
    #>
    [CmdletBinding()]
    [OutputType([byte[]])]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    if (-not (Test-SfBackup -Transaction $About.folder)) {
        return $null
    }
    $before = Get-SfBefore -About $About
    try {
        $target = Get-SfTarget -About $About -Before $before
    }
    catch {
        if ((Get-SfErrorFact -ErrorRecord $_).code -eq '') {
            throw
        }
        # the edits do not fit what the client left when it quit: nothing was ever written
        return $null
    }
    $current = Read-SfConfigFile -Path $About.config
    $bytes = Get-SfRestored -Current $current.bytes -Before $before -Target $target -Edits $About.order.edits
    if ($null -eq $bytes) {
        return $null
    }
    return , $bytes
}

function Undo-SfStop {
    <#
    .SYNOPSIS
    End the client, if the file has to be written or a copy to be renamed.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    if ($null -eq (Get-SfToRestore -About $About) -and (Get-SfAwayCopy -About $About).Length -eq 0) {
        return Skip-SfWork -Detail $script:AsBefore
    }
    return Complete-SfWork -Detail (Stop-SfDesk -Desk $About.desk)
}

function Undo-SfConfig {
    <#
    .SYNOPSIS
    Write the old file.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    Remove-SfLeftover -Path $About.config
    $bytes = Get-SfToRestore -About $About
    if ($null -eq $bytes) {
        return Skip-SfWork -Detail $script:AsBefore
    }
    $current = Read-SfConfigFile -Path $About.config
    $null = Set-SfConfig -Path $About.config -Expected $current.sha256 -Bytes $bytes
    return Complete-SfWork -Detail $script:AsBefore
}

function Undo-SfJournals {
    <#
    .SYNOPSIS
    Put back journals that are missing; one that is there knows more than the backup.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][hashtable]$About)
    if (-not (Test-SfBackup -Transaction $About.folder)) {
        return Skip-SfWork -Detail 'there is no backup, so nothing was changed'
    }
    $missing = Get-SfMissingJournal -About $About
    if ($missing.Length -eq 0) {
        return Skip-SfWork -Detail 'every journal is there; it knows more than the backup'
    }
    foreach ($one in $missing) {
        Restore-SfFile -Transaction $About.folder -Saved $one
    }
    return Complete-SfWork -Detail "$($missing.Length) missing journal files put back"
}

Export-ModuleMember -Function @(
    'Get-SfToRestore', 'Undo-SfStop', 'Undo-SfConfig', 'Undo-SfJournals'
)
