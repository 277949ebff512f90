"""What becomes of a run whose hosts are partly absent, without Ansible."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from smartfleet.campaign import execute, inventory
from smartfleet.campaign.execute import Reaching
from smartfleet.campaign.listings import Listings
from smartfleet.campaign.reach import Sweep
from smartfleet.campaign.runner import Controls, Run
from smartfleet.campaign.trouble import diagnose
from smartfleet.engines.answers import PROBE, Answer
from smartfleet.errors import InventoryError
from smartfleet.paths import playbook
from tests.unit.fake_engines import FakeBook, FakeEngine, FakeOffer

HOSTS = ("on", "off", "local")


@pytest.fixture
def hostvars() -> Iterator[dict[str, dict[str, Any]]]:
    with socket.create_server(("127.0.0.1", 0)) as server, closing(socket.socket()) as refusing:
        refusing.bind(("127.0.0.1", 0))
        here = {"ansible_host": "127.0.0.1", "ansible_ssh_common_args": "-F /dev/null"}
        yield {
            "on": here | {"ansible_port": server.getsockname()[1]},
            "off": here | {"ansible_port": refusing.getsockname()[1]},
            "local": {"ansible_connection": "local", "secret": "planted-5ecret"},
        }


@pytest.fixture
def ansible(hostvars: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    def listing(*_: object) -> tuple[dict[str, Any], str]:
        return {"_meta": {"hostvars": hostvars}, "all": {"hosts": list(hostvars)}}, ""

    monkeypatch.setattr(inventory, "list_inventory", listing)
    return FakeEngine(here=True)


def reaching(engine: FakeEngine, book: FakeBook | None = None) -> Reaching:
    return Reaching(Listings(), FakeOffer({"local": engine}), book or FakeBook())


def run(*hosts: str, **more: Any) -> Run:
    return Run(playbook("audit"), Path("/fleet/hosts.yml"), Path("/"), hosts or HOSTS, **more)


def test_ansible_gets_those_that_may_be_there_and_the_rest_has_an_answer(ansible: FakeEngine) -> None:
    told: list[Answer] = []
    sweeps: list[Sweep] = []
    orders: dict[str, dict[str, Any]] = {host: {"profiles": []} for host in HOSTS}
    answers = reaching(ansible)(run(orders=orders), Controls(progress=told.append, probed=sweeps.append))
    ((shard, order),) = ansible.sent
    assert (shard.hosts, shard.playbook, shard.attempt) == (("on", "local"), "audit", 1)
    assert order.inventory is not None
    assert '"off"' not in order.inventory
    assert "planted-5ecret" not in repr(order)
    assert list(answers.hosts) == list(HOSTS)
    assert (sweeps[0].online, set(sweeps[0].offline), sweeps[0].untried) == (("on",), {"off"}, ("local",))
    absent = answers.hosts["off"].unreachable
    assert absent is not None
    assert [one for one in told if one.host == "off"] == [absent]
    assert absent.action == PROBE
    trouble = diagnose(absent)
    assert (trouble.outcome, trouble.code) == ("waiting-online", "offline")
    assert "refused the connection" in trouble.message
    assert "doctor --limit off" in trouble.do


def test_with_nobody_there_nothing_is_started(ansible: FakeEngine) -> None:
    answers = reaching(ansible)(run("off"), Controls())
    assert (ansible.sent, answers.rc, answers.interrupted) == ([], 0, False)
    assert answers.hosts["off"].unreachable


def test_whoever_wants_no_more_gets_no_ansible(ansible: FakeEngine) -> None:
    answers = reaching(ansible)(run(), Controls(keep_going=lambda: False))
    assert ansible.sent == []
    assert not answers.hosts["on"].begun


def test_ctrl_c_while_ports_are_asked_begins_nothing(ansible: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Sweep:
        raise KeyboardInterrupt

    monkeypatch.setattr(execute, "sweep", interrupted)
    answers = reaching(ansible)(run(), Controls())
    assert (ansible.sent, answers.interrupted) == ([], True)
    assert not any(host.begun for host in answers.hosts.values())


def test_hosts_that_cannot_be_worked_on_stop_the_run(ansible: FakeEngine, hostvars: dict[str, dict[str, Any]]) -> None:
    hostvars["again"] = hostvars["on"]
    with pytest.raises(InventoryError, match="on and again"):
        reaching(ansible)(run("on", "again"), Controls())
    assert ansible.sent == []


def test_a_host_that_the_inventory_lost_is_ansibles_to_tell(ansible: FakeEngine) -> None:
    reaching(ansible)(run("on", "gone"), Controls())
    ((shard, order),) = ansible.sent
    assert (shard.hosts, order.inventory) == (("on", "gone"), None)
