"""What becomes of hosts whose shard was lost or refused, and what is written of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from smartfleet.campaign import inventory
from smartfleet.campaign.dispatch import ShardTrouble
from smartfleet.campaign.execute import Reaching
from smartfleet.campaign.listings import Listings
from smartfleet.campaign.runner import Controls, Run
from smartfleet.campaign.trouble import diagnose
from smartfleet.engines.answers import SHARD, Answer, RunAnswers
from smartfleet.engines.protocol import Ended
from smartfleet.engines.shard import Shard
from smartfleet.errors import EngineError
from smartfleet.paths import Playbook, playbook
from tests.unit.fake_engines import DONE, LOST, REFUSED, FakeBook, FakeEngine, FakeOffer, all_answer

HOSTS = {"b1": "berlin", "b2": "berlin", "h1": "hamburg"}


@pytest.fixture(autouse=True)
def _inventory(monkeypatch: pytest.MonkeyPatch) -> None:
    hostvars = {host: {"smartfleet_site": site, "ansible_host": f"{host}.invalid"} for host, site in HOSTS.items()}

    def listing(*_: object) -> tuple[dict[str, Any], str]:
        return {"_meta": {"hostvars": hostvars}, "all": {"hosts": list(hostvars)}}, ""

    monkeypatch.setattr(inventory, "list_inventory", listing)


class World:
    """Two sites at two engines."""

    def __init__(self) -> None:
        self.berlin, self.hamburg, self.book = FakeEngine(), FakeEngine(), FakeBook()
        self.told: list[str] = []
        self.troubles: list[ShardTrouble] = []
        offer = FakeOffer({"b": self.berlin, "h": self.hamburg}, {"berlin": "b", "hamburg": "h"})
        self.reaching = Reaching(Listings(), offer, self.book)

    def run(self, verb: Playbook = "apply", name: str = "r1", *, check: bool = False) -> RunAnswers:
        order: dict[str, Any] = {"profiles": [], "install": None}
        orders = dict.fromkeys(HOSTS, order) if verb == "apply" else None
        made = Run(playbook(verb), Path("/fleet/hosts.yml"), Path("/"), tuple(HOSTS), orders=orders, name=name)
        made = Run(**{**vars(made), "check": check})
        return self.reaching(made, Controls(silence=10.0, notify=self.told.append, troubled=self.troubles.append))


@pytest.fixture
def world() -> World:
    return World()


def lost(shard: Shard) -> Iterable[Answer | Ended]:
    yield Answer(shard.hosts[0], "smartde.nextcloud.client_facts", "ok", {})
    yield LOST


def test_each_site_goes_to_its_engine_and_is_written_before(world: World) -> None:
    def written(shard: Shard) -> Iterable[Answer | Ended]:
        assert shard.shard in {record.shard for record in world.book.records}
        return all_answer(shard)

    world.berlin.says = world.hamburg.says = written
    answers = world.run()
    assert [sent.hosts for sent, _ in world.berlin.sent] == [("b1", "b2")]
    assert [sent.site for sent, _ in world.hamburg.sent] == ["hamburg"]
    assert all(host.begun for host in answers.hosts.values())
    assert [(end.state, end.worker, list(end.lost)) for end in world.book.ends] == [("done", "w1", [])] * 2
    assert [record.grace for record in world.book.records] == [25.0, 25.0]


def test_nobody_asks_for_the_port_of_a_host_that_another_machine_reaches(world: World) -> None:
    """These names do not resolve here: they would be offline."""
    assert not any(host.unreachable for host in world.run().hosts.values())


def test_hosts_of_a_lost_shard_are_unknown_and_kept_from_others(world: World) -> None:
    world.berlin.says = lost
    answers = world.run()
    for host in ("b1", "b2"):
        last = answers.hosts[host].answers[-1]
        assert (last.action, last.state) == (SHARD, "unreachable")
        trouble = diagnose(last)
        assert (trouble.outcome, trouble.code) == ("unknown", "shard-lost")
        assert "w1" in trouble.message
    assert not answers.hosts["h1"].unreachable
    [end] = [end for end in world.book.ends if end.state == "lost"]
    assert (end.code, list(end.lost), end.grace) == ("worker/lost", ["b1", "b2"], 25.0)
    assert [line.split(" ")[0] for line in world.book.trail] == ["shard-lost"]
    assert [trouble.record.state for trouble in world.troubles] == ["lost"]
    assert "the link broke" in world.told[0]


@pytest.mark.parametrize(("verb", "check"), [("audit", False), ("verify", False), ("apply", True)])
def test_looking_keeps_nobody_from_a_host(world: World, verb: Playbook, *, check: bool) -> None:
    world.berlin.says = lost
    world.run(verb, check=check)
    assert [list(end.lost) for end in world.book.ends] == [[], []]
    assert [record.grace for record in world.book.records] == [None, None]


def test_of_a_refused_shard_nothing_was_begun_and_the_others_go_on(world: World) -> None:
    world.berlin.says = lambda _shard: [REFUSED]
    answers = world.run()
    trouble = diagnose(answers.hosts["b2"].answers[-1])
    assert (trouble.outcome, trouble.code, trouble.do) == ("refused", "shard-refused", "install 1.2 there")
    assert "worker/version" in trouble.message
    assert answers.hosts["h1"].begun
    assert [trouble.record.state for trouble in world.troubles] == ["failed"]
    assert len(world.told) == 1


def test_what_refuses_an_engines_shards_is_said_once(world: World) -> None:
    """Not in every wave; and again after a worker has carried one."""
    answers = world.berlin.says
    for says in (lambda _shard: [REFUSED], lambda _shard: [REFUSED], answers, lambda _shard: [REFUSED]):
        world.berlin.says = says
        world.run()
    assert [trouble.record.attempt for trouble in world.troubles] == [1, 2, 4]
    assert [line.split(",")[1] for line in world.told] == [" attempt 1", " attempt 4"]


def test_if_all_shards_are_refused_so_is_the_run(world: World) -> None:
    world.berlin.says = world.hamburg.says = lambda _shard: [REFUSED]
    with pytest.raises(EngineError) as caught:
        world.run()
    assert (caught.value.code, caught.value.do) == ("worker/version", "install 1.2 there")


def test_a_store_that_is_away_holds_up_no_host(world: World) -> None:
    """What it could not take stays `running` there, and is taken for lost later."""
    world.book.away = True
    assert {name: host.begun for name, host in world.run().hosts.items()} == dict.fromkeys(HOSTS, True)


def test_attempts_count_on_within_a_run(world: World) -> None:
    for _ in range(2):
        world.run()
    world.run(name="r2")
    assert [sent.attempt for sent, _ in world.berlin.sent] == [1, 2, 1]


def test_what_has_no_run_leaves_no_record(world: World) -> None:
    world.run("unlock", name="", check=True)
    world.run("unlock", name="", check=True)
    assert (world.book.records, world.book.ends) == ([], [])
    assert len({sent.key for sent, _ in world.berlin.sent}) == 2


def test_a_begun_shard_that_failed_is_no_refusal(world: World) -> None:
    failed = Ended("failed", begun=True, code="worker/ansible", message="it crashed")
    world.berlin.says = lambda _shard: [failed]
    answers = world.run()
    assert not answers.hosts["b1"].answers
    assert (world.troubles, DONE.state) == ([], "done")
