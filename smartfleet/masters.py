"""Ends SSH masters without a process for each: in their own protocol.

OpenSSH's PROTOCOL.mux: packets with their length before them; hello (type, version) both ways, then a request with its
number. Numbers are of 32 bits, big-endian.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from pathlib import Path

_HELLO = struct.pack(">III", 8, 0x00000001, 4)
_TERMINATE = struct.pack(">III", 8, 0x10000005, 0)
_SECONDS = 2.0


def end_masters(folder: Path) -> None:
    """All whose sockets lie in `folder`, or below it."""
    for parent, _folders, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            if path.is_socket():
                end_master(path)


def end_master(path: Path) -> None:
    """Returns when it is at its end. One that does not answer ends by itself once its time is over (ControlPersist)."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(_SECONDS)
        link.connect(str(path))
        link.sendall(_HELLO + _TERMINATE)
        # it closes the connection when it is at its end
        while link.recv(4096):
            pass
