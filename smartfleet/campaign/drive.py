"""A run under way: what it knows of its hosts, what it may still begin, and how it tells and writes that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Literal

from smartfleet.campaign.base import Campaign
from smartfleet.campaign.beginning import Begun
from smartfleet.campaign.budget import Spent, Tally
from smartfleet.campaign.ending import state_of
from smartfleet.campaign.orders import except_for, moves
from smartfleet.campaign.results import Results
from smartfleet.campaign.runner import Controls
from smartfleet.campaign.telling import Teller
from smartfleet.campaign.tries import is_not_begun, is_open
from smartfleet.campaign.trouble import Trouble, gone
from smartfleet.campaign.trying import Tried
from smartfleet.campaign.waiting import wait
from smartfleet.model import events
from smartfleet.model.campaign import HostProgress, RunState
from smartfleet.model.plan import HostPlan, Plan
from smartfleet.model.results import Outcome, Verdict


class Stop(Exception):  # noqa: N818 - no error: the run ends here, and in this state
    """Nothing new is begun any more."""

    def __init__(self, state: RunState) -> None:
        super().__init__(state)
        self.state = state


class Drive:
    """One process's work on a run. `begun` is what the store knew of it when the process took it over."""

    def __init__(self, campaign: Campaign, plan: Plan, begun: Begun, tell: Teller) -> None:
        self.campaign = campaign
        self.plan = plan
        self.run = begun.run
        self.settings = begun.settings
        self.tell = tell
        self.spent: Spent | None = None
        self.interrupted = False
        self.results = Results(campaign.store, begun.run, begun.settings, _tally(begun), campaign.clock)
        self.results.load(begun.progress, begun.outcomes)
        self.verdicts: list[Verdict] = []
        for host in begun.drifted:
            self.results.tally.drifted(host)
        self.hold = begun.hold
        self.plans = {host.host: host for host in plan.hosts}

    @property
    def now(self) -> float:
        return self.campaign.clock.now()

    def left(self, hosts: Iterable[str]) -> list[str]:
        """Those of them that no try brought to an end."""
        return [host for host in hosts if self.results.progress[host].state in {"pending", "running"}]

    def touched(self, before: Iterable[HostProgress]) -> set[str]:
        """Hosts that this process tried or looked at; `before`: how far they were before."""
        then = {row.host: row for row in before}
        tried = {host for host, row in self.results.progress.items() if row != then.get(host)}
        return tried | {verdict.host for verdict in self.verdicts}

    def waiting(self) -> list[HostProgress]:
        return [row for row in self.results.progress.values() if row.state == "waiting"]

    def wait(self, reason: Literal["pause", "soak", "window", "queue", "lost"], until: float, hosts: int = 0) -> None:
        """Ctrl-C ends it."""
        if until > self.now:
            self.tell(events.Waiting(time=self.now, run=self.run, reason=reason, until=until, hosts=hosts))
            wait(self.campaign.clock, until, self.hold.beat)

    def ask(self, question: str) -> bool:
        """The answer may take hours, in which nobody gives signs of life: the run is taken anew."""
        answer = self.campaign.ask(question)
        self.hold.take_up()
        return answer

    def check_budget(self, waves: Collection[int]) -> None:
        """Tells once, and stops the run, when the budget is spent and there is something left to begin."""
        self.spent = self.results.tally.spent(waves)
        if self.spent is None or not self._is_left():
            return
        told = self.spent
        self.tell(
            events.BudgetSpent(
                time=self.now,
                run=self.run,
                wave=told.wave,
                kind=told.kind,
                count=told.count,
                tolerated=told.tolerated,
                scope=told.scope,
            )
        )
        raise Stop("stopped")

    def judge(self, wave: int, verdicts: Sequence[Verdict]) -> None:
        """Tells and counts what a look at a wave's folders found."""
        for verdict in verdicts:
            self.tell(events.FolderVerified(time=self.now, run=self.run, wave=wave, verdict=verdict))
            if verdict.verdict == "drift":
                self.results.tally.drifted(verdict.host)
        self.verdicts += verdicts

    def controls_for_looking(self) -> Controls:
        """No budget and no window keeps anybody from looking."""
        return self.controls(keep_going=self.hold.is_ours)

    def controls(self, **changes: object) -> Controls:
        settings = self.settings.campaign
        plain = replace(
            self.campaign.controls,
            host_timeout=settings.host_timeout,
            probe_timeout=settings.probe_timeout,
        )
        return replace(plain, **changes)  # type: ignore[arg-type]  # the fields of Controls

    def state(self) -> RunState:
        """As it would be if the run ended now by itself."""
        return state_of(self.results.progress.values(), self.settings.until, self.now)

    def finish(self, state: RunState, *, news: bool) -> None:
        self.results.flush(at_once=True)
        self.hold.finish(state, news=news)

    def _is_left(self) -> bool:
        states = {row.state for row in self.results.progress.values()}
        return bool(states & {"pending", "running"}) or (self.settings.until is not None and "waiting" in states)

    def give_up(self, hosts: Iterable[str]) -> None:
        """Hosts that the inventory does not have any more. The others are not kept waiting for an answer to that."""
        for host in hosts:
            if self.results.progress[host].state != "done":
                self.record(told_to_all(self.open_plan(host), gone(host)))

    def open_plan(self, host: str) -> HostPlan:
        """What is to be tried: no host is asked again for profiles of it that failed or moved.

        One of which all is known is tried because a process died before it could say so: it is asked for everything.
        """
        plan = self.plans[host]
        known = {(one.user, one.config_path) for one in self.results.of(host) if not is_open(one)}
        left = except_for(plan, known)
        return left if moves(left) else plan

    def record(self, tried: Tried, until: float = 0.0) -> None:
        """What a try came to, or that its turn did not come; `until`: what users put it off to."""
        if is_not_begun(tried.outcomes):
            self.results.put_back(tried.host)
            return
        outcomes = [self._as_wanted(outcome) for outcome in tried.outcomes]
        self.results.add(tried.host, outcomes, tried.look, until=until)
        wave = self.results.progress[tried.host].wave
        self.tell(events.HostDone(time=self.now, run=self.run, wave=wave, host=tried.host, outcomes=outcomes))

    def _as_wanted(self, outcome: Outcome) -> Outcome:
        """Whether hosts that cannot be reached wait or fail is the admin's choice."""
        fails = outcome.outcome == "waiting-online" and self.settings.campaign.offline == "fail"
        return outcome.model_copy(update={"outcome": "failed"}) if fails else outcome


def _tally(begun: Begun) -> Tally:
    waves = {host: wave.number for wave in begun.waves for host in wave.hosts}
    return Tally(begun.settings.campaign.budget, waves, begun.settings.forgiven)


def told_to_all(plan: HostPlan, trouble: Trouble) -> Tried:
    """The same of every profile that was ordered."""
    return Tried(plan.host, [trouble.outcome_for(plan.host, one.user, one.config_path) for one in moves(plan)], None)
