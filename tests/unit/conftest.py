"""What every unit test would otherwise do anew, done once."""

from __future__ import annotations

import copy
import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import Connection, inspect

from smartfleet.campaign.listing import list_inventory
from smartfleet.engines.ahead import Ahead
from smartfleet.store import schema

# how long an example takes says how busy the machine is. A person runs these tests again and again, with other examples
# each time; CI's profile has all hundred
settings.register_profile("untimed", parent=settings(), deadline=None, max_examples=50)
settings.load_profile("untimed")
# for a second interpreter: that the code does there what it does, and what the first found with many examples holds
settings.register_profile("again", parent=settings.get_profile("ci"), max_examples=10)

# almost nothing of what collecting makes is garbage
gc.disable()


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector need not look at it, and a forked child need not copy it."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def made_once() -> _Once:
    return _Once(schema._upgrade)


@pytest.fixture(scope="session")
def read_once() -> _Read:
    return _Read(list_inventory)


@pytest.fixture(scope="module", autouse=True)
def once(made_once: _Once, read_once: _Read) -> Iterator[None]:
    """For each file anew, so that tests of another folder in the same process do not get it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "_upgrade", made_once)
        patch.setattr("smartfleet.campaign.inventory.list_inventory", read_once)
        yield


class _Once:
    """The migrations make the first store; a further new one gets the statements that they came to."""

    def __init__(self, upgrade: Callable[[Connection], None]) -> None:
        self._upgrade = upgrade
        self._statements: list[str] = []

    def __call__(self, connection: Connection) -> None:
        if inspect(connection).get_table_names():
            self._upgrade(connection)
        elif self._statements:
            for statement in self._statements:
                connection.exec_driver_sql(statement)
        else:
            self._upgrade(connection)
            self._statements = _dumped(connection)


def _dumped(connection: Connection) -> list[str]:
    database = connection.connection.driver_connection
    assert database is not None
    return [line for line in database.iterdump() if line not in {"BEGIN TRANSACTION;", "COMMIT;"}]


_Reading = Callable[[Path, str | None, Path], tuple[dict[str, Any], str]]
_Key = tuple[str | None, tuple[tuple[str, bytes], ...]]


class _Read:
    """Ansible reads each inventory that a test makes; the same one again is answered as before."""

    def __init__(self, read: _Reading) -> None:
        self._read = read
        self._known: dict[_Key, tuple[dict[str, Any], str]] = {}

    def __call__(
        self, files: Path, limit: str | None, folder: Path, _ahead: Ahead | None = None
    ) -> tuple[dict[str, Any], str]:
        paths = [path for path in (folder / "ansible.cfg", *sorted(files.rglob("*"))) if path.is_file()]
        key = limit, tuple((str(path.relative_to(folder)), path.read_bytes()) for path in paths)
        if key not in self._known:
            self._known[key] = self._read(files, limit, folder)
        return copy.deepcopy(self._known[key])
