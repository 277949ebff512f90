"""A reading that one host's variables hold up for ever, in code that nothing in its own process can interrupt."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.engines.carrying import Carrier
from tests.integration.engines.grounds import LocalGround, local_ground
from tests.integration.engines.hosts import Hosts

pytestmark = pytest.mark.once
# seconds: far more than the host that is not stuck takes on a busy machine
LIMIT = 15
# the pattern tries every way to share out the letters, and holds the interpreter while it does
FOR_EVER = "{{ '/' if ('a' * 60 ~ 'b') is regex('^(a+)+$') else '/' }}"


@pytest.fixture(scope="module")
def ground() -> Iterator[LocalGround]:
    with tempfile.TemporaryDirectory(prefix="sf-", dir="/tmp") as folder, local_ground(Path(folder)) as found:
        yield found


def test_a_reading_in_which_nothing_moves_is_ended(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("quick")
    hosts.add("stuck", smartfleet_root=FOR_EVER)
    order = carrier.order("audit", forks=1)
    variables = {**order.variables, "smartfleet_host_timeout": LIMIT}
    _, told = carrier.submit(replace(order, variables=variables), carrier.shard("audit"))
    end = told.end()
    assert (end.state, end.begun, end.code) == ("lost", True, "worker/stuck"), end
    assert told.answers("quick") == [("client_facts", "ok")]
    assert told.answers("stuck") == []
    assert carrier.nothing_left()
