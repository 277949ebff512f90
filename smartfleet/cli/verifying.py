"""What `smartfleet verify` does once a worker was begun."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.campaign.listings import Listings
from smartfleet.campaign.verify import Question
from smartfleet.cli.codes import of_verdicts
from smartfleet.cli.credentials import completer, load_credentials
from smartfleet.cli.lists import as_limits, write_lists
from smartfleet.cli.lists import of_verdicts as by_verdict
from smartfleet.cli.opening import open_fleet, open_store
from smartfleet.cli.options import Format, become_password
from smartfleet.cli.output import emit, suggest
from smartfleet.cli.proving import prove
from smartfleet.cli.work import hosts_of
from smartfleet.engines.ahead import Ahead
from smartfleet.model.plan import VerifyLevel
from smartfleet.report import terminal


def verify_at(
    folder: Path,
    ahead: Ahead,
    *,
    limit: str | None,
    users: tuple[str, ...],
    form: Format,
    ask_become: bool,
    engine: str | None,
    level: VerifyLevel | None,
    before: str,
    credentials: Path | None,
) -> int:
    """Its exit code."""
    fleet = open_fleet(folder, engine)
    store = open_store(fleet)
    wanted: VerifyLevel = level or ("server" if credentials else fleet.config.verify.level)
    if credentials and wanted != "server":
        raise click.UsageError("--credentials asks the server: use it with --level server")
    password = become_password(ask=ask_become)
    listings = Listings()
    listings.read_ahead(fleet.inventory, limit, folder=fleet.folder, ahead=ahead)
    hosts = hosts_of(fleet, limit, listings)
    asker = completer(fleet, store.facts(hosts), load_credentials(credentials)) if credentials else None
    question = Question(level=wanted, users=users, before=before, complete=asker)
    found, document = prove(fleet, store, hosts, question, password, listings=listings, ahead=ahead)
    limits = as_limits(write_lists(fleet, found.run, by_verdict(found.verdicts)))
    emit(form, document, [*document.verdicts, *document.unreached], lambda: terminal.verdicts(document, limits))
    suggest(fleet, "smartfleet report")
    return of_verdicts(found.verdicts, found.troubles, interrupted=found.interrupted)
