"""`smartfleet show`."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.assess import assess
from smartfleet.cli.options import Format, fleet_option, format_option, open_fleet, open_store
from smartfleet.cli.output import emit, say
from smartfleet.errors import UsageError
from smartfleet.model.documents import ShowDocument
from smartfleet.report import terminal
from smartfleet.text import visible


@click.command("show", short_help="Show all that is known of one host.")
@click.argument("host", metavar="HOST")
@fleet_option
@format_option
def command(*, host: str, folder: Path, form: Format) -> None:
    """Show all that is known of one host.

    Its accounts and folders, findings with what mends them, the steps and proofs of its last move, its verdicts.
    """
    fleet = open_fleet(folder)
    store = open_store(fleet)
    facts = store.facts([host]).get(host)
    document = ShowDocument(
        host=host,
        assessment=assess(host, *facts, fleet.config) if facts else None,
        outcomes=store.outcomes([host]),
        verdicts=store.verdicts([host]),
    )
    if not facts and not document.outcomes:
        raise UsageError(
            "show/unknown-host", f"nothing is known of {visible(host)}", do="audit it: smartfleet audit --limit HOST"
        )
    emit(form, document, [*document.outcomes, *document.verdicts], lambda: terminal.show(document))
    if not facts:
        say("it was never audited")
