"""The campaign engine over real SSH: a canary, a machine that comes online, a client that rewrites its file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartfleet.campaign.audit import audit
from smartfleet.campaign.base import Campaign
from smartfleet.campaign.carrying import carry_out
from smartfleet.campaign.runner import Controls
from smartfleet.fleet import load_fleet
from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from smartfleet.model.campaign import RunSettings
from smartfleet.model.events import Event
from smartfleet.model.plan import Plan
from smartfleet.plan import make_plan
from smartfleet.store import Store
from tests.integration.reaching import here
from tests.integration.synced import synced


@pytest.fixture
def machines(lab: Lab) -> Iterator[list[LabHost]]:
    hosts = [lab.add_host(f"engine{number}") for number in (1, 2, 3)]
    yield hosts
    for host in hosts:
        host.remove()


def planned(folder: Path) -> tuple[Campaign, Plan]:
    """After an audit of everything."""
    fleet = load_fleet(folder)
    store = Store.of_fleet(fleet.state, "")
    campaign = Campaign(fleet, store, Controls(forks=3), here(store))
    seen = audit(campaign, [host.name for host in campaign.hosts(None)])
    assert seen.troubles == []
    return campaign, make_plan(seen.facts, fleet.config, created=time.time())


def test_a_wave_on_real_machines(lab: Lab, machines: list[LabHost], tmp_path: Path) -> None:
    users = [synced(lab, host, f"user-{host.name}") for host in machines]
    campaign, plan = planned(write_fleet(lab, machines, folder=tmp_path / "fleet"))
    first, second, _ = machines
    # the client of the third writes its file anew after the audit, as clients do
    users[2].quit_client()
    users[2].config.write_bytes(
        users[2].config.read_bytes().replace(b"[General]\n", b"[General]\nconfirmExternalStorage=true\n")
    )
    users[2].start_client()
    second.set_listening(on=False)
    events: list[Event] = []
    back: list[float] = []

    def watch(event: Event) -> None:
        events.append(event)
        if event.event == "waiting" and event.reason == "queue" and not back:
            second.set_listening(on=True)
            back.append(time.monotonic())

    settings = RunSettings.model_validate(
        {"campaign": {"canary": [first.name]}, "until": time.time() + 600, "every": 2.0}
    )
    done = carry_out(campaign, plan, settings, watch=watch)
    assert {(one.host, one.outcome, one.code) for one in done.outcomes} == {
        (host.name, "moved", "") for host in machines
    }
    assert done.state == "done"
    assert [verdict.verdict for verdict in done.verdicts] == ["match"]
    assert all(lab.new_url.encode() in user.config.read_bytes() for user in users)
    assert {row.host: row.attempts for row in campaign.store.progress(done.run)}[second.name] > 1
    assert "replanned" in [entry.event for entry in campaign.store.trail()]
    assert all(one.steps and one.proofs for one in campaign.store.outcomes(run=done.run) if one.outcome == "moved")
    assert campaign.store.locks() == []
