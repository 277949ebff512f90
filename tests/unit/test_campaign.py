"""What the verbs decide by themselves: whom a rollback takes back, which facts stay, whose host keys nobody checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.onestep import Moved
from smartfleet.campaign.orders import orders
from smartfleet.campaign.refresh import Look, keep, merged
from smartfleet.campaign.rollback import movable_back
from smartfleet.campaign.trust import unchecked, warnings
from smartfleet.model.facts import HostFacts, Problem
from smartfleet.plan import make_plan
from tests.unit.builders import CONFIG_PATH, NEW, TIME, facts_of, fleet_config, host_facts, profile


@pytest.mark.parametrize(
    ("transactions", "run", "users", "found"),
    [
        ([{"run": "r1", "state": "done"}], "", [], True),
        ([{"run": "r1", "state": "done"}], "r1", ["eva"], True),
        ([{"run": "r1", "state": "done"}], "r2", [], False),
        ([{"run": "r1", "state": "done"}], "", ["max"], False),
        ([{"run": "r1", "state": "undone"}], "", [], False),
        ([{"run": "r1", "state": "open"}], "", [], True),
        ([{"run": "r1", "state": "open"}], "r2", [], False),
        ([], "", [], False),
    ],
)
def test_what_a_host_remembers_can_be_taken_back(
    *, transactions: list[dict[str, str]], run: str, users: list[str], found: bool
) -> None:
    facts = {"pc-1": (TIME, facts_of({"transactions": transactions}))}
    expected = {"pc-1": [Moved("eva", CONFIG_PATH)]} if found else {}
    assert movable_back(facts, run, users) == expected


def test_a_look_at_one_user_keeps_what_was_known_of_the_others() -> None:
    before = host_facts(profile({"user": "eva"}), profile({"user": "max"}))
    now = host_facts(profile({"user": "eva", "running": False}))
    both = merged(before, now, {"eva"})
    assert [(one.user, one.client is None) for one in both.profiles] == [("max", False), ("eva", True)]
    assert merged(before, host_facts(), {"eva"}).profiles == [before.profiles[1]]
    assert merged(before, now, ()) == now
    assert merged(None, now, {"eva"}) == now


class Book:
    """Facts by host, as the store keeps them."""

    def __init__(self, known: dict[str, tuple[float, HostFacts]]) -> None:
        self.known = known

    def facts(self, hosts: Sequence[str] | None = None) -> dict[str, tuple[float, HostFacts]]:
        return {host: self.known[host] for host in hosts or () if host in self.known}

    def add_facts(self, run: str, facts: Mapping[str, tuple[float, HostFacts]]) -> None:
        assert run == "r1"
        self.known |= facts


@pytest.mark.parametrize(
    ("known", "users", "taken"),
    [
        # a move looks at one user: what is known of the others gets no younger by it
        (["eva", "max"], {"eva"}, TIME),
        (["eva"], {"eva"}, TIME + 9.0),
        (["eva", "max"], set(), TIME + 9.0),
        (None, {"eva"}, TIME + 9.0),
    ],
)
def test_facts_are_as_old_as_the_oldest_of_them(known: list[str] | None, users: set[str], taken: float) -> None:
    before = {} if known is None else {"a": (TIME, host_facts(*(profile({"user": user}) for user in known)))}
    book = Book(before)
    keep(book, "r1", {"a": Look(TIME + 9.0, host_facts(profile({"user": "eva"})), users)})
    assert book.known["a"][0] == taken


def test_a_look_at_one_user_mends_no_trouble_with_others() -> None:
    def facts(*problems: tuple[str, str]) -> HostFacts:
        told = [Problem(code=code, message=message) for code, message in problems]
        return host_facts(profile({"user": "eva"})).model_copy(update={"problems": told})

    before = facts(
        ("died", "max: the look ended"),
        ("timeout", "eva: took too long"),
        ("unseen-sessions", "not told"),
        ("not-admin", "not seen without root: max"),
    )
    now = facts(("not-admin", "not seen without root: max"), ("unseen-clients", "not told"))
    assert [one.code for one in merged(before, now, {"eva"}).problems] == ["died", "not-admin", "unseen-clients"]
    assert merged(before, now, ()) == now


def test_hosts_without_work_get_no_order() -> None:
    facts = {"a": (TIME, facts_of({})), "b": (TIME, facts_of({"accounts": [{"url": NEW}]}))}
    plan = make_plan(facts, fleet_config(), created=TIME, instance_id="ocinst0000000")
    made = orders("r1", plan.hosts)
    assert list(made) == ["a"]
    assert (made["a"]["run"], made["a"]["install"]) == ("r1", None)
    assert [one["user"] for one in made["a"]["profiles"]] == ["eva"]


def host(**variables: object) -> InventoryHost:
    return InventoryHost("pc-1", "pc-1", vars=variables)


@pytest.mark.parametrize(
    ("variables", "environment", "warned"),
    [
        ({}, {}, False),
        ({}, {"ANSIBLE_HOST_KEY_CHECKING": "False"}, True),
        ({}, {"ANSIBLE_HOST_KEY_CHECKING": "True"}, False),
        ({"ansible_host_key_checking": False}, {}, True),
        ({"ansible_ssh_host_key_checking": "no"}, {}, True),
        ({"ansible_host_key_checking": True}, {}, False),
        ({"ansible_ssh_common_args": "-o StrictHostKeyChecking=no"}, {}, True),
        ({"ansible_ssh_extra_args": "-o 'stricthostkeychecking off'"}, {}, True),
        ({"ansible_ssh_common_args": "-o StrictHostKeyChecking=yes"}, {}, False),
    ],
)
def test_unchecked_host_keys_show(*, variables: dict[str, object], environment: dict[str, str], warned: bool) -> None:
    assert bool(warnings([host(**variables)], environment)) == warned
    assert unchecked([host(**variables)], environment) == ({"pc-1"} if warned else set())


@pytest.mark.parametrize(
    ("connection", "variables", "environment", "found"),
    [
        ("winrm", {"ansible_winrm_server_cert_validation": "ignore"}, {}, True),
        ("winrm", {"ansible_winrm_server_cert_validation": "validate"}, {}, False),
        ("winrm", {"ansible_psrp_cert_validation": "ignore"}, {}, False),
        ("psrp", {"ansible_psrp_cert_validation": "ignore"}, {}, True),
        ("psrp", {}, {"ANSIBLE_HOST_KEY_CHECKING": "False"}, False),
        ("ssh", {"ansible_psrp_cert_validation": "ignore"}, {}, False),
        ("local", {"ansible_host_key_checking": False}, {}, False),
    ],
)
def test_unchecked_certificates_are_found(
    *, connection: str, variables: dict[str, object], environment: dict[str, str], found: bool
) -> None:
    machine = InventoryHost("pc-1", "pc-1", connection=connection, vars=variables)
    assert unchecked([machine], environment) == ({"pc-1"} if found else set())
