"""Ports of machines that are not there, in the three ways in which a network tells it (or does not)."""

from __future__ import annotations

import contextlib
import socket
from contextlib import ExitStack
from typing import Literal

from smartfleet.errors import LabError

Absence = Literal["refuses", "silent", "hangs"]
"""`refuses`: the machine is there, its service is not. `silent`: off, or behind a firewall that drops what comes.
`hangs`: it takes connections and never says a word."""

# a queue of length 0 still takes one; what does not fit waits in the kernel of whoever connects
_FILLERS = 3


class AbsentPort:
    """Keeps a port (0: any free one) until `close`, so that nobody else gets it."""

    def __init__(self, address: str, port: int, absence: Absence) -> None:
        self._held = ExitStack()
        server = self._socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((address, port))
        except OSError as error:
            self.close()
            raise LabError("lab/port", f"cannot keep {address}:{port}: {error.strerror}") from error
        self.port = int(server.getsockname()[1])
        if absence == "hangs":
            server.listen(512)
        if absence == "silent":
            self._fill(server)

    def close(self) -> None:
        self._held.close()

    def _fill(self, server: socket.socket) -> None:
        """Leaves no room in the queue of connections: the kernel drops what comes without an answer."""
        server.listen(0)
        for _ in range(_FILLERS):
            filler = self._socket()
            filler.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                filler.connect(server.getsockname())

    def _socket(self) -> socket.socket:
        return self._held.enter_context(socket.socket())
