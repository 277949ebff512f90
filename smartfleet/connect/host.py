"""All checks of one host: a Windows host's are its own, an SSH host's stand here, one on the other."""

from __future__ import annotations

import socket
from collections.abc import Callable

from smartfleet.connect import remote, sudo
from smartfleet.connect.ladder import Answer, Ladder, Stop, failed
from smartfleet.connect.login import log_in
from smartfleet.connect.network import open_port, resolve_name
from smartfleet.connect.route import Route, resolve
from smartfleet.connect.ssh import judge_key, proxy_socket, start
from smartfleet.connect.target import Settings, Target
from smartfleet.connect.transport import Proxy, Transport
from smartfleet.connect.windows.host import check_windows
from smartfleet.model.doctor import Check, HostCheckName
from smartfleet.text import visible

CHECKS: tuple[HostCheckName, ...] = (
    "dns",
    "tcp",
    "banner",
    "host-key",
    "auth",
    "python",
    "become",
    "disk",
    "clock",
)
_WINDOWS_CONNECTIONS = {"winrm", "psrp"}


def check_host(target: Target, settings: Settings, emit: Callable[[Check], None]) -> list[Check]:
    """Never raises for what the host or the network does: that is the answer."""
    ladder = Ladder("host", target.name, emit)
    connection = target.connection.rpartition(".")[2]
    if not target.address:
        ladder.skip(CHECKS, "the inventory computes ansible_host with a template; only a run resolves it")
    elif connection in _WINDOWS_CONNECTIONS:
        check_windows(ladder, target, settings)
    elif target.os == "windows":
        ladder.skip(CHECKS, f"connection {visible(connection)}: Windows hosts are worked on over winrm or psrp alone")
    elif connection not in {"ssh", "smart", "paramiko", "paramiko_ssh", ""}:
        ladder.skip(CHECKS, f"connection {visible(connection)}: the doctor looks at SSH alone")
    else:
        _check_ssh(ladder, target, settings)
    return ladder.checks


def _check_ssh(ladder: Ladder, target: Target, settings: Settings) -> None:
    try:
        route = _route(ladder, target, settings)
        transport = _connect(ladder, route, settings.timeout)
        try:
            _look(ladder, transport, target, settings)
        finally:
            transport.close()
    except Stop:
        ladder.skip(CHECKS, "not asked: an earlier check failed")


def _route(ladder: Ladder, target: Target, settings: Settings) -> Route:
    try:
        return resolve(target, settings)
    except ValueError as error:
        answer = failed(
            "connect/options",
            f"the ssh options cannot be read: {visible(str(error))}",
            why="ssh would not start with them",
            do="correct ansible_ssh_common_args, ansible_ssh_extra_args or the ssh configuration",
        )
        ladder.add("dns", answer)
        raise Stop(answer) from error


def _connect(ladder: Ladder, route: Route, timeout: float) -> Transport:
    sock: socket.socket | Proxy
    if route.proxy:
        ladder.add("dns", Answer("skipped", "the jump host resolves the name", "connect/skipped"))
        with ladder.step("tcp") as say:
            sock = proxy_socket(route)
            say(Answer(message=f"through: {route.proxy}"))
    else:
        with ladder.step("dns") as say:
            say(resolve_name(route.address, route.port))
        with ladder.step("tcp") as say:
            sock = open_port(route.address, route.port, timeout)
            say(Answer(message=f"port {route.port}"))
    try:
        with ladder.step("banner") as say:
            transport = start(route, sock, timeout)
            say(Answer(message=visible(transport.remote_version)))
    except Stop:
        sock.close()
        raise
    try:
        with ladder.step("host-key") as say:
            say(judge_key(route, transport.get_remote_server_key()))
        with ladder.step("auth") as say:
            say(log_in(transport, route))
    except Stop:
        transport.close()
        raise
    return transport


def _look(ladder: Ladder, transport: Transport, target: Target, settings: Settings) -> None:
    """The last four do not stand on each other; only a connection that breaks ends them."""
    shell = remote.Shell(transport, settings.timeout)
    with ladder.step("python") as say:
        say(remote.python(shell, target))
    with ladder.step("become") as say:
        say(sudo.become(shell, target, settings.become_password))
    with ladder.step("disk") as say:
        say(remote.disk(shell, target))
    with ladder.step("clock") as say:
        say(remote.clock(shell))
