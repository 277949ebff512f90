# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# What a run did to a profile, kept beside its marks, to be told again when the same run asks again: a controller that
# died before it had written an answer down hears then what it would have heard. The twin of retelling.py.
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Outcome
#AnsibleRequires -PowerShell .State
#AnsibleRequires -PowerShell .StateWrite
#AnsibleRequires -PowerShell .Transaction

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:File = 'outcome.json'

function Save-SfTold {
    <#
    .SYNOPSIS
    Write down what a run is told of a profile; it is on the disk when this returns.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Folder,
        [Parameter(Mandatory = $true)][string]$Run,
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Outcome
    )
    $told = [ordered]@{}
    foreach ($key in $Outcome.Keys) {
        $told[$key] = $Outcome[$key]
    }
    # lists of one or none must stay lists
    $told.steps = [object[]]@($Outcome.steps)
    $told.proofs = [object[]]@($Outcome.proofs)
    $path = [System.IO.Path]::Combine($Folder, $script:File)
    Write-SfJson -Path $path -Data ([ordered]@{ run = $Run; outcome = $told })
}

function Get-SfTold {
    <#
    .SYNOPSIS
    What the run was told when it carried the transaction out; it has one more key, told_before. Nothing if that was
    another run, or cannot be read.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param(
        [Parameter(Mandatory = $true)][string]$Folder,
        [Parameter(Mandatory = $true)][string]$Run
    )
    $path = [System.IO.Path]::Combine($Folder, $script:File)
    if (-not [System.IO.File]::Exists($path)) {
        return $null
    }
    try {
        $read = Read-SfJson -Path $path
        if ([string]$read.run -cne $Run) {
            return $null
        }
        return ConvertTo-SfToldOutcome -Told $read.outcome
    }
    catch {
        Write-Debug -Message "$path cannot be told again: $(Get-SfErrorText -ErrorRecord $_)"
        return $null
    }
}

function ConvertTo-SfToldOutcome {
    <#
    .SYNOPSIS
    An outcome as it was read from the file.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param([Parameter(Mandatory = $true)][psobject]$Told)
    $steps = [System.Collections.Generic.List[object]]::new()
    foreach ($one in @($Told.steps)) {
        $seconds = [double]$one.seconds
        $detail = [string]$one.detail
        $steps.Add((New-SfReport -Step $one.step -State $one.state -Seconds $seconds -Detail $detail))
    }
    $proofs = [System.Collections.Generic.List[object]]::new()
    foreach ($one in @($Told.proofs)) {
        $proofs.Add((New-SfProof -Proof ([string]$one.proof) -State ([string]$one.state) -Detail ([string]$one.detail)))
    }
    $made = New-SfOutcome -User $Told.user -ConfigPath $Told.config_path -Outcome $Told.outcome
    foreach ($name in @('code', 'message', 'do', 'backup')) {
        $made[$name] = [string]$Told.$name
    }
    $made.changed = [bool]$Told.changed
    $made.steps = $steps.ToArray()
    $made.proofs = $proofs.ToArray()
    $made.told_before = $true
    return $made
}

Export-ModuleMember -Function @(
    'Save-SfTold', 'Get-SfTold'
)
