"""Shards: which host goes where."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smartfleet.engines.shard import Shard, by_bucket

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20)
FLEETS = st.dictionaries(NAMES, st.sampled_from(["", "berlin", "hamburg"]), max_size=40)
BUCKETS = {"berlin": 3, "": 7}


@given(FLEETS)
def test_every_host_is_in_one_shard_of_its_site(fleet: dict[str, str]) -> None:
    found = by_bucket(fleet, BUCKETS)
    assert sorted(host for hosts in found.values() for host in hosts) == sorted(fleet)
    assert all(fleet[host] == site for (site, _bucket), hosts in found.items() for host in hosts)
    assert all(bucket < BUCKETS.get(site, 1) for site, bucket in found)


@given(FLEETS, NAMES)
def test_a_new_host_moves_no_other(fleet: dict[str, str], name: str) -> None:
    def places(hosts: dict[str, str]) -> dict[str, tuple[str, int]]:
        return {host: place for place, members in by_bucket(hosts, BUCKETS).items() for host in members}

    before, after = places(fleet), places({**fleet, name: fleet.get(name, "berlin")})
    assert {host: after[host] for host in before} == before


def test_where_a_host_goes_is_the_same_on_every_machine_and_in_every_version() -> None:
    assert by_bucket({"pc-1": "berlin", "pc-2": "berlin", "pc-6": "berlin", "pc-3": ""}, BUCKETS) == {
        ("", 0): ["pc-3"],
        ("berlin", 2): ["pc-1", "pc-2"],
        ("berlin", 1): ["pc-6"],
    }


def test_an_attempt_has_a_name_for_files() -> None:
    assert Shard("20260101-1", "berlin-2", 3, ("a",), "apply", "berlin", 0.0).key == "20260101-1.berlin-2.3"
