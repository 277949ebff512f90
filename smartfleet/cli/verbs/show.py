"""What `smartfleet show` does."""

from __future__ import annotations

from pathlib import Path

from smartfleet.assess import assess
from smartfleet.cli.opening import open_fleet, open_store
from smartfleet.cli.options import Format
from smartfleet.cli.output import emit, say
from smartfleet.errors import UsageError
from smartfleet.model.documents import ShowDocument
from smartfleet.report import terminal
from smartfleet.text import visible


def command(*, host: str, folder: Path, form: Format) -> None:
    fleet = open_fleet(folder)
    store = open_store(fleet)
    facts = store.facts([host]).get(host)
    document = ShowDocument(
        host=host,
        assessment=assess(host, *facts, fleet.config) if facts else None,
        outcomes=store.outcomes([host]),
        verdicts=store.verdicts([host]),
        lock=next(iter(store.locks([host])), None),
        progress=store.last_progress(host),
    )
    if not facts and not document.outcomes:
        raise UsageError(
            "show/unknown-host", f"nothing is known of {visible(host)}", do="audit it: smartfleet audit --limit HOST"
        )
    emit(form, document, [*document.outcomes, *document.verdicts], lambda: terminal.show(document))
    if not facts:
        say("it was never audited")
