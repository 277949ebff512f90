"""The store on a real PostgreSQL server, where one is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smartfleet.errors import StoreError
from smartfleet.model.results import Outcome
from smartfleet.store import Store
from tests.unit.builders import facts_of


class Server:
    """A cluster of its own on loopback. PostgreSQL refuses root, so as root it runs as `nobody`."""

    def __init__(self, programs: Path, folder: Path, port: int) -> None:
        self._programs = programs
        self._data = folder / "data"
        self._folder = folder
        self._person = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.url = f"postgresql+psycopg://fleet@127.0.0.1:{port}/postgres"
        if self._person:
            os.chown(folder, self._person.pw_uid, self._person.pw_gid)
        self._call("initdb", "-D", str(self._data), "-U", "fleet", "-A", "trust", "--no-sync", "-E", "UTF8")
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
        self._start = ("pg_ctl", "-D", str(self._data), "-l", str(folder / "log"), "-w", "-o", options, "start")
        self._call(*self._start)

    def stop(self) -> None:
        self._call("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def _call(self, program: str, *arguments: str) -> None:
        person = self._person
        subprocess.run(
            [self._programs / program, *arguments],
            check=True, timeout=60, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            user=person.pw_uid if person else None, group=person.pw_gid if person else None,
            extra_groups=[] if person else None,
        )  # fmt: skip


@pytest.fixture
def server() -> Iterator[Server]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("no PostgreSQL server is installed (Debian package: postgresql)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="sf-pg-", dir="/tmp"))
    running = Server(found[-1].parent, folder, port)
    yield running
    running.stop()
    shutil.rmtree(folder)


def outcome(name: str) -> Outcome:
    return Outcome.model_validate({"host": "a", "user": "eva", "config_path": "/c", "outcome": name})


def test_a_store_on_postgresql(server: Server) -> None:
    store = Store.open(server.url)
    run = store.begin("audit", 1)
    facts = facts_of({})
    store.add_facts(run, {"a": (1.0, facts), "b": (1.0, facts)})
    store.add_facts(run, {"a": (2.0, facts)})
    store.add_outcomes(run, [outcome("failed"), outcome("moved")])
    assert {host: taken for host, (taken, _) in store.facts().items()} == {"a": 2.0, "b": 1.0}
    assert [one.outcome for one in store.outcomes(["a"], run=run)] == ["moved"]
    store.finish(run, "done")
    store.close()
    again = Store.open(server.url)
    assert [one.state for one in again.runs()] == ["done"]
    again.close()


def test_a_server_that_goes_away_is_an_error_of_ours(server: Server) -> None:
    store = Store.open(server.url)
    run = store.begin("audit", 1)
    server.stop()
    try:
        with pytest.raises(StoreError):
            store.finish(run, "done")
        store.close()
    finally:
        _again(lambda: server._call(*server._start))


def _again(start: Callable[[], None]) -> None:
    """The port can still be taken for a moment after an immediate stop."""
    for _ in range(5):
        try:
            start()
        except subprocess.CalledProcessError:
            time.sleep(1)
        else:
            return
    raise AssertionError("PostgreSQL did not start again")
