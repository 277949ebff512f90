"""`notify`: shows users notices on their desktops. Changes nothing on the hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from smartfleet.campaign import noticed
from smartfleet.campaign.base import Campaign, state
from smartfleet.campaign.runner import Controls, Run
from smartfleet.campaign.trouble import Trouble, garbage
from smartfleet.engines.answers import HostAnswers
from smartfleet.model.notices import Shown, Untold
from smartfleet.notify.write import Written
from smartfleet.paths import playbook

ASKING_FORKS = 50
"""Workers of a question at least: all they do is wait for an answer."""
# what `host_timeout` leaves for the answer goes for finding the session
_MARGIN = 120.0


@dataclass(frozen=True)
class Notice:
    """What one user of a host is shown; the option `notices` of the module. With both labels it is a question."""

    user: str
    title: str
    text: str
    go_label: str = ""
    later_label: str = ""

    @classmethod
    def of(cls, user: str, written: Written) -> Notice:
        return cls(user, written.title, written.desktop, written.go_label, written.later_label)


Notices = Mapping[str, Sequence[Notice]]
"""By host."""


@dataclass(frozen=True)
class Told:
    """What became of every notice; hosts that could not be asked stand in `untold`."""

    shown: list[Shown]
    untold: list[Untold]
    interrupted: bool


def notify(campaign: Campaign, notices: Notices) -> tuple[str, Told]:
    """A run of its own, and what it told."""
    with campaign.run("notify", notices) as run:
        told = tell(campaign, notices, campaign.controls)
        came = state(interrupted=told.interrupted)
        campaign.note_end(
            run, "notify", came, [*(one.state for one in told.shown), *(one.outcome for one in told.untold)]
        )
        campaign.store.finish(run, came)
    return run, told


def tell(campaign: Campaign, notices: Notices, controls: Controls, answer_seconds: float = 0.0) -> Told:
    """Shows `notices` and waits for the answers to questions, on every host at the same time as far as forks go."""
    run = Run(
        playbook=playbook("notify"),
        inventory=campaign.fleet.inventory,
        folder=campaign.fleet.folder,
        hosts=tuple(notices),
        variables={"smartfleet_answer_seconds": int(answer_seconds)},
        orders={host: {"notices": [asdict(one) for one in some]} for host, some in notices.items()},
    )
    if answer_seconds:
        forks = max(controls.forks, min(ASKING_FORKS, len(notices)))
        controls = replace(controls, forks=forks, host_timeout=max(controls.host_timeout, answer_seconds + _MARGIN))
    answers = campaign.execute(run, controls)
    shown: list[Shown] = []
    untold: list[Untold] = []
    for host, said in answers.hosts.items():
        found = _of_host(said, notices[host], interrupted=answers.interrupted)
        if isinstance(found, Trouble):
            untold.append(untold_of(host, found))
        else:
            shown += found
    return Told(shown, untold, answers.interrupted)


def untold_of(host: str, trouble: Trouble) -> Untold:
    return Untold(host=host, outcome=trouble.outcome, code=trouble.code, message=trouble.message, do=trouble.do)


def _of_host(said: HostAnswers, notices: Sequence[Notice], *, interrupted: bool) -> list[Shown] | Trouble:
    """One for each notice, in their order; a host that tells of other users told nothing."""
    found = noticed.notices(said, interrupted=interrupted)
    if isinstance(found, Trouble):
        return found
    if [one.user for one in found] != [one.user for one in notices]:
        return garbage(said.host, "it tells of other users than it was asked about")
    return found
