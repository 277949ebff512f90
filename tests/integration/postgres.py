"""A PostgreSQL server for tests, on loopback, and a wire to it that breaks at the worst moment."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal

import psycopg

from tests.ports import free_port

Cut = Literal["before", "after"]


def programs() -> Path | None:
    """Where Debian and others keep the newest server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


class Server:
    """A cluster of its own. PostgreSQL refuses root, so as root it runs as `nobody`."""

    def __init__(self, place: Path) -> None:
        self._programs = place
        self._folder = Path(tempfile.mkdtemp(prefix="sf-pg-", dir="/tmp"))
        self._data = self._folder / "data"
        self._person = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._numbers = itertools.count()
        self.port = free_port()
        if self._person:
            os.chown(self._folder, self._person.pw_uid, self._person.pw_gid)
        self._call("initdb", "-D", str(self._data), "-U", "fleet", "-A", "trust", "--no-sync", "-E", "UTF8")
        self.start()

    def start(self) -> None:
        """The port can still be taken for a moment after an immediate stop."""
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self._folder} -c fsync=off"
        for _ in range(5):
            with suppress(subprocess.CalledProcessError):
                self._call(
                    "pg_ctl", "-D", str(self._data), "-l", str(self._folder / "log"), "-w", "-o", options, "start"
                )
                return
            time.sleep(1)
        raise AssertionError("PostgreSQL did not start")

    def stop(self, how: Literal["immediate", "fast"] = "immediate") -> None:
        self._call("pg_ctl", "-D", str(self._data), "-m", how, "-w", "stop")

    def remove(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self._folder)

    def database(self) -> str:
        """A new one; its name."""
        name = f"fleet{next(self._numbers)}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {name}".encode())
        return name

    def url(self, name: str, port: int = 0) -> str:
        return f"postgresql+psycopg://fleet@127.0.0.1:{port or self.port}/{name}"

    def rows(self, name: str, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self._address(name), autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def _address(self, name: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=fleet dbname={name}"

    def _call(self, program: str, *arguments: str) -> None:
        person = self._person
        subprocess.run(
            [self._programs / program, *arguments],
            check=True, timeout=600, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, user=person.pw_uid if person else None,
            group=person.pw_gid if person else None, extra_groups=[] if person else None,
        )  # fmt: skip


class Wire:
    """Forwards connections to the server and cuts one at a commit: before the server hears of it, or after it did it.

    `cuts` is what is still to happen; each commit takes one.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self.cuts: list[Cut] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                ended = threading.Event()
                threading.Thread(target=self._to_server, args=(client, server, ended), daemon=True).start()
                threading.Thread(target=self._to_client, args=(client, server, ended), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket, ended: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if b"COMMIT" in data and self.cuts:
                    cut = self.cuts.pop(0)
                    ended.set()
                    if cut == "after":
                        server.sendall(data)
                        # the answer shows that it is done; it goes nowhere
                        server.recv(1)
                    break
                server.sendall(data)
        _end(client, server)

    def _to_client(self, client: socket.socket, server: socket.socket, ended: threading.Event) -> None:
        with suppress(OSError):
            while not ended.is_set() and (data := server.recv(65536, socket.MSG_PEEK)):
                if not ended.is_set():
                    client.sendall(server.recv(len(data)))
        if not ended.is_set():
            _end(client, server)


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
