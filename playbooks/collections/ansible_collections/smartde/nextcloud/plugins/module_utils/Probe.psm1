# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
# Ask a server name who it is, from this host and without credentials: the twin of probe.py, which tells why. The
# machine's own proxy settings are used and certificates are checked.
#AnsibleRequires -PowerShell .Errors

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$script:Limit = 65536
$script:Milliseconds = 10000

function Get-SfServer {
    <#
    .SYNOPSIS
    What the server of this name says of itself: state (ok, redirect, unreachable, not-nextcloud, maintenance),
    instance ('' if it was not told), detail.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)][string]$Url)
    $base = $Url.TrimEnd('/')
    if ($base -cnotmatch '\Ahttps?://[^/]') {
        return New-SfServerAnswer -State 'not-nextcloud' -Detail "$base is no web address"
    }
    try {
        $answer = Read-SfWeb -Url "$base/status.php"
        if ($answer.status -ge 300 -and $answer.status -lt 400) {
            return New-SfServerAnswer -State 'redirect' -Detail "$base redirects to $($answer.location)"
        }
        $found = Test-SfServerAnswer -Base $base -Answer $answer
        if ($found.state -ne 'ok') {
            return $found
        }
        $answer = Read-SfWeb -Url "$base/index.php/204"
    }
    catch {
        $why = Get-SfErrorText -ErrorRecord $_
        return New-SfServerAnswer -State 'unreachable' -Detail "$base does not answer: $why"
    }
    if ($answer.status -ge 300 -and $answer.status -lt 400) {
        return New-SfServerAnswer -State 'redirect' -Detail "$base/index.php/204 redirects to $($answer.location)"
    }
    return $found
}

function New-SfServerAnswer {
    <#
    .SYNOPSIS
    An answer of Get-SfServer.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][string]$State,
        [AllowEmptyString()][string]$Detail = '',
        [AllowEmptyString()][string]$Instance = ''
    )
    return @{ state = $State; instance = $Instance; detail = $Detail }
}

function Test-SfServerAnswer {
    <#
    .SYNOPSIS
    Judge the answer of status.php.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)][string]$Base,
        [Parameter(Mandatory = $true)][hashtable]$Answer
    )
    $told = @{}
    try {
        $read = ConvertFrom-Json -InputObject $Answer.body
        foreach ($name in @('installed', 'maintenance', 'needsDbUpgrade')) {
            $value = $read.PSObject.Properties[$name]
            $told[$name] = $null -ne $value -and $value.Value -eq $true
        }
    }
    catch {
        $told = @{ installed = $false }
    }
    if ($Answer.status -ne 200 -or -not $told.installed) {
        $detail = "$Base/status.php answers $($Answer.status), not as a Nextcloud server does"
        return New-SfServerAnswer -State 'not-nextcloud' -Detail $detail
    }
    if ($told.maintenance -or $told.needsDbUpgrade) {
        return New-SfServerAnswer -State 'maintenance' -Detail "$Base is in maintenance"
    }
    return New-SfServerAnswer -State 'ok' -Instance (Get-SfInstanceId -Cookies $Answer.cookies)
}

function Get-SfInstanceId {
    <#
    .SYNOPSIS
    The instance id among the names of the cookies that are set; '' if there is none.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)][AllowEmptyString()][string]$Cookies)
    # several headers come as one text with commas between them
    $found = [regex]::Match($Cookies, '(?:\A|[,\n])\s*(?:__(?:Host|Secure)-)?(oc[0-9a-z]{10})=')
    return $found.Groups[1].Value
}

function Read-SfWeb {
    <#
    .SYNOPSIS
    GET without following a redirect and without a cookie: status, location, cookies (text), body (at most 64 KiB).
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)][string]$Url)
    # older systems offer old protocols only, if they are not told otherwise
    $tls = [System.Net.ServicePointManager]::SecurityProtocol
    if ([int]$tls -ne 0) {
        [System.Net.ServicePointManager]::SecurityProtocol = $tls -bor [System.Net.SecurityProtocolType]::Tls12
    }
    $request = [System.Net.WebRequest]::Create($Url)
    $request.Method = 'GET'
    $request.AllowAutoRedirect = $false
    $request.Timeout = $script:Milliseconds
    $request.ReadWriteTimeout = $script:Milliseconds
    $request.UserAgent = 'smartfleet'
    if ($null -ne $request.Proxy) {
        $request.Proxy.Credentials = [System.Net.CredentialCache]::DefaultCredentials
    }
    $response = Get-SfWebResponse -Request $request
    try {
        return @{
            status = [int]$response.StatusCode
            location = [string]$response.Headers['Location']
            cookies = [string]$response.Headers['Set-Cookie']
            body = (Read-SfWebText -Response $response)
        }
    }
    finally {
        $response.Close()
    }
}

function Get-SfWebResponse {
    <#
    .SYNOPSIS
    The response, also one with a status of 400 and above, which .NET takes for an error.
    #>
    [CmdletBinding()]
    [OutputType([System.Net.HttpWebResponse])]
    param([Parameter(Mandatory = $true)][System.Net.HttpWebRequest]$Request)
    try {
        return $Request.GetResponse()
    }
    catch [System.Net.WebException] {
        $cause = $_.Exception
        while ($null -ne $cause -and $cause -isnot [System.Net.WebException]) {
            $cause = $cause.InnerException
        }
        if ($null -ne $cause -and $null -ne $cause.Response) {
            return $cause.Response
        }
        throw
    }
}

function Read-SfWebText {
    <#
    .SYNOPSIS
    The beginning of a response's body.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)][System.Net.HttpWebResponse]$Response)
    $bytes = [byte[]]::new($script:Limit)
    $held = 0
    $stream = $Response.GetResponseStream()
    try {
        $count = $stream.Read($bytes, 0, $bytes.Length)
        while ($count -gt 0 -and $held -lt $bytes.Length) {
            $held += $count
            $count = $stream.Read($bytes, $held, $bytes.Length - $held)
        }
    }
    finally {
        $stream.Dispose()
    }
    return [System.Text.Encoding]::UTF8.GetString($bytes, 0, $held)
}

Export-ModuleMember -Function @(
    'Get-SfServer'
)
