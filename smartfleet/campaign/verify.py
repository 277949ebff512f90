"""`verify`: whether the sync folders are as they were. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from smartfleet.campaign import parse
from smartfleet.campaign.afterwards import afterwards
from smartfleet.campaign.base import Campaign, state
from smartfleet.campaign.runner import Controls, Run
from smartfleet.campaign.trouble import Trouble
from smartfleet.model.plan import VerifyLevel
from smartfleet.model.results import FolderCheck, Outcome, Verdict
from smartfleet.paths import playbook
from smartfleet.verdict import judge

Complete = Callable[[str, FolderCheck], FolderCheck]


@dataclass(frozen=True)
class Verified:
    """A verdict for every folder, and an outcome without a user for all that gave none."""

    run: str
    verdicts: list[Verdict]
    troubles: list[Outcome]
    interrupted: bool


@dataclass(frozen=True)
class Question:
    """What is asked. `before` names the run whose list "before" is compared with; "" is each profile's latest.

    `complete` adds what the controller asked the server itself, where the admin gave credentials.
    """

    level: VerifyLevel
    users: Sequence[str] = ()
    before: str = ""
    complete: Complete | None = None

    def variables(self) -> dict[str, Any]:
        values: dict[str, Any] = {"smartfleet_level": self.level, "smartfleet_users": list(self.users)}
        if self.before:
            values["smartfleet_run"] = self.before
        if self.complete is not None:
            values["smartfleet_ask_server"] = False
        return values


def verify(campaign: Campaign, hosts: Sequence[str], question: Question) -> Verified:
    with campaign.run("verify", hosts) as run:
        found = look(campaign, run, hosts, question, campaign.controls)
        came = [*(one.verdict for one in found.verdicts), *(one.outcome for one in found.troubles)]
        campaign.note_end(run, "verify", state(interrupted=found.interrupted), came)
        campaign.store.finish(run, state(interrupted=found.interrupted))
    afterwards(campaign, run, hosts)
    return found


def look(campaign: Campaign, run: str, hosts: Sequence[str], question: Question, controls: Controls) -> Verified:
    """Looks at the folders for a run that is under way; the verdicts become part of it."""
    answers = campaign.execute(
        Run(
            name=run,
            playbook=playbook("verify"),
            inventory=campaign.fleet.inventory,
            folder=campaign.fleet.folder,
            hosts=tuple(hosts),
            variables=question.variables(),
        ),
        controls,
    )
    verdicts: list[Verdict] = []
    troubles: list[Outcome] = []
    for name, host in answers.hosts.items():
        found = parse.checks(host, interrupted=answers.interrupted)
        if isinstance(found, Trouble):
            troubles.append(found.outcome_for(name))
        else:
            verdicts += [judge(name, question.complete(name, check) if question.complete else check) for check in found]
            unseen = parse.unseen(host, interrupted=answers.interrupted)
            troubles += [trouble.outcome_for(name) for trouble in unseen]
    campaign.store.add_verdicts(run, verdicts)
    return Verified(run, verdicts, troubles, answers.interrupted)
