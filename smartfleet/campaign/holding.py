"""Hosts are one run's at a time: takes them for a run, and tells who has the others."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from smartfleet.campaign.base import Campaign
from smartfleet.campaign.trouble import Trouble, quoted
from smartfleet.errors import StoreError
from smartfleet.model.campaign import Lock
from smartfleet.store.lease import LEASE, Owner
from smartfleet.text import visible

LOCKED = "host-locked"


@dataclass(frozen=True)
class Hold:
    """A run that this process drives; its lease and its hosts' locks last as long as `beat` is called."""

    campaign: Campaign
    run: str
    owner: Owner

    @classmethod
    def of(cls, campaign: Campaign, run: str) -> Hold:
        """Raises StoreError store/run-alive while another process drives the run."""
        hold = cls(campaign, run, Owner.mine())
        hold.take_up()
        return hold

    def take_up(self) -> None:
        """After a time without signs of life it must be asked whether the run is still ours."""
        self.campaign.store.drive(self.run, self.owner)

    def beat(self) -> None:
        """A sign of life. Raises StoreError when another process took the run over."""
        self.campaign.store.beat(self.run, self.owner)

    def is_ours(self) -> bool:
        """As `keep_going` of a playbook: hosts that are begun finish, whatever became of the lease."""
        try:
            self.beat()
        except StoreError:
            return False
        return True

    def lock(self, hosts: Iterable[str]) -> dict[str, Lock]:
        """Takes the hosts that no other run has; the others with their locks."""
        return self.campaign.store.lock(self.run, hosts, LEASE, self.owner)

    def unlock(self, hosts: Sequence[str]) -> None:
        self.campaign.store.unlock(self.run, hosts, self.owner)

    def finish(self, state: str, *, news: bool = True) -> None:
        """Closes the run, unless another process has it now. Without `news` nobody is told."""
        self.campaign.store.finish(self.run, state, self.owner, news=news)


def free(hosts: Iterable[str], held: Mapping[str, Lock]) -> list[str]:
    return [host for host in hosts if host not in held]


def trouble_of(lock: Lock) -> Trouble:
    """What a host comes to that another run has. It passes by itself, so the queue tries again."""
    until = time.strftime("%H:%M:%S", time.localtime(lock.until))
    who = f"run {visible(lock.run)} of {visible(lock.admin)} on {visible(lock.where)}"
    message = f"{who} works on this host until {until}, or as long as it goes on"
    do = f"wait until that run is done; if nothing of it is left: smartfleet unlock {quoted(lock.host)}"
    return Trouble("refused", LOCKED, message, do)
