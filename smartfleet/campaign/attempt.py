"""One try at some hosts: window, locks, users, ports and Ansible.

Once more where a client rewrote its file, and where a worker was lost and the host told that nobody works there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from smartfleet.campaign.asking import ask_users, waiting
from smartfleet.campaign.dispatch import ShardTrouble
from smartfleet.campaign.drive import Drive, Stop, told_to_all
from smartfleet.campaign.holding import free, trouble_of
from smartfleet.campaign.lost import Losses, look_at_lost, settle_lost
from smartfleet.campaign.orders import moves, orders, without
from smartfleet.campaign.reach import Sweep
from smartfleet.campaign.replan import replanned
from smartfleet.campaign.runner import Run
from smartfleet.campaign.tries import is_not_begun, waits
from smartfleet.campaign.trouble import is_lost
from smartfleet.campaign.trying import Tried, Try
from smartfleet.campaign.windows import next_opening, open_until
from smartfleet.errors import RunError
from smartfleet.model import events
from smartfleet.model.plan import HostPlan
from smartfleet.model.results import Outcome
from smartfleet.notify.deferral import User
from smartfleet.paths import playbook

Halt = Literal["", "budget", "window", "store"]


def try_hosts(drive: Drive, hosts: Sequence[str]) -> None:
    """One try at each, in an open window; hosts that a stop kept from their turn are `left`. Raises Stop."""
    closes = _wait_for_window(drive)
    drive.hold.take_up()
    known = {host.name for host in drive.campaign.hosts(None)}
    drive.give_up(host for host in hosts if host not in known)
    hosts = [host for host in hosts if host in known]
    try:
        _Attempt(drive, hosts, closes).carry_out()
    finally:
        drive.results.flush(at_once=True)
        drive.hold.unlock(hosts)


class _Attempt:
    """`closes`: when the window does, after which no further host is begun.

    `_again` are the plans for second tries, `_others` what the first one came to for profiles that need none. `_late`
    are the profiles whose users put it off, on hosts where others did not, and to when: such a host is through with
    those others, so its turn is not over before.
    """

    def __init__(self, drive: Drive, hosts: Sequence[str], closes: float) -> None:
        self._drive = drive
        self._hosts = hosts
        self._closes = closes
        self._waves = {drive.results.progress[host].wave for host in hosts}
        self._halt: Halt = ""
        self._again: dict[str, HostPlan] = {}
        self._others: dict[str, list[Outcome]] = {}
        self._late: dict[str, tuple[list[Outcome], float]] = {}
        self._lost = Losses()

    def carry_out(self) -> None:
        """A host that has a second try coming is not through before it: whoever resumes the run begins it anew."""
        try:
            hosts = self._without_lost(self._unlocked(self._hosts))
            self._execute(self._asked([self._drive.open_plan(host) for host in hosts]))
            if (lost := self._settled()) and not self._halt:
                self._execute([self._drive.open_plan(host) for host in self._without_lost(lost)])
                self._settled()
            again = [] if self._halt else [self._again.pop(host) for host in list(self._again)]
            if again:
                names = [plan.host for plan in again]
                detail = "their clients rewrote the configuration; the same change was planned for what it is now"
                self._drive.campaign.store.add_trail("replanned", run=self._drive.run, hosts=names, detail=detail)
                self._execute(again, once_more=False)
                self._settled()
        finally:
            for host in self._again:
                self._drive.results.put_back(host)

    def _unlocked(self, hosts: Sequence[str]) -> list[str]:
        """Those that no other run has; the others are told who has them."""
        held = self._drive.hold.lock(hosts)
        for host, lock in held.items():
            self._drive.record(told_to_all(self._drive.open_plan(host), trouble_of(lock)))
        return free(hosts, held)

    def _without_lost(self, hosts: Sequence[str]) -> list[str]:
        """Those on which no lost worker can be at work any more; the others wait."""
        drive = self._drive
        found = look_at_lost(drive.campaign, drive.run, hosts, drive.controls_for_looking(), self._wait_for_lost)
        if found.interrupted:
            raise Stop("interrupted")
        for host, trouble in found.troubles.items():
            drive.record(told_to_all(drive.open_plan(host), trouble))
        return [host for host in hosts if host not in found.troubles]

    def _wait_for_lost(self, until: float, hosts: int) -> None:
        self._drive.wait("lost", until, hosts)

    def _settled(self) -> list[str]:
        """The hosts whose worker was lost in this try before it told their end."""
        drive, lost = self._drive, self._lost.take()
        if lost:
            drive.results.flush(at_once=True)
            settle_lost(drive.campaign.store, lost, (one for host in lost for one in drive.results.of(host)))
        return [host for host in lost if any(is_lost(one) for one in drive.results.of(host))]

    def _troubled(self, trouble: ShardTrouble) -> None:
        record = trouble.record
        self._lost.note(trouble)
        self._drive.tell(
            events.ShardTroubled(
                time=self._drive.now,
                run=self._drive.run,
                shard=record.shard,
                attempt=record.attempt,
                engine=record.engine,
                worker=record.worker,
                site=record.site,
                state="lost" if record.state == "lost" else "failed",
                code=record.code,
                message=trouble.message,
                do=trouble.do,
                hosts=len(record.hosts),
            )
        )

    def _asked(self, plans: Sequence[HostPlan]) -> list[HostPlan]:
        """The plans without the profiles whose users put the move off."""
        try:
            begun = {user for plan in plans for user in self._begun(plan)}
            asked = ask_users(self._drive.campaign, self._drive.run, plans, self._drive.controls_for_looking(), begun)
        except RunError as error:
            # silence means go ahead; what keeps Ansible from these hosts will show at once
            self._drive.campaign.controls.notify(f"users were not asked: {error.message}")
            return list(plans)
        if asked.interrupted:
            raise Stop("interrupted")
        return [left for plan in plans if moves(left := self._without_postponed(plan, asked.until))]

    def _without_postponed(self, plan: HostPlan, until: Mapping[tuple[str, str], float]) -> HostPlan:
        late = [move for move in moves(plan) if (plan.host, move.user) in until]
        if not late:
            return plan
        found = [waiting(plan.host, move, until[plan.host, move.user]) for move in late]
        soonest = min(until[plan.host, move.user] for move in late)
        left = without(plan, {move.user for move in late})
        if moves(left):
            self._late[plan.host] = found, soonest
        else:
            self._drive.record(Tried(plan.host, found, None), soonest)
        return left

    def _begun(self, plan: HostPlan) -> set[User]:
        """Users whose moves this run has begun, or may have before its process died: they were asked then."""
        if self._drive.results.progress[plan.host].state == "running":
            return {(plan.host, move.user) for move in moves(plan)}
        known = self._drive.results.of(plan.host)
        tried = (one for one in known if is_lost(one) or (one.outcome != "refused" and not waits(one)))
        touched = {(one.user, one.config_path) for one in tried}
        return {(plan.host, move.user) for move in moves(plan) if (move.user, move.config_path) in touched}

    def _execute(self, plans: Sequence[HostPlan], *, once_more: bool = True) -> None:
        """With `once_more` hosts whose clients rewrote their configuration are kept for a second try."""
        if not plans:
            return
        self._drive.results.begin([plan.host for plan in plans])
        trying = Try(plans, self._keep if once_more else self._finish, self._drive.campaign.clock.now)
        answers = self._drive.campaign.execute(
            self._order(plans),
            self._drive.controls(
                keep_going=self._keep_going,
                deadline=self._closes,
                progress=trying.take,
                probed=self._probed,
                troubled=self._troubled,
            ),
        )
        trying.rest(stopped=answers.interrupted or bool(self._halt))
        if answers.interrupted:
            raise Stop("interrupted")

    def _keep(self, tried: Tried) -> None:
        plan, config = self._drive.plans[tried.host], self._drive.campaign.fleet.config
        new = tried.look and replanned(plan, tried.outcomes, tried.look, config, self._drive.plan.instance_id)
        if not new:
            self._record(tried)
            return
        named = {(move.user, move.config_path) for move in moves(new)}
        others = [one for one in tried.outcomes if (one.user, one.config_path) not in named]
        self._again[tried.host] = new
        self._others[tried.host] = others

    def _finish(self, tried: Tried) -> None:
        """With what the first try came to for the host's other profiles."""
        others = [] if is_not_begun(tried.outcomes) else self._others[tried.host]
        self._record(tried._replace(outcomes=[*others, *tried.outcomes]))

    def _record(self, tried: Tried) -> None:
        """With those who put it off, unless the host's turn did not come."""
        late, until = ([], 0.0) if is_not_begun(tried.outcomes) else self._late.pop(tried.host, ([], 0.0))
        self._drive.record(tried._replace(outcomes=[*late, *tried.outcomes]), until)

    def _order(self, plans: Sequence[HostPlan]) -> Run:
        return Run(
            name=self._drive.run,
            playbook=playbook("apply"),
            inventory=self._drive.campaign.fleet.inventory,
            folder=self._drive.campaign.fleet.folder,
            hosts=tuple(plan.host for plan in plans),
            orders=orders(self._drive.run, plans),
            lean=True,
        )

    def _probed(self, sweep: Sweep) -> None:
        asked = [*sweep.online, *sweep.offline, *sweep.untried]
        wave = self._drive.results.progress[asked[0]].wave if asked else 0
        self._drive.tell(
            events.Probed(
                time=self._drive.now,
                run=self._drive.run,
                wave=wave,
                online=len(sweep.online),
                offline=list(sweep.offline),
                untried=len(sweep.untried),
            )
        )

    def _keep_going(self) -> bool:
        """Called several times a second while hosts work: whether another one may be begun."""
        self._drive.results.flush()
        self._halt = self._halt or self._reason()
        return not self._halt

    def _reason(self) -> Halt:
        if self._drive.results.trouble or not self._drive.hold.is_ours():
            return "store"
        if self._drive.now >= self._closes:
            return "window"
        return "budget" if self._drive.results.tally.spent(self._waves) else ""


def _wait_for_window(drive: Drive) -> float:
    """When the window closes that is open then."""
    windows = drive.settings.campaign.windows
    drive.wait("window", next_opening(windows, drive.now))
    closes = open_until(windows, drive.now)
    return drive.now if closes is None else closes
