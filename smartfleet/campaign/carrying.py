"""Carries a plan over a fleet: wave by wave, within its budget and its windows, then whoever waits as long as asked.

Everything that must survive is in the store before it is acted on, so that a run that dies is gone on with by a resume.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from smartfleet.campaign.afterwards import afterwards
from smartfleet.campaign.attempt import try_hosts
from smartfleet.campaign.base import Campaign
from smartfleet.campaign.beginning import Begun, begin, with_turns
from smartfleet.campaign.beginning import resume as taken_up
from smartfleet.campaign.budget import Spent
from smartfleet.campaign.drive import Drive, Stop
from smartfleet.campaign.ending import all_outcomes, next_command
from smartfleet.campaign.settling import settle
from smartfleet.campaign.telling import Teller, Watch
from smartfleet.campaign.trying_again import try_until
from smartfleet.errors import StoreError
from smartfleet.model import events
from smartfleet.model.campaign import HostProgress, RunSettings, RunState, Wave
from smartfleet.model.plan import Plan
from smartfleet.model.results import Outcome, Verdict

Work = Callable[[Drive, Begun], None]


@dataclass(frozen=True)
class Applied:
    """What became of a run: an outcome for every profile of its plan, and a verdict for every folder it looked at.

    `spent`: the part of its budget that stopped it; `interrupted`: whether Ctrl-C did.
    """

    run: str
    outcomes: list[Outcome]
    state: RunState
    verdicts: list[Verdict]
    spent: Spent | None = None
    interrupted: bool = False


def carry_out(
    campaign: Campaign,
    plan: Plan,
    settings: RunSettings,
    *,
    watch: Watch = lambda _event: None,
    resume: str = "",
    only: Collection[str] = (),
    parent: str = "",
    stay: bool = True,
) -> Applied:
    """Begins a run, over `only` some of the plan's hosts if they are named, or goes on with the run `resume`.

    Hosts without anything to do are not even connected to. `parent`: the run whose hosts are tried again. Without
    `stay` hosts that wait are left to `run_due`.
    """
    if resume:
        begun = with_turns(taken_up(campaign, plan, settings, resume))
    else:
        begun = begin(campaign, plan, settings.model_copy(update={"parent": parent}), only)
    return go_on(campaign, plan, begun, watch, _everything if stay else _waves)


def go_on(campaign: Campaign, plan: Plan, begun: Begun, watch: Watch, work: Work) -> Applied:
    """Does `work` on a run that this process has taken, and closes it, however that ends.

    Ctrl-C while nobody but waiting hosts is left leaves these to the queue.
    """
    drive = Drive(campaign, plan, begun, Teller(watch, campaign.controls.notify))
    try:
        _tell_begun(drive, begun)
        state = _ends_as(drive, begun, work)
        left_to_queue = drive.interrupted and not drive.left(drive.results.progress)
        counts = _note_end(drive, state)
        # a pass of the queue after which hosts still wait is no news
        news = not begun.state == state == "waiting"
        drive.finish(drive.state() if left_to_queue else state, news=news)
    except BaseException:
        campaign.controls.notify(f"the run broke off; go on with it: smartfleet apply --resume {begun.run}")
        with contextlib.suppress(StoreError):
            campaign.note_end(begun.run, "apply", "failed", ())
            begun.hold.finish("failed")
            campaign.ended(begun.run)
        raise
    afterwards(campaign, begun.run, drive.touched(_judged(begun)), news=news)
    return _ended(drive, state, counts)


def _judged(begun: Begun) -> list[HostProgress]:
    """How far hosts were when the policy last judged what the run had done."""
    return begun.progress if begun.judged else [row for row in begun.progress if row.state == "pending"]


def _ends_as(drive: Drive, begun: Begun, work: Work) -> RunState:
    try:
        drive.give_up(begun.gone)
        work(drive, begun)
    except Stop as stop:
        drive.interrupted = stop.state == "interrupted"
        return stop.state
    except KeyboardInterrupt:
        drive.interrupted = True
        return "interrupted"
    return drive.state()


def _everything(drive: Drive, begun: Begun) -> None:
    _waves(drive, begun)
    try_until(drive)


def _waves(drive: Drive, begun: Begun) -> None:
    for position, wave in enumerate(begun.waves):
        if wave.state == "done":
            continue
        if wave.state == "pending" and position:
            _pause(drive, begun.waves[position - 1], wave)
        _work_on(drive, wave, begun.waves[position + 1 :])


def _work_on(drive: Drive, wave: Wave, later: Sequence[Wave]) -> None:
    """What is `later` must not be begun before this wave has proven itself."""
    if wave.state != "soaking":
        drive.campaign.store.set_wave(drive.run, wave.number, "running")
        drive.tell(
            events.WaveBegun(
                time=drive.now, run=drive.run, wave=wave.number, name=wave.name, hosts=len(drive.left(wave.hosts))
            )
        )
    if drive.left(wave.hosts):
        drive.check_budget({wave.number})
    while hosts := drive.left(wave.hosts):
        try_hosts(drive, hosts)
        drive.check_budget({wave.number})
    if any(drive.left(one.hosts) for one in later):
        settle(drive, wave)
    drive.campaign.store.set_wave(drive.run, wave.number, "done")
    counts = Counter(outcome.outcome for host in wave.hosts for outcome in drive.results.of(host))
    drive.tell(events.WaveEnded(time=drive.now, run=drive.run, wave=wave.number, name=wave.name, outcomes=dict(counts)))


def _pause(drive: Drive, before: Wave, wave: Wave) -> None:
    pause = drive.settings.campaign.pause
    if pause != "ask":
        drive.wait("pause", drive.now + pause)
        return
    counts = Counter(outcome.outcome for host in before.hosts for outcome in drive.results.of(host))
    told = ", ".join(f"{count} {name}" for name, count in counts.most_common())
    if not drive.ask(f"{before.name} is through: {told}. Begin {wave.name} with {len(wave.hosts)} hosts?"):
        raise Stop("stopped")


def _tell_begun(drive: Drive, begun: Begun) -> None:
    hosts = [host for wave in begun.waves for host in wave.hosts]
    if begun.state:
        drive.campaign.store.add_trail("resumed", run=drive.run, verb="apply", plan_hash=drive.plan.hash, hosts=hosts)
    drive.tell(
        events.RunBegun(
            time=drive.now,
            run=drive.run,
            verb="apply",
            resumed=bool(begun.state),
            plan_hash=drive.plan.hash,
            hosts=len(hosts),
            waves=[len(wave.hosts) for wave in begun.waves],
            names=[wave.name for wave in begun.waves],
            through=[len(wave.hosts) - len(drive.left(wave.hosts)) for wave in begun.waves],
        )
    )


def _note_end(drive: Drive, state: RunState) -> dict[str, int]:
    """Profiles by outcome. In the trail before the run is closed: a run that is closed nobody resumes."""
    drive.results.flush(at_once=True)
    counts: dict[str, int] = dict(Counter(one.outcome for one in all_outcomes(drive.plan, drive.results, drive.run)))
    drive.campaign.store.add_trail(
        "ended", run=drive.run, verb="apply", plan_hash=drive.plan.hash, outcomes=counts, detail=state
    )
    return counts


def _ended(drive: Drive, state: RunState, counts: dict[str, int]) -> Applied:
    outcomes = all_outcomes(drive.plan, drive.results, drive.run)
    command = next_command(drive.run, state, outcomes)
    drive.tell(events.RunEnded(time=drive.now, run=drive.run, state=state, outcomes=counts, next=command))
    spent = drive.spent if state == "stopped" else None
    return Applied(drive.run, outcomes, state, drive.verdicts, spent, drive.interrupted)
