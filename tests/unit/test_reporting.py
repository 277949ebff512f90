"""The report's data as it comes from a store: every host once, judged by the fleet's policy, with where it stands."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.reporting import Since, figures, report_data
from smartfleet.fleet import Fleet
from smartfleet.model.campaign import HostProgress, Wave
from smartfleet.model.judged import JudgedHost, JudgedProfile
from smartfleet.store import Store
from tests.unit.builders import CONFIG_PATH, NEW, OLD, Case, facts_of, fleet_config

SITES = {"pc-1": "Bonn", "pc-2": "Bonn"}
HOSTS = [
    InventoryHost(name, name, vars={"smartfleet_site": SITES[name]} if name in SITES else {})
    for name in ("pc-3", "pc-2", "pc-1")
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.of_fleet(tmp_path, "")
    yield made
    made.close()


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path, fleet_config())


def audit(store: Store, **hosts: Case) -> str:
    run = store.begin("audit", len(hosts))
    store.add_facts(run, {name.replace("_", "-"): (time.time(), facts_of(case)) for name, case in hosts.items()})
    store.finish(run, "done")
    return run


def judged(host: str, *, compliant: bool, state: str) -> JudgedHost:
    profile = JudgedProfile.model_validate({"user": "eva", "config_path": CONFIG_PATH, "state": state})
    return JudgedHost(host=host, compliant=compliant, profiles=[profile])


def test_every_host_of_the_inventory_and_no_other(store: Store, fleet: Fleet) -> None:
    audit(store, pc_1={}, pc_2={"accounts": [{"url": NEW}]}, pc_9={})
    data = report_data(fleet, store, HOSTS, {})
    assert [(host.host, host.reason) for host in data.hosts] == [("pc-1", ""), ("pc-2", ""), ("pc-3", "never-seen")]
    assert [(row.host, row.state) for row in data.profiles] == [("pc-1", "old"), ("pc-2", "new")]
    assert data.headline.hosts == 3
    assert data.headline.hosts_seen == 2
    assert (data.old_servers, data.new_server) == ([OLD], NEW)


def test_what_the_report_counts_is_counted_alike_without_its_rows(store: Store, fleet: Fleet) -> None:
    audit(store, pc_1={}, pc_2={"accounts": [{"url": NEW}]}, pc_9={})
    found = figures(fleet, store, HOSTS, {}, time.time()).figures
    assert found.headline() == report_data(fleet, store, HOSTS, {}).headline
    assert (found.unplanned, found.unproven) == (True, True)


def test_a_fleet_folder_whose_name_is_no_text(store: Store, tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/fl\xe9et"))
    folder.mkdir()
    data = report_data(Fleet(folder, fleet_config()), store, HOSTS, {})
    assert '"fl\\\\udce9et"' in data.model_dump_json()


def test_the_policy_judges(store: Store, fleet: Fleet) -> None:
    audit(store, pc_1={})
    data = report_data(fleet, store, HOSTS, {})
    (profile,) = data.profiles
    assert "old-server" in [result.check for result in profile.results]
    assert data.headline.hosts_compliant == 0
    counts = {count.check.check: count for count in data.checks}
    assert (counts["old-server"].failed, counts["host-seen"].passed, counts["host-seen"].failed) == (1, 1, 2)


def test_sites_waves_and_when_a_host_was_seen(store: Store, fleet: Fleet) -> None:
    audit(store, pc_1={})
    run = store.begin("apply", 1)
    store.set_waves(run, [Wave(number=0, name="canary", hosts=["pc-1"])])
    store.set_progress([HostProgress(run=run, host="pc-1", wave=0)])
    data = report_data(fleet, store, HOSTS, {})
    assert [(host.site, host.wave) for host in data.hosts] == [("Bonn", "canary"), ("Bonn", ""), ("", "")]
    assert [host.last_seen is None for host in data.hosts] == [False, True, True]
    assert {share.by for share in data.shares} == {"wave", "site", "os", "client"}


def test_the_past_is_that_of_these_hosts(store: Store, fleet: Fleet) -> None:
    first = audit(store, pc_1={})
    store.add_judgements(first, [judged(name, compliant=False, state="old") for name in ("pc-1", "pc-9")])
    second = audit(store, pc_1={})
    store.add_judgements(second, [judged("pc-1", compliant=True, state="new")])
    points = report_data(fleet, store, HOSTS, {}).history
    assert [(point.run, point.hosts, point.compliant, point.on_new_server) for point in points] == [
        (first, 1, 0, 0),
        (second, 1, 1, 1),
    ]


def test_what_changed_since_a_run(store: Store, fleet: Fleet) -> None:
    first = audit(store, pc_1={})
    store.add_judgements(first, [judged(name, compliant=True, state="new") for name in ("pc-1", "pc-9")])
    moment = store.moment_of(first)
    assert moment is not None
    assert report_data(fleet, store, HOSTS, {}).since is None
    whole = report_data(fleet, store, HOSTS, {}, Since(moment, everything=True)).since
    assert whole is not None
    assert [(host.host, host.compliant) for host in whole.hosts_changed] == [("pc-1", False)]
    assert (whole.hosts_new, whole.hosts_gone) == (["pc-2", "pc-3"], ["pc-9"])
    part = report_data(fleet, store, HOSTS, {}, Since(moment, everything=False)).since
    assert part is not None
    assert part.hosts_gone == []


def test_trust_that_was_switched_off_shows_in_warnings_and_answers(store: Store, fleet: Fleet) -> None:
    audit(store, pc_1={})
    data = report_data(fleet, store, HOSTS, {"ANSIBLE_HOST_KEY_CHECKING": "no"})
    assert [warning.code for warning in data.warnings] == ["host-keys-unchecked"]
    assert "host-trust" in [result.check for result in data.hosts[0].results]


def test_garbage_is_collected_again_afterwards(store: Store, fleet: Fleet) -> None:
    report_data(fleet, store, HOSTS, {})
    assert gc.isenabled()
