"""Names and ports: the part of a connection that hosts and servers share."""

from __future__ import annotations

import errno
import ipaddress
import socket

from smartfleet.connect.ladder import Answer, Stop, failed
from smartfleet.text import visible


def resolve_name(name: str, port: int) -> Answer:
    """Asks the resolver that ssh and the browser ask. Stop when it has no answer."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        return Answer(message="is an address")
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise Stop(_no_name(name, error)) from error
    addresses = sorted({str(entry[4][0]) for entry in found})
    return Answer(message=", ".join(addresses))


def _no_name(name: str, error: Exception) -> Answer:
    temporary = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
    return failed(
        "connect/dns-no-answer" if temporary else "connect/dns-unknown",
        f"the resolver did not answer for {visible(name)}" if temporary else f"no such name: {visible(name)}",
        why="without an address nothing can be asked",
        do=f"getent hosts {name}   # then correct the name, ansible_host or the resolver",
    )


def open_port(name: str, port: int, timeout: float) -> socket.socket:
    """A connected socket. Stop with the cause otherwise."""
    try:
        return socket.create_connection((name, port), timeout=timeout)
    except OSError as error:
        raise Stop(_no_port(name, port, timeout, error)) from error


def _no_port(name: str, port: int, timeout: float, error: OSError) -> Answer:
    place = f"{visible(name)} port {port}"
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return failed(
            "connect/tcp-timeout",
            f"{place} did not answer within {timeout:.0f} s",
            why="the machine is off, elsewhere, or a firewall drops the packets",
            do=f"ping -c 3 {name}   # if it answers, open port {port} in its firewall",
        )
    if isinstance(error, ConnectionRefusedError):
        return failed(
            "connect/tcp-refused",
            f"{place} refused the connection",
            why="the machine is there, but nothing listens on that port",
            do=f"start the service on {name}, or set the right port",
        )
    return failed(
        "connect/tcp-unreachable",
        f"{place}: {error.strerror or error}",
        why="no way leads to the machine from here",
        do=f"ip route get {name}   # then check VPN and routes",
    )
