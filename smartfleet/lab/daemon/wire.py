"""What goes over the SSH connections of one machine, as the kernel counts it: nothing stands between."""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass
from typing import TypedDict

_RECEIVED, _SENT = 128, 200
"""Where ``struct tcp_info`` of linux/tcp.h has its 64-bit counts ``tcpi_bytes_received`` and ``tcpi_bytes_sent``."""


class Traffic(TypedDict):
    """`requests`: commands and file transfers that were asked for. Bytes are those of TCP: 0 where no kernel tells."""

    connections: int
    requests: int
    bytes_in: int
    bytes_out: int


@dataclass
class _Count:
    received: int = 0
    sent: int = 0


class Wire:
    """The connections of a machine since it began, or since the last `reset`. Those that are open count as well."""

    def __init__(self) -> None:
        self._open: dict[object, tuple[socket.socket, _Count]] = {}
        self._ended = _Count()
        self._connections = self._requests = 0

    def opened(self, connection: object, descriptor: int) -> None:
        """`descriptor`: its socket's. It may be closed before `closed` is called, so this keeps a copy."""
        self._open[connection] = (socket.socket(fileno=os.dup(descriptor)), _Count())
        self._connections += 1

    def asked(self) -> None:
        """Somebody asks for a command or for files."""
        self._requests += 1

    def closed(self, connection: object) -> None:
        connected, before = self._open.pop(connection)
        with connected:
            now = _carried(connected)
        self._ended.received += now.received - before.received
        self._ended.sent += now.sent - before.sent

    def reset(self) -> None:
        self._open = {key: (connected, _carried(connected)) for key, (connected, _) in self._open.items()}
        self._ended = _Count()
        self._connections = self._requests = 0

    def traffic(self) -> Traffic:
        received, sent = self._ended.received, self._ended.sent
        for connected, before in self._open.values():
            now = _carried(connected)
            received += now.received - before.received
            sent += now.sent - before.sent
        return Traffic(connections=self._connections, requests=self._requests, bytes_in=received, bytes_out=sent)


def _carried(connected: socket.socket) -> _Count:
    """Both counts of a TCP socket; nothing where the kernel is not Linux, or too old to have them."""
    option = getattr(socket, "TCP_INFO", None)
    if option is None:
        return _Count()
    try:
        told = connected.getsockopt(socket.IPPROTO_TCP, option, 256)
    except OSError:  # it was reset this very moment
        return _Count()
    if len(told) < _SENT + 8:
        return _Count()
    return _Count(struct.unpack_from("=Q", told, _RECEIVED)[0], struct.unpack_from("=Q", told, _SENT)[0])
