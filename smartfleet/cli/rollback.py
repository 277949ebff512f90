"""`smartfleet rollback`."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.campaign.rollback import movable_back, rollback
from smartfleet.cli.codes import of_outcomes
from smartfleet.cli.options import (
    Format,
    become_option,
    become_password,
    confirm,
    fleet_option,
    format_option,
    limit_option,
    open_fleet,
    open_store,
    user_option,
    yes_option,
)
from smartfleet.cli.output import emit, profiles_text, say, suggest
from smartfleet.cli.session import campaign
from smartfleet.cli.work import hosts_of
from smartfleet.errors import UsageError
from smartfleet.model.documents import RollbackDocument
from smartfleet.report import terminal
from smartfleet.text import visible


@click.command("rollback", short_help="Take a move back.")
@fleet_option
@limit_option
@user_option
@format_option
@yes_option
@become_option
@click.option("--run", "run", default="", metavar="RUN", help="Only what this run moved; without it each one's latest.")
def command(
    *,
    folder: Path,
    limit: str | None,
    users: tuple[str, ...],
    form: Format,
    yes: bool,
    ask_become: bool,
    run: str,
) -> int:
    """Take a move back.

    Puts configuration and journals back as they were, and starts the client with them. What users did in their files
    meanwhile stays.
    """
    fleet = open_fleet(folder)
    store = open_store(fleet)
    profiles = movable_back(store.facts(hosts_of(fleet, limit)), run, users)
    if not profiles:
        raise UsageError(
            "rollback/nothing",
            "nothing was moved there that could be taken back",
            do="smartfleet audit asks the hosts what they remember",
        )
    names = [f"{one.user}@{host}" for host, moved in profiles.items() for one in moved]
    say(f"to take back: {', '.join(visible(name) for name in names)}")
    if not confirm(f"Take back {profiles_text(len(names))}?", yes=yes):
        say("nothing was changed")
        return 0
    with campaign(fleet, store, "rollback", len(profiles), become_password(ask=ask_become)) as running:
        done = rollback(running, profiles, run)
    document = RollbackDocument(run=done.run, interrupted=done.interrupted, outcomes=done.outcomes)
    emit(form, document, document.outcomes, lambda: terminal.outcomes(done.outcomes))
    suggest(fleet, "smartfleet status")
    return of_outcomes(done.outcomes, interrupted=done.interrupted)
