"""Which inventories one process can read, and which are for ansible-runner and its processes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from smartfleet.engines.worker.place import together as is_together
from smartfleet.engines.worker.request import Request
from smartfleet.reading.suiting import suits
from tests.unit.builders import table

CASES = table("suiting")


def inventory(case: dict[str, Any]) -> str:
    known = {f"pc-{number}": {**case.get("all", {}), **own} for number, own in enumerate(case["hosts"])}
    return json.dumps({"_meta": {"hostvars": known}, "all": {"hosts": list(known)}})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"])
def test_hosts_that_can_share_a_process(case: dict[str, Any]) -> None:
    assert suits(inventory(case)) is case["suits"]


def test_hosts_are_looked_at_for_reading_alone() -> None:
    together, apart = (inventory(next(case for case in CASES if case["suits"] is which)) for which in (True, False))

    def by_reading(playbook: str, hosts: str | None) -> bool:
        return is_together(Request(1, "", "", 0.0, "shard", playbook=playbook, inventory=hosts))

    assert by_reading("audit", together)
    assert by_reading("verify", None)
    assert not any(by_reading(*one) for one in (("audit", apart), ("apply", together), ("apply", apart)))


def test_an_inventory_without_hosts() -> None:
    assert suits("{}")
