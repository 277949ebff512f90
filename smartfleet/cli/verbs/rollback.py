"""What `smartfleet rollback` does."""

from __future__ import annotations

from pathlib import Path

from smartfleet.campaign.rollback import movable_back, rollback
from smartfleet.cli.codes import of_outcomes
from smartfleet.cli.lists import as_limits, write_lists
from smartfleet.cli.lists import of_outcomes as by_outcome
from smartfleet.cli.opening import open_fleet, open_store
from smartfleet.cli.options import Format, become_password, confirm
from smartfleet.cli.output import emit, profiles_text, say, suggest
from smartfleet.cli.session import campaign
from smartfleet.cli.work import hosts_of
from smartfleet.errors import UsageError
from smartfleet.model.documents import RollbackDocument
from smartfleet.report import terminal
from smartfleet.text import visible


def command(
    *,
    folder: Path,
    limit: str | None,
    users: tuple[str, ...],
    form: Format,
    yes: bool,
    ask_become: bool,
    engine: str | None,
    run: str,
) -> int:
    fleet = open_fleet(folder, engine)
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
    limits = as_limits(write_lists(fleet, done.run, by_outcome(done.outcomes)))
    emit(form, document, document.outcomes, lambda: terminal.outcomes(done.outcomes, limits))
    suggest(fleet, "smartfleet status")
    return of_outcomes(done.outcomes, interrupted=done.interrupted)
