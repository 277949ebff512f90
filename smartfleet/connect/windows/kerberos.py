"""Kerberos as Ansible uses it: a ticket from kinit where the inventory has a password, else the admin's own."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
from dataclasses import dataclass

from smartfleet.connect.ladder import Answer, Stop, failed
from smartfleet.connect.windows.route import Route
from smartfleet.text import visible

_WHY = "without a ticket nothing can be done on the host"


@dataclass(frozen=True)
class _Cause:
    """Words of MIT Kerberos and GSSAPI (C locale) and what they mean; {user}, {realm}, {host} stand in `do`."""

    words: str
    code: str
    message: str
    do: str


_CAUSES = (
    _Cause(
        "clock skew",
        "connect/kerberos-clock",
        "the clocks of this machine and of the domain controller or the host differ by more than 5 minutes",
        "here: timedatectl set-ntp true   # on the host: w32tm /resync /rediscover",
    ),
    _Cause(
        "password (has|is) expired|password expired|must change",
        "connect/kerberos-password-expired",
        "the password of {user} has expired or must be changed at the next login",
        "kpasswd {user}   # or on a domain controller: Set-ADAccountPassword {account} -Reset",
    ),
    _Cause(
        "credentials have been revoked|entry in database has expired|account disabled",
        "connect/kerberos-revoked",
        "the account {user} is locked, disabled, expired, or outside its hours",
        "on a domain controller: Get-ADUser {account} -Properties LockedOut,Enabled,AccountExpirationDate,LogonHours   "
        "# then Unlock-ADAccount {account}",
    ),
    _Cause(
        "client .*not found in kerberos database|c_principal_unknown",
        "connect/kerberos-unknown-user",
        "the domain knows no account {user}",
        "write it as name@REALM, the realm in capitals; on a domain controller: Get-ADUser {account}",
    ),
    _Cause(
        "preauthentication failed|password incorrect|decrypt integrity check failed",
        "connect/kerberos-password",
        "the password of {user} is wrong",
        "correct ansible_password, then try it once by hand: kinit {user}",
    ),
    _Cause(
        "cannot find kdc|configuration file does not specify default realm|cannot determine realm|"
        "reply did not match expectations|wrong realm|realm not local",
        "connect/kerberos-realm",
        "the realm of {user} is not known here, or not written in capitals",
        "name the realm and its controllers in /etc/krb5.conf: docs/windows.md, 'Kerberos'",
    ),
    _Cause(
        "cannot contact any kdc|cannot resolve network address for kdc|kdc unreachable",
        "connect/kerberos-kdc",
        "no domain controller answers",
        "dig +short SRV _kerberos._tcp.{realm_lower}   # port 88 must be open to each of them",
    ),
    _Cause(
        "server .*not found in kerberos database|s_principal_unknown|server not found",
        "connect/kerberos-service",
        "the domain knows no service of that name on the host (SPN): an address or an alias is no name to Kerberos",
        "use the host's full name in ansible_host; on a domain controller: setspn -Q */{host}",
    ),
    _Cause(
        "no kerberos credentials|no credentials cache|credentials cache file .* not found|no credentials were supplied|"
        "matching credential not found",
        "connect/kerberos-no-ticket",
        "there is no ticket here for {user}",
        "kinit {user}   # or put the password into a vault: ansible_password",
    ),
    _Cause(
        "ticket expired|credentials? (have|has) expired|ticket not yet valid",
        "connect/kerberos-ticket-expired",
        "the ticket of {user} has expired",
        "kinit {user}",
    ),
    _Cause(
        "encryption type|etype",
        "connect/kerberos-encryption",
        "this machine and the domain share no type of encryption",
        "allow AES for the account (Set-ADUser {account} -KerberosEncryptionType AES256), or look at "
        "permitted_enctypes in /etc/krb5.conf",
    ),
)


def missing_packages(route: Route) -> list[str]:
    """Python packages that this way of signing in needs and this machine does not have."""
    needed = {
        "kerberos": ["kerberos"] if route.plugin == "winrm" else ["kerberos", "gssapi", "krb5"],
        "credssp": ["requests_credssp"],
        "ntlm": ["requests_ntlm"],
    }
    return [name for name in needed.get(route.method, []) if importlib.util.find_spec(name) is None]


def at_hand() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("kerberos", "gssapi", "krb5"))


def judge(route: Route, said: str) -> Answer:
    """What Kerberos' words mean. Pure."""
    low = said.lower()
    place = {
        "user": shlex.quote(visible(route.user)) if route.user else "NAME@REALM",
        "account": visible(route.account) or "NAME",
        "realm_lower": visible(route.domain).lower() or "example.com",
        "host": visible(route.kerberos_host or route.address),
    }
    shown = visible(" ".join(said.split()))[:300]
    for cause in _CAUSES:
        if re.search(cause.words, low):
            message = f"{cause.message.format(**place)} ({shown})"
            return failed(cause.code, message, why=_WHY, do=cause.do.format(**place))
    return failed(
        "connect/kerberos-failed",
        f"Kerberos fails: {shown}",
        why=_WHY,
        do=f"KRB5_TRACE=/dev/stderr kinit {place['user']}   # tells each step",
    )


def get_ticket(route: Route, cache: str, timeout: float) -> None:
    """Fill the file `cache` with kinit as the connection plugin does, the password on stdin. Stop with the cause."""
    command = [*shlex.split(route.kinit), route.user]
    try:
        done = subprocess.run(
            command,
            check=False,
            input=f"{route.password}\n".encode(),
            capture_output=True,
            start_new_session=True,
            env={"PATH": os.environ.get("PATH", os.defpath), "KRB5CCNAME": f"FILE:{cache}", "LC_ALL": "C"},
            timeout=timeout,
        )
    except FileNotFoundError as error:
        raise Stop(
            failed(
                "connect/kerberos-kinit",
                f"there is no {visible(route.kinit)} on this machine",
                why=f"{'Ansible' if route.plugin == 'winrm' else 'the doctor'} fetches the ticket with it",
                do="apt-get install krb5-user   # dnf install krb5-workstation",
            )
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Stop(judge(route, f"cannot contact any KDC: {type(error).__name__}")) from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
        # some answers end with the prompt's echo
        raise Stop(judge(route, said.replace(route.password, "...") if route.password else said))
