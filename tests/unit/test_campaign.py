"""What the verbs decide by themselves: whom a rollback takes back, which facts stay, whose host keys nobody checks."""

from __future__ import annotations

import pytest

from smartfleet.campaign.apply import orders
from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.refresh import merged
from smartfleet.campaign.rollback import Moved, movable_back
from smartfleet.campaign.trust import warnings
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
        ([{"run": "r1", "state": "open"}], "", [], False),
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
