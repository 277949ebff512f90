# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Edits of a nextcloud.cfg carried out, and taken back, on the file as it is now. An edit has section, key, old and new:
# raw values as text, null where the key is or was absent. The twin of inverse.py and of undo.restored.
#AnsibleRequires -PowerShell .Errors
#AnsibleRequires -PowerShell .Ini
#AnsibleRequires -PowerShell .Outcome

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Test-SfSameBytes {
    <#
    .SYNOPSIS
    Whether two arrays hold the same bytes; nothing equals nothing.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [AllowNull()][AllowEmptyCollection()][byte[]]$One,
        [AllowNull()][AllowEmptyCollection()][byte[]]$Other
    )
    if ($null -eq $One -or $null -eq $Other) {
        return ($null -eq $One) -and ($null -eq $Other)
    }
    return [System.Convert]::ToBase64String($One) -ceq [System.Convert]::ToBase64String($Other)
}

function ConvertTo-SfRaw {
    <#
    .SYNOPSIS
    The text of an edit as bytes; nothing for null.
    #>
    [CmdletBinding()]
    [OutputType([byte[]])]
    param([AllowNull()][AllowEmptyString()][object]$Text)
    if ($null -eq $Text) {
        return $null
    }
    return , [System.Text.Encoding]::UTF8.GetBytes([string]$Text)
}

function Read-SfCleanIni {
    <#
    .SYNOPSIS
    The file as Qt would read it. Code config-broken where Qt would not.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Bytes)
    $ini = Read-SfIni -Bytes $Bytes
    Assert-SfIni -Ini $ini
    return $ini
}

function Invoke-SfEdits {
    <#
    .SYNOPSIS
    The bytes with every new value. Code config-changed where a value is neither the old nor the new one.
    #>
    [CmdletBinding()]
    [OutputType([byte[]])]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Bytes,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Edits
    )
    $ini = Read-SfCleanIni -Bytes $Bytes
    foreach ($edit in $Edits) {
        $current = Get-SfIniRaw -Ini $ini -Section $edit.section -Key $edit.key
        $new = ConvertTo-SfRaw -Text $edit.new
        if (Test-SfSameBytes -One $current -Other $new) {
            continue
        }
        if (-not (Test-SfSameBytes -One $current -Other (ConvertTo-SfRaw -Text $edit.old))) {
            $message = "$($edit.key) in [$($edit.section)] is not what the plan saw"
            throw (New-SfRefusal -Code 'config-changed' -Message $message)
        }
        $ini = Set-SfIniRaw -Ini $ini -Section $edit.section -Key $edit.key -Raw $new
    }
    return , (Get-SfIniBytes -Ini $ini)
}

function Get-SfApplied {
    <#
    .SYNOPSIS
    The bytes with an order's edits. Code config-changed where a value is neither the old nor the new one.
    .DESCRIPTION
    An account that leaves takes all its values with it, whatever the client made of them when it quit.
    #>
    [CmdletBinding()]
    [OutputType([byte[]])]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Bytes,
        [Parameter(Mandatory = $true)][hashtable]$Order
    )
    $gone = Get-SfGoneAccount -Order $Order
    if ($gone.Length -eq 0) {
        return , (Invoke-SfEdits -Bytes $Bytes -Edits $Order.edits)
    }
    $ini = Read-SfCleanIni -Bytes $Bytes
    $paths = $ini.Paths
    foreach ($path in $paths) {
        $parts = $path.Split([char]47)
        if ($parts.Length -gt 2 -and $parts[0] -ceq 'Accounts' -and $gone -ccontains $parts[1]) {
            $ini = Remove-SfIniPath -Ini $ini -Path $path
        }
    }
    $left = [System.Collections.Generic.List[object]]::new()
    foreach ($edit in $Order.edits) {
        $number = $edit.key.Split([char]92)[0]
        if ($edit.section -cne 'Accounts' -or $gone -cnotcontains $number) {
            $left.Add($edit)
        }
    }
    return , (Invoke-SfEdits -Bytes (Get-SfIniBytes -Ini $ini) -Edits ($left.ToArray()))
}

function Get-SfGoneAccount {
    <#
    .SYNOPSIS
    The numbers of the accounts that leave: those whose URL an order takes out.
    #>
    [CmdletBinding()]
    [OutputType([string[]])]
    param([Parameter(Mandatory = $true)][hashtable]$Order)
    $found = [System.Collections.Generic.List[string]]::new()
    if ($Order.cures -ccontains 'drop-account') {
        foreach ($edit in $Order.edits) {
            if ($null -eq $edit.new -and $edit.key -cmatch '\A[0-9]{1,9}\\url\z') {
                $found.Add($edit.key.Substring(0, $edit.key.IndexOf([char]92)))
            }
        }
    }
    return , $found.ToArray()
}

function Test-SfSameEdits {
    <#
    .SYNOPSIS
    Whether two orders have the same edits.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$One,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Other
    )
    if ($One.Length -ne $Other.Length) {
        return $false
    }
    for ($number = 0; $number -lt $One.Length; $number++) {
        foreach ($name in @('section', 'key', 'old', 'new')) {
            if ($One[$number].$name -cne $Other[$number].$name) {
                return $false
            }
        }
    }
    return $true
}

function Undo-SfEdits {
    <#
    .SYNOPSIS
    A table of bytes, with the old values back, and left: the keys that hold something else and were left alone.
    .DESCRIPTION
    A journalPath that was added stays: without it the client would look for another journal.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Bytes,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Edits
    )
    $ini = Read-SfCleanIni -Bytes $Bytes
    $left = [System.Collections.Generic.List[string]]::new()
    for ($number = $Edits.Length - 1; $number -ge 0; $number--) {
        $edit = $Edits[$number]
        $last = $edit.key.Substring($edit.key.LastIndexOf('\') + 1)
        if ($null -eq $edit.old -and $last -ceq 'journalPath') {
            continue
        }
        $current = Get-SfIniRaw -Ini $ini -Section $edit.section -Key $edit.key
        $old = ConvertTo-SfRaw -Text $edit.old
        if (Test-SfSameBytes -One $current -Other $old) {
            continue
        }
        if (Test-SfSameBytes -One $current -Other (ConvertTo-SfRaw -Text $edit.new)) {
            $ini = Set-SfIniRaw -Ini $ini -Section $edit.section -Key $edit.key -Raw $old
        }
        else {
            $left.Add($edit.key)
        }
    }
    return @{ bytes = (Get-SfIniBytes -Ini $ini); left = $left.ToArray() }
}

function Test-SfMoved {
    <#
    .SYNOPSIS
    Whether every value of the order is the new one.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Bytes,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Edits
    )
    $ini = Read-SfIni -Bytes $Bytes
    if ($ini.Problems.Count -gt 0) {
        return $false
    }
    foreach ($edit in $Edits) {
        $current = Get-SfIniRaw -Ini $ini -Section $edit.section -Key $edit.key
        if (-not (Test-SfSameBytes -One $current -Other (ConvertTo-SfRaw -Text $edit.new))) {
            return $false
        }
    }
    return $true
}

function Get-SfRestored {
    <#
    .SYNOPSIS
    The bytes that take a move back; nothing where nothing is left to take back.
    .DESCRIPTION
    What the move wrote and nobody touched since becomes the backup again, byte for byte. Else only the moved values go
    back, so later changes stay. Code config-changed (refused) where a moved value is neither the new nor the old one.
    #>
    [CmdletBinding()]
    [OutputType([byte[]])]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Current,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Before,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][byte[]]$Target,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Edits
    )
    if (Test-SfSameBytes -One $Current -Other $Before) {
        return $null
    }
    if (Test-SfSameBytes -One $Current -Other $Target) {
        return , $Before
    }
    $do = 'audit the host: somebody changed the account since the move'
    try {
        $taken = Undo-SfEdits -Bytes $Current -Edits $Edits
    }
    catch {
        $message = "nextcloud.cfg cannot be read any more: $(Get-SfErrorText -ErrorRecord $_)"
        throw (New-SfRefusal -Code 'config-changed' -Message $message -Do $do)
    }
    if ($taken.left.Length -gt 0) {
        $message = "nextcloud.cfg has other values now: $($taken.left -join ', ')"
        throw (New-SfRefusal -Code 'config-changed' -Message $message -Do $do)
    }
    if (Test-SfSameBytes -One $taken.bytes -Other $Current) {
        return $null
    }
    return , $taken.bytes
}

Export-ModuleMember -Function @(
    'Test-SfSameBytes', 'Read-SfCleanIni', 'Get-SfApplied', 'Test-SfSameEdits', 'Test-SfMoved', 'Get-SfRestored'
)
