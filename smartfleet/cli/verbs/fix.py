"""What `smartfleet fix` does."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from smartfleet.campaign.audit import Audit
from smartfleet.campaign.orders import moves
from smartfleet.campaign.verify import Question
from smartfleet.cli.carry import move
from smartfleet.cli.codes import FAILED, WAITING, of_outcomes, of_verdicts, worst
from smartfleet.cli.drawing import draw
from smartfleet.cli.mending import planner, purge_copies, tell_to_sign_in, to_sign_in
from smartfleet.cli.opening import open_fleet, open_store
from smartfleet.cli.options import Format, become_password, confirm
from smartfleet.cli.output import emit, say, show_aside, suggest
from smartfleet.cli.proving import prove
from smartfleet.cli.work import hosts_of, look
from smartfleet.fleet import Fleet
from smartfleet.model.assessment import AuditDocument
from smartfleet.model.base import Document
from smartfleet.model.documents import ApplyDocument, FixDocument, VerifyDocument
from smartfleet.model.notices import Shown
from smartfleet.model.plan import Cure, Plan
from smartfleet.model.results import Outcome, Verdict
from smartfleet.report import terminal
from smartfleet.store import Store


@dataclass
class _Fix:
    """One host that is fixed; the last fields are what has been done so far."""

    fleet: Fleet
    store: Store
    host: str
    users: tuple[str, ...]
    password: str | None
    code: int = 0
    applied: ApplyDocument | None = None
    verified: VerifyDocument | None = None
    told: list[Shown] = field(default_factory=list)
    purged: list[Outcome] = field(default_factory=list)

    def carry_out(self, plan: Plan, audited: AuditDocument) -> bool:
        """The plan, then the notices. Whether it came to its end."""
        done, self.applied = move(self.fleet, self.store, plan, self.password)
        show_aside(terminal.outcomes(done.outcomes))
        self._worse(of_outcomes(done.outcomes, interrupted=done.interrupted))
        who = to_sign_in(plan)
        if who and not done.interrupted:
            self.told = tell_to_sign_in(self.fleet, self.store, audited, who, self.password)
            for one in self.told:
                say(f"{one.user}: {_STATES[one.state]}{f' ({one.message})' if one.message else ''}")
            states = {one.state for one in self.told}
            self._worse(FAILED if "failed" in states else WAITING if "absent" in states else 0)
        return not done.interrupted

    def prove(self, seen: Audit) -> Sequence[Verdict]:
        question = Question(level=self.fleet.config.verify.level, users=self.users)
        found, self.verified = prove(self.fleet, self.store, list(seen.facts), question, self.password)
        self._worse(of_verdicts(found.verdicts, found.troubles, interrupted=found.interrupted))
        return found.verdicts

    def purge(self, verdicts: Sequence[Verdict], *, yes: bool) -> None:
        self.purged = purge_copies(self.fleet, self.store, self.host, verdicts, self.password, yes=yes)
        if self.purged:
            show_aside(terminal.outcomes(self.purged))
        else:
            say("no copy was deleted: that takes the verdict match for every folder of a user")
        self._worse(of_outcomes(self.purged))

    def parts(self) -> list[Document]:
        done = self.applied.outcomes if self.applied else []
        checked = self.verified.verdicts if self.verified else []
        return [*done, *self.told, *checked, *self.purged]

    def _worse(self, code: int) -> None:
        self.code = worst((self.code, code))


_STATES = {"shown": "was told to sign in", "absent": "is not logged in, and was not told", "failed": "was not told"}


def command(
    *,
    host: str,
    folder: Path,
    users: tuple[str, ...],
    only: tuple[Cure, ...],
    purge: bool,
    form: Format,
    yes: bool,
    ask_become: bool,
    engine: str | None,
) -> int:
    fleet = open_fleet(folder, engine)
    store = open_store(fleet)
    names = hosts_of(fleet, host)
    if len(names) != 1:
        raise click.UsageError("fix works on one host; for more use audit, plan, apply and verify with --limit")
    # it may have been named by a group or a pattern
    host = names[0]
    fix = _Fix(fleet, store, host, users, become_password(ask=ask_become))
    seen, audited = look(fleet, store, host, users, fix.password)
    if not seen.facts:
        document = FixDocument(host=host, audit=audited, plan=None, apply=None, verify=None)
        emit(form, document, audited.unreached, lambda: terminal.audit(audited))
        return of_outcomes(seen.troubles, interrupted=seen.interrupted)
    facts = ((name, *known) for name, known in seen.facts.items())
    plan = draw(fleet, store, facts, list(seen.facts), users, audited=seen.facts, each=planner(store, host, only))
    work = sum(len(moves(planned)) for planned in plan.hosts) + len(to_sign_in(plan))
    show_aside(terminal.plan(plan))
    if seen.interrupted or (work and not confirm(f"Change {host} as planned?", yes=yes)):
        say("nothing was changed")
        return of_outcomes([], interrupted=seen.interrupted)
    if fix.carry_out(plan, audited):
        verdicts = fix.prove(seen)
        if purge:
            fix.purge(verdicts, yes=yes)
    document = FixDocument(
        host=host,
        audit=audited,
        plan=plan,
        apply=fix.applied,
        verify=fix.verified,
        told=fix.told,
        purged=fix.purged,
    )
    emit(form, document, fix.parts(), lambda: terminal.verdicts(fix.verified) if fix.verified else "")
    if not work:
        say("nothing was changed")
    suggest(fleet, f"smartfleet show {shlex.quote(host)}")
    return fix.code
