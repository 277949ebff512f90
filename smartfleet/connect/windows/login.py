"""The login through pywinrm, with the one password that the inventory gives, tried once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from winrm.exceptions import WSManFaultError

from smartfleet.connect.ladder import Answer, Stop, failed
from smartfleet.connect.target import Settings, Target
from smartfleet.connect.windows import kerberos
from smartfleet.connect.windows.faults import judge_fault
from smartfleet.connect.windows.logins import KnownBad
from smartfleet.connect.windows.refusal import judge_error
from smartfleet.connect.windows.route import PASSWORDS, Route
from smartfleet.connect.windows.shell import Shell
from smartfleet.connect.windows.tls import trust_place
from smartfleet.text import visible

_PACKAGES = {"kerberos": "pip install 'smartfleet[kerberos]'", "credssp": "pip install 'pywinrm[credssp]'"}
# of those refusals that mean the password itself
_WRONG = {"connect/login-refused", "connect/kerberos-password", "connect/kerberos-revoked"}


def check_credentials(route: Route, target: Target) -> None:
    """What can be said before anything is sent. Stop if something is missing."""
    packages = kerberos.missing_packages(route)
    if packages:
        raise Stop(
            failed(
                "connect/auth-package",
                f"{route.method} needs Python packages that are not here: {', '.join(packages)}",
                why="Ansible cannot sign in this way without them",
                do=f"{_PACKAGES.get(route.method, 'install smartfleet again')}   # or {route.method_variable}: ntlm",
            )
        )
    if route.method == "certificate":
        _check_files(route)
    elif route.method != "kerberos" or route.managed:
        _check_password(route, target)


def _check_password(route: Route, target: Target) -> None:
    if not route.user:
        raise Stop(
            failed(
                "connect/auth-no-user",
                "the inventory names no account to sign in with",
                why=f"{route.method} needs one",
                do="ansible_user: NAME@EXAMPLE.COM (Kerberos), EXAMPLE\\NAME (NTLM), .\\NAME (the host's own account)",
            )
        )
    if not route.password:
        raise Stop(_no_password(route, target))
    if "{{" in route.password:
        raise Stop(Answer("skipped", "the password is a template; only a run resolves it", "connect/skipped"))


def _check_files(route: Route) -> None:
    for name in (route.certificate, route.certificate_key):
        if not Path(name).is_file():
            raise Stop(
                failed(
                    "connect/client-certificate",
                    f"there is no file {visible(name)}",
                    why="the host lets in who holds the certificate and its key",
                    do="correct the inventory, or make the pair: docs/windows.md, 'Certificate'",
                )
            )


def _no_password(route: Route, target: Target) -> Answer:
    unread = "ansible_psrp_password" in target.passwords
    why = (
        "Ansible reads no variable ansible_psrp_password" if unread else f"{route.method} needs one; nothing was tried"
    )
    return failed(
        "connect/auth-no-password",
        f"the inventory gives no password for {visible(route.user)} that can be read here",
        why=why,
        do=f"ansible-vault encrypt_string --ask-vault-pass --name {PASSWORDS[-1]}   # into the inventory's group_vars; "
        "ANSIBLE_VAULT_PASSWORD_FILE lets every command read it",
    )


@contextmanager
def signed_in(route: Route, host: str, settings: Settings) -> Iterator[Shell | Answer]:
    """An open shell, or why none is opened although the login was taken. Stop if the login is not taken."""
    with _ticket(route, host, settings):
        opened = _open(route, host, settings)
        try:
            yield opened
        finally:
            if isinstance(opened, Shell):
                # what the host still says at the end changes no answer
                with suppress(Exception):
                    opened.close()


@contextmanager
def _ticket(route: Route, host: str, settings: Settings) -> Iterator[None]:
    if route.method != "kerberos":
        yield
        return
    file = ""
    if route.managed:
        account = (route.user, route.password)
        with _turn(route, host, settings):
            file = settings.tickets.file(account, lambda place: kerberos.get_ticket(route, place, settings.timeout))
    with settings.tickets.using(file):
        yield


def _open(route: Route, host: str, settings: Settings) -> Shell | Answer:
    if route.method in {"certificate", "kerberos"}:
        return _try(route, settings)
    with _turn(route, host, settings):
        return _try(route, settings)


@contextmanager
def _turn(route: Route, host: str, settings: Settings) -> Iterator[None]:
    """One try of the password, remembered for the hosts to come."""
    # the machine's own accounts have nothing to do with each other
    machine = f"{route.address.casefold()}:{route.port}" if route.local else ""
    key = (route.user.casefold(), route.password, machine)
    try:
        with settings.logins.turn(key, host) as verdict:
            try:
                yield
            except Stop as stop:
                if stop.answer.code in _WRONG:
                    verdict("refused")
                raise
            verdict("accepted")
    except KnownBad as known:
        raise Stop(_known_bad(route, known.host)) from known


def _known_bad(route: Route, host: str) -> Answer:
    own = (
        ""
        if route.domain
        else f"; if it is each machine's own account, write ansible_user: .\\{visible(route.account)}"
    )
    return failed(
        "connect/auth-known-bad",
        f"{visible(host)} refused this password of {visible(route.user)} a moment ago; it was not tried again here",
        why="a domain locks an account after a few wrong passwords, wherever they are tried",
        do=f"see what {visible(host)} says, correct the password, then ask again{own}",
    )


def _try(route: Route, settings: Settings) -> Shell | Answer:
    try:
        return Shell.open(route.endpoint, _options(route, settings))
    except WSManFaultError as fault:
        return judge_fault(route, fault.wsman_fault_code or fault.wmierror_code, fault.reason)
    except Exception as error:
        raise Stop(judge_error(route, error)) from error


def _options(route: Route, settings: Settings) -> dict[str, Any]:
    """The arguments of pywinrm, as Ansible would give them; psrp's ways of signing in are the same on the wire."""
    seconds = max(1, int(settings.timeout))
    return {
        "transport": route.method,
        "username": route.user,
        "password": route.password,
        "cert_pem": route.certificate or None,
        "cert_key_pem": route.certificate_key or None,
        "ca_trust_path": trust_place(route),
        "server_cert_validation": "validate" if route.checked else "ignore",
        "message_encryption": route.encryption,
        "service": route.service,
        "kerberos_hostname_override": route.kerberos_host or None,
        "operation_timeout_sec": seconds,
        "read_timeout_sec": seconds + 10,
        # the doctor's other questions go straight to the host, too
        "proxy": None,
    }
