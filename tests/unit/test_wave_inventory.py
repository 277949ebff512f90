"""The part of an inventory that a wave gets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartfleet.campaign import inventory
from smartfleet.campaign.listings import Listings
from smartfleet.campaign.wave_inventory import ExactInventories
from smartfleet.engines.ahead import Ahead
from smartfleet.errors import InventoryError


def printed(**variables: Any) -> dict[str, Any]:
    """pc-1 has the variables; the groups hold each other and themselves."""
    return {
        "_meta": {"profile": "inventory_legacy", "hostvars": {"pc-1": variables, "jump": {"ansible_host": "10.0.0.1"}}},
        "all": {"children": ["ungrouped", "office", "servers"]},
        "office": {"children": ["north", "office"]},
        "north": {"hosts": ["pc-1", "pc-2"], "children": ["empty"]},
        "empty": {},
        "servers": {"hosts": ["jump"]},
    }


def exact(tmp_path: Path, hosts: tuple[str, ...] = ("pc-1",), **variables: Any) -> dict[str, Any] | None:
    text = ExactInventories(printed(**variables), tmp_path / "hosts.yml").of(hosts)
    return json.loads(text) if text else None


def test_groups_and_variables_of_its_hosts_alone(tmp_path: Path) -> None:
    place = {
        "inventory_file": {"__ansible_unsafe": f"{tmp_path}/hosts.yml"},
        "inventory_dir": {"__ansible_unsafe": str(tmp_path)},
    }
    assert exact(tmp_path, ("pc-1", "pc-2"), user="eva") == {
        "_meta": {"profile": "inventory_legacy", "hostvars": {"pc-1": {"user": "eva", **place}, "pc-2": place}},
        "all": {"hosts": [], "children": ["office"]},
        "office": {"hosts": [], "children": ["north", "office"]},
        "north": {"hosts": ["pc-1", "pc-2"], "children": []},
    }


ALONE: list[Any] = [
    "hostvars and groups",
    "{{ group_names }} {{ my_groups }} {{ hostvars_of_mine }}",
    {"__ansible_unsafe": "{{ hostvars }}"},
    {"__ansible_vault": "{{ groups }}"},
    ["{{ a }}", {"b": 7, "c": None}],
    "{{ inventory_dir }} {{ inventory_file }}",
]
NOT_ALONE: list[Any] = ["{{ hostvars.jump }}", "{% for g in groups %}{% endfor %}", [{"a": ["x {{ groups['a'] }}"]}]]


@pytest.mark.parametrize("value", ALONE)
def test_hosts_that_stand_alone(tmp_path: Path, value: Any) -> None:
    assert exact(tmp_path, value=value)


@pytest.mark.parametrize("value", NOT_ALONE)
def test_hosts_that_speak_of_others(tmp_path: Path, value: Any) -> None:
    assert exact(tmp_path, value=value) is None


def test_a_host_that_nobody_lists_is_left_to_ansible(tmp_path: Path) -> None:
    assert exact(tmp_path, ("pc-1", "pc-9")) is None


class Counted(list[str]):
    """A group's hosts, and how often they are gone through."""

    looks = 0

    def __iter__(self) -> Iterator[str]:
        self.looks += 1
        return super().__iter__()


def test_the_fleet_is_looked_through_once_for_all_parts_and_each_keeps_its_order(tmp_path: Path) -> None:
    hosts = Counted(f"pc-{number}" for number in range(20, 0, -1))
    whole = ExactInventories({"_meta": {"hostvars": {}}, "all": {"hosts": hosts}}, tmp_path / "hosts.yml")
    parts = [json.loads(whole.of((f"pc-{number}", f"pc-{number + 10}")) or "{}") for number in range(1, 11)]
    assert [part["all"]["hosts"] for part in parts] == [[f"pc-{n + 10}", f"pc-{n}"] for n in range(1, 11)]
    assert hosts.looks == 1


@pytest.mark.parametrize(
    ("below", "value", "alone"),
    [
        ("group_vars", "{{ inventory_dir }}", True),
        (".git", "{{ inventory_dir }}", True),
        ("group_vars", "{{ inventory_file }}", False),
        ("site-b", "{{ inventory_dir }}", False),
        ("site-b", "{{ other }}", True),
    ],
)
def test_a_folder_of_inventories_has_one_place_only_without_folders_below(
    tmp_path: Path, below: str, value: str, *, alone: bool
) -> None:
    (tmp_path / below).mkdir()
    found = ExactInventories(printed(value=value), tmp_path).of(("pc-1",))
    assert bool(found) is alone


def test_an_inventory_is_read_again_only_when_it_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str | None] = []

    def listing(_inventory: Path, limit: str | None, *_: object) -> tuple[dict[str, Any], str]:
        calls.append(limit)
        names = limit.split(",") if limit else ["a", "b", "c"]
        return {"_meta": {"hostvars": {}}, "all": {"hosts": names}}, ""

    monkeypatch.setattr(inventory, "list_inventory", listing)
    clock = [0.0]
    listings = Listings(lambda: clock[0])
    place = Path("/fleet/inventory")

    def names(limit: str | None) -> list[str]:
        return [host.name for host in listings.hosts(place, limit, folder=place.parent)]

    def whole() -> list[str] | None:
        found = listings.whole(place, folder=place.parent)
        return None if found is None else [host.name for host in found]

    assert whole() is None
    assert names("a,b") == ["a", "b"]
    assert whole() is None
    listings.covering(place, ["b"], folder=place.parent)
    assert calls == ["a,b"]
    listings.covering(place, ["b", "c"], folder=place.parent)
    listings.covering(place, ["gone"], folder=place.parent)
    assert names(None) == ["a", "b", "c"]
    assert calls == ["a,b", None]
    assert whole() == ["a", "b", "c"]
    clock[0] = 3600
    assert whole() is None
    assert names(None) == ["a", "b", "c"]
    assert calls == ["a,b", None, None]


@pytest.mark.parametrize("asked", ["a", None])
def test_what_was_read_ahead_is_not_read_again(monkeypatch: pytest.MonkeyPatch, asked: str | None) -> None:
    calls: list[str | None] = []

    def listing(_inventory: Path, limit: str | None, *_: object) -> tuple[dict[str, Any], str]:
        calls.append(limit)
        return {"_meta": {"hostvars": {}}, "all": {"hosts": ["a"]}}, ""

    monkeypatch.setattr(inventory, "list_inventory", listing)
    listings, place = Listings(), Path("/fleet/inventory")
    listings.read_ahead(place, "a", folder=place.parent, ahead=Ahead(place.parent))
    for _ in range(2):
        assert [host.name for host in listings.hosts(place, asked, folder=place.parent)] == ["a"]
    assert sorted(calls, key=str) == (["a", "a"] if asked else [None, "a"])


def test_what_goes_wrong_ahead_is_raised_where_it_is_asked_for() -> None:
    listings, place = Listings(), Path("/fleet/inventory")
    listings.read_ahead(place, "a[", folder=place.parent, ahead=Ahead(place.parent))
    with pytest.raises(InventoryError) as caught:
        listings.hosts(place, "a[", folder=place.parent)
    assert caught.value.code == "inventory/bad-limit"
