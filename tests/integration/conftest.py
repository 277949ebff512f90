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

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The lab's servers, with no hosts yet. It ends with the session, also if the session is killed."""
    if shutil.which("ssh") is None:
        pytest.skip("the lab needs the OpenSSH client (ssh)")
    running = start(tmp_path_factory.mktemp("lab"), tied=True)
    yield running
    running.stop()


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
