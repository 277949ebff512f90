"""Why a login was not taken, as far as the protocol tells. Pure.

With Basic, NTLM and CredSSP a wrong password, a locked, disabled or expired account and a forbidden network logon are
one and the same answer (401): only the host's own log and the directory know which it was.
"""

from __future__ import annotations

import requests
from winrm.exceptions import InvalidCredentialsError, WinRMOperationTimeoutError, WinRMTransportError

from smartfleet.connect.ladder import Answer, failed
from smartfleet.connect.windows import kerberos
from smartfleet.connect.windows.route import HTTPS, Route
from smartfleet.text import visible

_WHY = "without a login nothing can be done on the host"
# event 4625: the fields TargetUserName and SubStatus
_EVENT = (
    "Get-WinEvent -FilterHashtable @{LogName='Security';Id=4625} -MaxEvents 5 | ForEach-Object { "
    "'{0} 0x{1:X}' -f $_.Properties[5].Value, $_.Properties[9].Value }"
)


def judge_error(route: Route, error: Exception) -> Answer:
    """Of what pywinrm and the libraries under it raised when they signed in."""
    words = visible(" ".join(str(error).split()))[:300] or type(error).__name__
    if route.method == "kerberos" and not isinstance(error, (requests.Timeout, WinRMTransportError)):
        return kerberos.judge(route, "the host refused the ticket" if _is_401(error) else words)
    if _is_401(error):
        return _mapping(route) if route.method == "certificate" else refused(route)
    if route.method == "certificate" and isinstance(error, (OSError, requests.exceptions.SSLError)):
        return _certificate(route, words)
    if isinstance(error, WinRMTransportError):
        return _http_error(route, error.code)
    if isinstance(error, (requests.RequestException, WinRMOperationTimeoutError, TimeoutError)):
        return failed(
            "connect/winrm-dropped",
            f"the host ended the connection during the login of {visible(route.user)}: {words}",
            why=_WHY,
            do="on the host: Get-Service WinRM; Get-WinEvent Microsoft-Windows-WinRM/Operational -MaxEvents 20",
        )
    if isinstance(error, UnicodeError):
        words = "the name or the password has characters that it cannot carry"
    return failed(
        "connect/auth-failed",
        f"{route.method} fails: {words}",
        why=_WHY,
        do=f"try another way: {route.method_variable}: ntlm   # over https",
    )


def _is_401(error: Exception) -> bool:
    return isinstance(error, InvalidCredentialsError)


def refused(route: Route) -> Answer:
    """401 after a password."""
    if not route.sealed:
        return _unencrypted(route, "401")
    user, account = visible(route.user), visible(route.account).replace("'", "''")
    hint = "; Basic knows the host's own accounts alone" if route.method == "basic" and route.domain else ""
    where = "Get-ADUser" if route.domain else "Get-LocalUser"
    fields = "LockedOut,PasswordExpired,Enabled" if route.domain else "Enabled,PasswordExpires,AccountExpires"
    more = f" -Properties {fields}" if route.domain else ""
    place = "on a domain controller" if route.domain else "or"
    return failed(
        "connect/login-refused",
        f"{user} is not let in with {route.method}: the password is wrong, or the account is locked, disabled or "
        f"expired, or may not log on over the network{hint}. The host does not tell which",
        why=f"{_WHY}; the password was tried once and is not tried again",
        do=f"on the host, as administrator: {_EVENT}   # 0xC000006A wrong password, 0xC0000064 no such account, "
        "0xC0000234 locked, 0xC0000071 password expired, 0xC0000224 must change it, 0xC0000072 disabled, 0xC0000193 "
        f"account expired, 0xC000015B logon type not granted; {place}: {where} '{account}'{more} | "
        f"Format-List {fields}",
    )


def _mapping(route: Route) -> Answer:
    return failed(
        "connect/certificate-mapping",
        f"the host lets nobody in with the certificate {visible(route.certificate)}",
        why=f"{_WHY}; the host must trust its issuer and map it to one of its own accounts, and TLS 1.3 must be off",
        do="on the host: Get-ChildItem WSMan:\\localhost\\ClientCertificate; Get-Item "
        "WSMan:\\localhost\\Service\\Auth\\Certificate   # the mapping holds the account's password: make it anew when "
        "that changed; docs/windows.md, 'Certificate'",
    )


def _certificate(route: Route, words: str) -> Answer:
    return failed(
        "connect/client-certificate",
        f"the certificate {visible(route.certificate)} cannot be used: {words}",
        why=_WHY,
        do=f"openssl x509 -noout -text -in {visible(route.certificate)}   # and: openssl pkey -check -noout -in "
        f"{visible(route.certificate_key)}",
    )


def _http_error(route: Route, status: int) -> Answer:
    if not route.sealed:
        return _unencrypted(route, str(status))
    return failed(
        "connect/winrm-fault",
        f"WinRM answers {status} and no reason",
        why=_WHY,
        do="on the host: Get-WinEvent Microsoft-Windows-WinRM/Operational -MaxEvents 20",
    )


def _unencrypted(route: Route, said: str) -> Answer:
    return failed(
        "connect/winrm-unencrypted",
        f"the host answers {said} to a message that is not encrypted: http with {route.method}",
        why="Windows takes unencrypted messages only with AllowUnencrypted, and everybody on the way could read them",
        do=f"use https (ansible_port: {HTTPS}), or ntlm or kerberos, which encrypt their messages: "
        f"{route.method_variable}: ntlm",
    )
