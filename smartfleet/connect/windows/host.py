"""All checks of one Windows host, in the order in which one stands on the other."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, suppress
from dataclasses import replace

from smartfleet.connect import look
from smartfleet.connect.ladder import Answer, Ladder, Stop, failed, warning
from smartfleet.connect.network import open_port, resolve_name
from smartfleet.connect.target import Settings, Target, text_var
from smartfleet.connect.windows import judge, kerberos
from smartfleet.connect.windows.identify import identify, judge_offer
from smartfleet.connect.windows.login import check_credentials, signed_in
from smartfleet.connect.windows.proxies import proxy_of
from smartfleet.connect.windows.route import HTTP, HTTPS, Route, resolve, with_files_from
from smartfleet.connect.windows.shell import Shell
from smartfleet.connect.windows.tls import check_certificate, trust
from smartfleet.model.doctor import HostCheckName
from smartfleet.text import visible

CHECKS: tuple[HostCheckName, ...] = (
    "dns",
    "tcp",
    "tls",
    "winrm",
    "auth",
    "shell",
    "rights",
    "powershell",
    "quota",
    "sqlite",
    "disk",
    "clock",
    "restart",
)
_OTHER_PORT_SECONDS = 3.0


def check_windows(ladder: Ladder, target: Target, settings: Settings) -> None:
    """Fills `ladder`; never raises for what the host or the network does."""
    if text_var(target, "ansible_winrm_proxy", "ansible_psrp_proxy"):
        ladder.skip(CHECKS, "the inventory names a proxy for this host; the doctor cannot look through it")
        return
    with suppress(Stop), ExitStack() as stack:
        route = _route(ladder, target, settings)
        methods = _reach(ladder, route, settings.timeout)
        with ladder.step("auth") as say:
            check_credentials(route, target)
            judge_offer(route, methods)
            opened = stack.enter_context(signed_in(route, target.name, settings))
            say(Answer(message=f"{visible(route.user) or 'the ticket'}, {route.method}"))
        _look(ladder, opened)
    ladder.skip(CHECKS, "not asked: an earlier check failed")


def _route(ladder: Ladder, target: Target, settings: Settings) -> Route:
    try:
        route = resolve(target, kerberos_at_hand=kerberos.at_hand())
    except ValueError as error:
        answer = failed(
            "connect/options",
            visible(str(error)),
            why="Ansible would not connect with them",
            do="correct the variables of this host: docs/windows.md, 'The inventory'",
        )
        ladder.add("dns", answer)
        raise Stop(answer) from error
    return with_files_from(route, str(settings.folder))


def _reach(ladder: Ladder, route: Route, timeout: float) -> frozenset[str]:
    """Up to WinRM's own answer; the ways of signing in that it offers."""
    with ladder.step("dns") as say:
        say(resolve_name(route.address, route.port))
    with ladder.step("tcp") as say:
        sock = _port(route, timeout)
        say(_proxy(route) or Answer(message=f"port {route.port}"))
    with sock, ladder.step("tls") as say:
        say(check_certificate(route, sock, timeout) if route.scheme == "https" else _plain(route))
    with ladder.step("winrm") as say:
        identity = identify(route, trust(route) if route.checked and route.scheme == "https" else None, timeout)
        say(identity.answer)
    return identity.methods


def _port(route: Route, timeout: float) -> socket.socket:
    try:
        return open_port(route.address, route.port, timeout)
    except Stop as stop:
        other = HTTPS if route.port != HTTPS else HTTP
        if not _answers(route.address, other, min(timeout, _OTHER_PORT_SECONDS)):
            enable = "on the host, as administrator: winrm quickconfig; its firewall rule must allow this machine"
            raise Stop(replace(stop.answer, do=f"{stop.answer.do}; {enable}")) from stop
        message = f"{stop.answer.message}; but port {other} answers"
        take = f"ansible_port: {other}" + (", with ntlm or kerberos" if other == HTTP else "")
        do = f"{take}   # or make the listener: docs/windows.md, 'The https listener'"
        raise Stop(replace(stop.answer, message=message, do=do)) from stop


def _answers(address: str, port: int, timeout: float) -> bool:
    try:
        socket.create_connection((address, port), timeout=timeout).close()
    except OSError:
        return False
    return True


def _proxy(route: Route) -> Answer | None:
    """Few proxies let WinRM through."""
    if not proxy_of(route):
        return None
    return warning(
        "connect/winrm-proxy",
        f"port {route.port}, but Ansible would go through the proxy of the environment",
        why="few proxies let WinRM through, and none NTLM's login",
        do=f"export NO_PROXY={route.address}   # or a whole domain: NO_PROXY=.example.com",
    )


def _plain(route: Route) -> Answer:
    if route.sealed:
        return Answer("skipped", f"http; {route.method} encrypts the messages", "connect/skipped")
    return warning(
        "connect/winrm-unencrypted",
        f"http with {route.method}: the login and all messages go in the clear",
        why="anyone on the way can read them, and Windows takes them only with AllowUnencrypted",
        do=f"use the https listener: ansible_port: {HTTPS}   # docs/windows.md, 'The https listener'",
    )


def _look(ladder: Ladder, opened: Shell | Answer) -> None:
    """The checks after the shell do not stand on each other: one script answers all of them."""
    with ladder.step("shell") as say:
        if isinstance(opened, Answer):
            raise Stop(opened)
        before = time.time()
        seen = _ask(opened)
        after = time.time()
        say(Answer(message=f"in {after - before:.1f} s"))
    ladder.add("rights", judge.rights(seen))
    ladder.add("powershell", judge.powershell(seen))
    ladder.add("quota", judge.quota(seen))
    ladder.add("sqlite", judge.sqlite(seen))
    ladder.add("disk", judge.disk(seen))
    ladder.add("clock", judge.clock(seen, (before + after) / 2, (after - before) / 2))
    ladder.add("restart", judge.restart(seen))


def _ask(shell: Shell) -> look.Look:
    try:
        said = shell.run(look.command_line())
    except Exception as error:
        raise Stop(_silent(visible(" ".join(str(error).split()))[:300] or type(error).__name__)) from error
    try:
        return look.read(said.out)
    except ValueError as error:
        words = " ".join((said.err or said.out).split())[:300]
        raise Stop(_silent(f"exit code {said.code}, {visible(words) or str(error)}")) from error


def _silent(said: str) -> Answer:
    return failed(
        "connect/no-powershell",
        f"PowerShell gives no answer there: {said}",
        why="Ansible works by running it",
        do="on the host, as that account: powershell -NoProfile -NonInteractive -Command $PSVersionTable",
    )
