"""Hosts whose worker was lost: nothing is begun on them before they told that nobody works there any more.

Two things keep two workers apart. Time: a worker that hears nothing from its controller ends all that it began, and is
waited for so long. And the host itself: while a module works, the kernel's lock is held, however it was started.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from smartfleet.campaign import noticed, parse
from smartfleet.campaign.base import Campaign
from smartfleet.campaign.dispatch import ShardTrouble
from smartfleet.campaign.holding import Hold, free, trouble_of
from smartfleet.campaign.runner import Controls, Run
from smartfleet.campaign.trouble import SHARD_LOST, Trouble, is_lost, quoted
from smartfleet.campaign.waiting import wait
from smartfleet.durations import duration_text
from smartfleet.engines.answers import RunAnswers
from smartfleet.errors import EngineError, RunError
from smartfleet.model.results import Outcome
from smartfleet.model.shards import LostHost
from smartfleet.paths import Playbook, playbook
from smartfleet.store import Store
from smartfleet.text import number_of, visible

Wait = Callable[[float, int], None]
"""Waits until a time (epoch) for so many hosts."""


@dataclass(frozen=True)
class LookedAt:
    """`troubles`: why nothing may be begun yet, by host. `interrupted`: Ctrl-C came; all are as they were before."""

    troubles: Mapping[str, Trouble] = field(default_factory=dict)
    interrupted: bool = False


def look_at_lost(campaign: Campaign, run: str, hosts: Sequence[str], controls: Controls, wait_for: Wait) -> LookedAt:
    """Asks those of `hosts` that were lost, by whichever run, in `run`. Reads only; their facts are kept.

    Raises StoreError.
    """
    store = campaign.store
    store.abandon()
    lost = {one.host: one for one in store.lost(hosts)}
    if not lost:
        return LookedAt()
    wait_for(campaign.clock.now() + max(one.wait for one in lost.values()), len(lost))
    asking = _Asking(campaign, run, controls)
    troubles = asking.audit(lost)
    if not asking.interrupted:
        troubles |= asking.ask_locks([lost[host] for host in lost if host not in troubles])
    if asking.interrupted:
        return LookedAt(interrupted=True)
    free = [host for host in lost if host not in troubles]
    store.found(free)
    detail = f"{number_of(len(free), 'host')} free, {len(troubles)} not"
    store.add_trail("looked-at-lost", run=run, hosts=list(lost), detail=detail)
    return LookedAt(troubles)


def left_alone(hold: Hold, hosts: Iterable[str]) -> LookedAt:
    """Takes `hosts` for a run that does one thing; those that it must leave alone have a trouble. Raises StoreError."""
    campaign, names = hold.campaign, list(hosts)
    held = hold.lock(names)
    controls = replace(campaign.controls, keep_going=hold.is_ours)

    def wait_for(until: float, count: int) -> None:
        seconds = duration_text(until - campaign.clock.now())
        campaign.controls.notify(
            f"waiting {seconds} for a lost worker to end what it began on {number_of(count, 'host')}"
        )
        wait(campaign.clock, until, hold.beat)

    found = look_at_lost(campaign, hold.run, free(names, held), controls, wait_for)
    taken = {host: trouble_of(lock) for host, lock in held.items()}
    return LookedAt(taken | dict(found.troubles), found.interrupted)


class Losses:
    """The hosts of shards that were lost during a run; `note` is for `Controls.troubled`."""

    def __init__(self) -> None:
        self._hosts: set[str] = set()

    def note(self, trouble: ShardTrouble) -> None:
        if trouble.record.state == "lost":
            self._hosts |= set(trouble.record.hosts)

    def take(self) -> list[str]:
        """Those since the last time."""
        hosts, self._hosts = sorted(self._hosts), set()
        return hosts


def settle_lost(store: Store, hosts: Iterable[str], outcomes: Iterable[Outcome]) -> None:
    """Of hosts of a lost shard, those are settled whose worker told their end before it was lost."""
    open_ = {one.host for one in outcomes if is_lost(one)}
    store.found(host for host in hosts if host not in open_)


@dataclass
class _Asking:
    campaign: Campaign
    run: str
    controls: Controls
    interrupted: bool = False

    def audit(self, lost: Mapping[str, LostHost]) -> dict[str, Trouble]:
        """Those that could not be audited."""
        answers = self._execute("audit", list(lost), {"smartfleet_users": []})
        if isinstance(answers, str):
            return {host: _unheard(one, answers) for host, one in lost.items()}
        now, seen, troubles = self.campaign.clock.now(), {}, {}
        for host, one in lost.items():
            found = parse.facts(answers.hosts[host], interrupted=answers.interrupted)
            if isinstance(found, Trouble):
                troubles[host] = _unheard(one, found.message)
            else:
                seen[host] = (now, found)
        self.campaign.store.add_facts(self.run, seen)
        return troubles

    def ask_locks(self, lost: Collection[LostHost]) -> dict[str, Trouble]:
        """Those on which a module works. What a run has reserved for itself, the host will tell another one."""
        if not lost:
            return {}
        answers = self._execute("unlock", [one.host for one in lost], {"smartfleet_run": ""}, check=True)
        if isinstance(answers, str):
            return {one.host: _unheard(one, answers) for one in lost}
        troubles = {}
        for one in lost:
            found = noticed.lock(answers.hosts[one.host], interrupted=answers.interrupted)
            if isinstance(found, Trouble):
                troubles[one.host] = _unheard(one, found.message)
            elif found.state == "working":
                troubles[one.host] = _trouble(one, "something that it began still works on this host")
        return troubles

    def _execute(
        self, verb: Playbook, hosts: Sequence[str], variables: Mapping[str, object], *, check: bool = False
    ) -> RunAnswers | str:
        """Or why no host answered: that ends no run, these hosts are tried again later."""
        campaign = self.campaign
        run = Run(
            name=self.run,
            playbook=playbook(verb),
            inventory=campaign.fleet.inventory,
            folder=campaign.fleet.folder,
            hosts=tuple(hosts),
            variables=variables,
            check=check,
        )
        try:
            answers = campaign.execute(run, self.controls)
        except (RunError, EngineError) as error:
            return error.message
        self.interrupted = self.interrupted or answers.interrupted
        return answers


def _unheard(lost: LostHost, why: str) -> Trouble:
    return _trouble(lost, f"the host could not be asked what it did: {why}")


def _trouble(lost: LostHost, why: str) -> Trouble:
    worker = f" on {visible(lost.worker)}" if lost.worker else ""
    return Trouble(
        "unknown",
        SHARD_LOST,
        f"its worker was lost (engine {visible(lost.engine)}{worker}, shard {lost.shard}, run {lost.run}), and {why}",
        f"nothing, with --until; else try again once it answers: smartfleet audit --limit {quoted(lost.host)}",
    )
