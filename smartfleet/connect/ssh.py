"""An SSH connection up to the host's key: banner, key exchange, known_hosts."""

from __future__ import annotations

import shlex
import socket
from pathlib import Path

import paramiko

from smartfleet.connect import known_hosts
from smartfleet.connect.ladder import Answer, Stop, failed, warning
from smartfleet.connect.route import Route
from smartfleet.connect.transport import Proxy, Transport
from smartfleet.text import visible


def proxy_socket(route: Route) -> Proxy:
    """The jump host's end of the connection. Stop when its command cannot be started."""
    try:
        return Proxy(route.proxy)
    except (OSError, ValueError) as error:
        raise Stop(
            failed(
                "connect/proxy-command",
                f"the proxy command cannot be started: {visible(str(error))}",
                why="the host is reached through it alone",
                do=f"run it by hand: {route.proxy}",
            )
        ) from error


def start(route: Route, sock: socket.socket | Proxy, timeout: float) -> Transport:
    """Exchanges banners and keys. Stop when what answers is no SSH server or shares no method with us."""
    transport = Transport(sock, timeout)
    _prefer_known_types(transport, route)
    try:
        transport.start_client(timeout=timeout)
    except (paramiko.SSHException, EOFError, OSError) as error:
        answer = _no_ssh(route, sock, error)
        transport.close()
        raise Stop(answer) from error
    return transport


def _prefer_known_types(transport: Transport, route: Route) -> None:
    """Asks for the type of key that known_hosts holds, as ssh does; another type would look like a stranger's."""
    known = [entry.key_type for entry in known_hosts.entries(route.known_hosts, route.known_as)]
    wanted = {"rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"} if "ssh-rsa" in known else set()
    wanted.update(known)
    options = transport.get_security_options()
    offered = list(options.key_types)
    options.key_types = [kind for kind in offered if kind in wanted] + [kind for kind in offered if kind not in wanted]


def _no_ssh(route: Route, sock: socket.socket | Proxy, error: Exception) -> Answer:
    place = f"{visible(route.address)} port {route.port}"
    if isinstance(sock, Proxy):
        return failed(
            "connect/proxy-failed",
            f"no SSH through the jump host: {visible(sock.last_words()) or visible(str(error))}",
            why="the host is reached through it alone",
            do=f"run it by hand: {route.proxy}",
        )
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return failed(
            "connect/ssh-incompatible",
            f"{place} offers no method in common: {visible(str(error))}",
            why="old SSH servers speak only what is no longer safe",
            do=f"update the SSH server on {route.address}",
        )
    return failed(
        "connect/not-ssh",
        f"{place} is open, but no SSH server answers there ({visible(str(error)) or type(error).__name__})",
        why="another service has the port, or the server turns new connections away (MaxStartups, fail2ban)",
        do=f"ssh -v -p {route.port} {shlex.quote(route.address)}",
    )


def judge_key(route: Route, key: paramiko.PKey) -> Answer:
    """Whether the key that the host shows is the one known for it. Stop when connecting would be a risk."""
    blob = key.asbytes()
    shown = f"{key.get_name()} {known_hosts.fingerprint(blob)}"
    known = list(known_hosts.entries(route.known_hosts, route.known_as))
    state, entry = known_hosts.standing(known, blob)
    if state == "unknown" and route.port != 22:
        # ssh also takes a match under the bare name, but no mismatch
        bare, bare_entry = known_hosts.standing(known_hosts.entries(route.known_hosts, route.host_key_name), blob)
        state, entry = (bare, bare_entry) if bare == "known" else (state, entry)
    if entry and state in {"changed", "revoked"}:
        raise Stop(_changed(route, entry, shown) if state == "changed" else _revoked(entry, shown))
    if route.checking in {"no", "off"}:
        return warning(
            "connect/host-key-unchecked",
            f"host key checks are switched off; the host shows {shown}",
            why="another machine could take this host's place and read what is sent to it",
            do=f"{_scan(route)}   # then remove StrictHostKeyChecking=no or host_key_checking=False",
        )
    if state == "known":
        return Answer(message=shown)
    if route.checking == "accept-new":
        return Answer(message=f"{shown}, new: ssh will keep it at its first connection (accept-new)")
    raise Stop(_unknown(route, known, shown))


def _changed(route: Route, entry: known_hosts.KnownKey, shown: str) -> Answer:
    off = " ssh would go on all the same, because its checks are switched off." if route.checking == "no" else ""
    return failed(
        "connect/host-key-changed",
        f"the host shows another key than the known one: {shown}, known in {entry.file}:{entry.line} is "
        f"{entry.key_type} {known_hosts.fingerprint(entry.blob)}.{off}",
        why="either the machine was installed anew, or another one answers in its place and would get your commands",
        do="compare the fingerprint on the machine itself (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub); only if it is "
        f"the same: ssh-keygen -R {shlex.quote(route.known_as)} -f {shlex.quote(str(entry.file))}",
    )


def _revoked(entry: known_hosts.KnownKey, shown: str) -> Answer:
    return failed(
        "connect/host-key-revoked",
        f"the host shows a key that is revoked in {entry.file}:{entry.line}: {shown}",
        why="a revoked key may be in other hands",
        do="give the machine a new host key: rm /etc/ssh/ssh_host_*; ssh-keygen -A",
    )


def _unknown(route: Route, known: list[known_hosts.KnownKey], shown: str) -> Answer:
    if any(entry.marker == "@cert-authority" for entry in known):
        raise Stop(
            warning(
                "connect/host-key-certificate",
                f"a certificate authority stands for the host; only ssh itself can check that. It shows {shown}",
                why="the doctor does not log in where it cannot tell who answers",
                do=f"ssh -o BatchMode=yes -p {route.port} {shlex.quote(f'{route.user}@{route.address}')} true",
            )
        )
    return failed(
        "connect/host-key-unknown",
        f"{visible(route.known_as)} is not in known_hosts; it shows {shown}",
        why="Ansible will not connect to a machine it cannot recognise",
        do=f"{_scan(route)}   # after comparing the fingerprint on the machine",
    )


def _scan(route: Route) -> str:
    file = route.known_hosts[0] if route.known_hosts else Path("~/.ssh/known_hosts").expanduser()
    return f"ssh-keyscan -p {route.port} {shlex.quote(route.address)} >> {shlex.quote(str(file))}"
