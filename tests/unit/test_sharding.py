"""Which hosts go to which engine together."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from smartfleet.campaign.sharding import Share, shares
from tests.unit.fake_engines import FakeEngine, FakeOffer

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20)
SITES = st.sampled_from(["", "hq", "berlin", "hamburg"])
OFFER = FakeOffer({"local": FakeEngine(), "north": FakeEngine()}, {"berlin": "north", "hamburg": "north"}, 3)


@given(st.dictionaries(NAMES, SITES, max_size=40))
def test_every_host_is_in_one_share_of_its_engine(fleet: dict[str, str]) -> None:
    found = shares(fleet, OFFER)
    assert sorted(host for share in found for host in share.hosts) == sorted(fleet)
    assert all(OFFER.name(fleet[host]) == share.engine for share in found for host in share.hosts)
    assert len({share.name for share in found}) == len(found)
    assert len([share for share in found if share.engine == "local"]) <= 1


@given(st.dictionaries(NAMES, SITES, max_size=40), NAMES, SITES)
def test_a_new_host_moves_no_other(fleet: dict[str, str], name: str, site: str) -> None:
    def places(hosts: dict[str, str]) -> dict[str, str]:
        return {host: share.name for share in shares(hosts, OFFER) for host in share.hosts}

    before, after = places(fleet), places({**fleet, name: fleet.get(name, site)})
    assert {host: after[host] for host in before} == before


@given(st.text(min_size=1, max_size=80), st.text(max_size=300), st.integers(0, 999))
def test_names_fit_a_file_and_the_store(engine: str, site: str, bucket: int) -> None:
    name = Share(engine, site, bucket, ()).name
    assert re.fullmatch(r"[A-Za-z0-9-]{1,64}", name)


def test_sites_that_look_alike_are_told_apart() -> None:
    names = {Share(engine, site, 0, ()).name for engine in ("a", "a-b") for site in ("", "b c", "b-c", "c", "ü")}
    assert len(names) == 10


def test_names_are_the_same_in_every_version() -> None:
    assert Share("local", "", 0, ()).name == "local-0"
    assert Share("north", "Berlin 2", 3, ()).name == "Berlin-2-0dfb01f9-3"
