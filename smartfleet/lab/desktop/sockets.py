"""The client's two unix sockets: the one that file managers ask, and the one that keeps it single."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

Answer = Callable[[str], list[str]]
"""Lines of an answer to one line of a request."""
WAIT_SECONDS = 0.05


def instance_socket(state: Path, folder: Path) -> Path:
    """Where the running client of this configuration folder listens, among the host's own files in `state`.

    (The real client's lock is in TMPDIR; a lab must leave nothing there.) Names of nothing but digits are notes of pids
    there, so it has a letter, whatever the digest.
    """
    return state / f"i{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:15]}"


def tell_running(path: Path, command: str) -> bool:
    """Sends a command to the client that listens at `path`; False if none does."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.fspath(path))
            connection.sendall(f"{command}\n".encode())
    except OSError:
        return False
    return True


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[bool]:
    """Whether this is the client that may listen at `path`, for as long as the block lasts.

    One that begins or ends at the same moment is waited for: two that listen at one path would take each other's
    socket away, and the one that stays without could never be told to quit.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("ab") as lock:
        while not _is_taken(lock.fileno()):
            if tell_running(path, "show"):
                yield False
                return
            time.sleep(WAIT_SECONDS)
        yield True


def _is_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def account_list(job: str, accounts: list[tuple[str, str]]) -> str:
    """The answer to V2/LIST_ACCOUNTS; accounts are pairs of number and ``user@host``."""
    listed = [{"id": number, "name": name} for number, name in accounts]
    return "V2/LIST_ACCOUNTS_RESULT:" + json.dumps(
        {"arguments": {"accounts": listed}, "id": job}, separators=(",", ":")
    )


class LineServer:
    """Listens on a unix socket and answers line by line; driven by a selector that the owner runs."""

    def __init__(
        self, path: Path, selector: selectors.BaseSelector, *, greet: Callable[[], list[str]], answer: Answer
    ) -> None:
        self._path = path
        self._selector = selector
        self._greet = greet
        self._answer = answer
        self._rest: dict[socket.socket, bytes] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(os.fspath(path))
        self._listener.listen()
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def close(self) -> None:
        for connection in list(self._rest):
            self._drop(connection)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        self._rest[connection] = b""
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._read(connection))
        self._send(connection, self._greet())

    def _read(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            return
        *lines, self._rest[connection] = (self._rest[connection] + data).split(b"\n")
        for line in lines:
            self._send(connection, self._answer(line.decode("utf-8", "replace").strip()))

    def _send(self, connection: socket.socket, lines: list[str]) -> None:
        if lines:
            with contextlib.suppress(OSError):  # the other side may have gone
                connection.sendall("".join(f"{line}\n" for line in lines).encode())

    def _drop(self, connection: socket.socket) -> None:
        self._rest.pop(connection, None)
        self._selector.unregister(connection)
        connection.close()
