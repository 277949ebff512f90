"""A lab for the whole session, and machines that a test may do with as it likes."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from smartfleet.lab.lifecycle import start
from smartfleet.lab.workers.workers import Workers
from tests.integration.postgres import Server, programs

# what an assertion in a helper compares is shown as in a test
pytest.register_assert_rewrite(
    "tests.integration.crashing", "tests.integration.engines.carrying", "tests.integration.killing"
)
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The lab's servers, with no hosts yet. It ends with the session, also if the session is killed."""
    if shutil.which("ssh") is None:
        pytest.skip("the lab needs the OpenSSH client (ssh)")
    running = start(tmp_path_factory.mktemp("lab"), tied=True)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def workers(lab: Lab) -> Workers:
    """The lab's workers, two of them, reached by ssh and by Dask."""
    pytest.importorskip("distributed")
    return lab.add_workers(2)


@pytest.fixture
def host(lab: Lab) -> Iterator[LabHost]:
    """A fresh machine with the desktop client and no users."""
    machine = lab.add_host(f"host{next(_numbers)}")
    yield machine
    machine.remove()


@pytest.fixture
def fleet(lab: Lab, host: LabHost, tmp_path: Path) -> Path:
    """A fleet folder whose inventory holds `host` alone."""
    return write_fleet(lab, [host], folder=tmp_path / "fleet")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL server of the file's own."""
    place = programs()
    if place is None:
        pytest.skip("no PostgreSQL server is installed (Debian package: postgresql)")
    running = Server(place)
    yield running
    running.remove()
