"""`smartfleet fix`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from smartfleet.campaign.apply import moves
from smartfleet.campaign.verify import Question
from smartfleet.cli.codes import of_outcomes, of_verdicts
from smartfleet.cli.options import (
    Format,
    become_option,
    become_password,
    confirm,
    fleet_option,
    format_option,
    open_fleet,
    open_store,
    user_option,
    yes_option,
)
from smartfleet.cli.output import emit, say, show_aside, suggest
from smartfleet.cli.work import draw, hosts_of, look, move, prove
from smartfleet.model.base import Document
from smartfleet.model.documents import ApplyDocument, FixDocument, VerifyDocument
from smartfleet.report import terminal


@click.command("fix", short_help="Audit, plan, apply and verify one host.")
@click.argument("host", metavar="HOST")
@fleet_option
@user_option
@format_option
@yes_option
@become_option
def command(*, host: str, folder: Path, users: tuple[str, ...], form: Format, yes: bool, ask_become: bool) -> int:
    """Audit, plan, apply and verify one host.

    Shows the plan and asks before anything is changed; afterwards every sync folder is verified.
    """
    fleet = open_fleet(folder)
    store = open_store(fleet)
    if len(hosts_of(fleet, host)) != 1:
        raise click.UsageError("fix works on one host; for more use audit, plan, apply and verify with --limit")
    password = become_password(ask=ask_become)
    seen, audited = look(fleet, store, host, users, password)
    if not seen.facts:
        document = FixDocument(host=host, audit=audited, plan=None, apply=None, verify=None)
        emit(form, document, audited.unreached, lambda: terminal.audit(audited))
        return of_outcomes(seen.troubles, interrupted=seen.interrupted)
    plan = draw(fleet, store, seen.facts, list(seen.facts), users)
    work = sum(len(moves(planned)) for planned in plan.hosts)
    show_aside(terminal.plan(plan))
    if seen.interrupted or (work and not confirm(f"Change {host} as planned?", yes=yes)):
        say("nothing was changed")
        return of_outcomes([], interrupted=seen.interrupted)
    done, applied = move(fleet, store, plan, password)
    show_aside(terminal.outcomes(done.outcomes))
    code = of_outcomes(done.outcomes, interrupted=done.interrupted)
    verified: VerifyDocument | None = None
    if not done.interrupted:
        question = Question(level=fleet.config.verify.level, users=users)
        found, verified = prove(fleet, store, list(seen.facts), question, password)
        code = code or of_verdicts(found.verdicts, found.troubles, interrupted=found.interrupted)
    document = FixDocument(host=host, audit=audited, plan=plan, apply=applied, verify=verified)
    emit(form, document, _parts(applied, verified), lambda: terminal.verdicts(verified) if verified else "")
    if not work:
        say("nothing was changed")
    suggest(fleet, f"smartfleet show {shlex.quote(host)}")
    return code


def _parts(applied: ApplyDocument, verified: VerifyDocument | None) -> list[Document]:
    return [*applied.outcomes, *(verified.verdicts if verified else [])]
