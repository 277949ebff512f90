"""One playbook run over some hosts: each host's answers become its outcomes as soon as its last one came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from smartfleet.campaign import parse
from smartfleet.campaign.orders import moves
from smartfleet.campaign.refresh import Look, look_of
from smartfleet.engines.answers import Answer, HostAnswers
from smartfleet.model.plan import HostPlan
from smartfleet.model.results import Outcome

_LAST = ("smartde.nextcloud.client_facts", "smartde.nextcloud.account_restore", "ansible.builtin.fail")


class Tried(NamedTuple):
    """One outcome for each profile that was ordered, and how the host looked afterwards."""

    host: str
    outcomes: list[Outcome]
    look: Look | None


class Try:
    """Gathers answers by host and hands every host on once."""

    def __init__(self, plans: Iterable[HostPlan], done: Callable[[Tried], None], now: Callable[[], float]) -> None:
        self._plans: Mapping[str, HostPlan] = {plan.host: plan for plan in plans}
        self._open = {host: HostAnswers(host) for host in self._plans}
        self._done = done
        self._now = now

    def take(self, answer: Answer) -> None:
        """A host that is through is let go at once: a wave of thousands does not keep all that its hosts said."""
        host = self._open.get(answer.host)
        if host is None:
            return
        host.answers.append(answer)
        if ended(host, installs=self._plans[host.host].install is not None):
            self._close(host, stopped=False)

    def rest(self, *, stopped: bool) -> None:
        """Hands on the hosts from which no last word came. `stopped`: somebody wished that no further one be begun."""
        for host in list(self._open.values()):
            self._close(host, stopped=stopped)

    def _close(self, host: HostAnswers, *, stopped: bool) -> None:
        del self._open[host.host]
        ordered = moves(self._plans[host.host])
        look = look_of(host, {move.user for move in ordered}, self._now())
        self._done(Tried(host.host, parse.moved(host, ordered, interrupted=stopped), look))


def ended(host: HostAnswers, *, installs: bool) -> bool:
    """Whether playbooks/apply.yml has nothing more to do on the host after its newest answer.

    With an installation a failure leads to the tasks that put things back, so only their end is the end.
    """
    newest = host.answers[-1]
    if newest.state == "unreachable":
        return True
    if not host.begun:
        return False
    if newest.action == _LAST[0]:
        return True
    return newest.state == "failed" and (not installs or newest.action in _LAST)
