"""Which inventories one process can read, and which are for ansible-runner and its processes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from smartfleet.engines.worker.request import Request
from smartfleet.engines.worker.shift import _program
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

    def program(playbook: str, hosts: str | None) -> str:
        return _program(Request(1, "", "", 0.0, "shard", playbook=playbook, inventory=hosts))

    assert program("audit", together) == program("verify", None) == "smartfleet.reading"
    assert {program("audit", apart), program("apply", together), program("apply", apart)} == {
        "smartfleet.engines.worker.runner"
    }


def test_an_inventory_without_hosts() -> None:
    assert suits("{}")
