"""`unlock`: gives a host free that a run holds, in the store and on the host itself."""

from __future__ import annotations

from dataclasses import dataclass

from smartfleet.campaign import noticed
from smartfleet.campaign.base import Campaign, state
from smartfleet.campaign.notify import untold_of
from smartfleet.campaign.runner import Run
from smartfleet.campaign.trouble import Trouble
from smartfleet.model.campaign import Lock
from smartfleet.model.notices import HostLock, Untold
from smartfleet.paths import playbook


@dataclass(frozen=True)
class Unlocked:
    """`lock` is what the store held; `on_host` what the host had, or why it said nothing."""

    run: str
    lock: Lock | None
    on_host: HostLock | Untold
    interrupted: bool


def look(campaign: Campaign, host: str) -> HostLock | Untold:
    """What a host has reserved; `removed` stands for what `unlock` would take away. Changes nothing."""
    return _ask(campaign, host, "", check=True)[0]


def unlock(campaign: Campaign, host: str, held: Lock | None, seen: HostLock | Untold) -> Unlocked:
    """Takes away the lock that was `held` in the store, and the reservation that was seen on the host, if any."""
    with campaign.run("unlock", [host]) as run:
        lock = campaign.store.break_lock(host, held.run) if held else None
        found, interrupted = seen, False
        if isinstance(seen, HostLock) and seen.state == "removed":
            found, interrupted = _ask(campaign, host, seen.run, check=False)
        done = Unlocked(run, lock, found, interrupted)
        campaign.store.add_trail("unlocked", run=run, verb="unlock", hosts=[host], detail=_detail(done))
        came = state(interrupted=interrupted)
        campaign.note_end(run, "unlock", came, [found.state if isinstance(found, HostLock) else found.outcome])
        campaign.store.finish(run, came)
    return done


def _ask(campaign: Campaign, host: str, reserved: str, *, check: bool) -> tuple[HostLock | Untold, bool]:
    answers = campaign.execute(
        Run(
            playbook=playbook("unlock"),
            inventory=campaign.fleet.inventory,
            folder=campaign.fleet.folder,
            hosts=(host,),
            variables={"smartfleet_run": reserved},
            check=check,
        ),
        campaign.controls,
    )
    found = noticed.lock(answers.hosts[host], interrupted=answers.interrupted)
    return (untold_of(host, found) if isinstance(found, Trouble) else found), answers.interrupted


def _detail(done: Unlocked) -> str:
    parts = [f"lock of run {done.lock.run}"] if done.lock else []
    if isinstance(done.on_host, HostLock) and done.on_host.state == "removed":
        parts.append(f"reservation of run {done.on_host.run}")
    return ", ".join(parts) or "nothing"
