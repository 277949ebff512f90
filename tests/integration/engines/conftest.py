"""The contract suite runs over every engine: each gives it a ground to stand on."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.integration.engines.carrying import Carrier
from tests.integration.engines.dask_ground import dask_ground
from tests.integration.engines.ground_ssh import ssh_ground
from tests.integration.engines.grounds import Ground, local_ground
from tests.integration.engines.hosts import Hosts

GROUNDS: dict[str, Callable[[Path], AbstractContextManager[Ground]]] = {
    "dask": dask_ground,
    "local": local_ground,
    "ssh": ssh_ground,
}


@pytest.fixture(scope="module", params=sorted(GROUNDS))
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    # short, for sockets lie in it
    folder = Path(tempfile.mkdtemp(prefix="sf-", dir="/tmp"))
    try:
        with GROUNDS[request.param](folder) as found:
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def hosts(tmp_path: Path) -> Hosts:
    return Hosts(tmp_path / "hosts")


@pytest.fixture
def carrier(ground: Ground, hosts: Hosts, tmp_path: Path) -> Carrier:
    return Carrier(ground, hosts, tmp_path)
