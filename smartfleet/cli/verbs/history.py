"""What `smartfleet history` does."""

from __future__ import annotations

import re
from pathlib import Path

from smartfleet.cli.history import NEWEST
from smartfleet.cli.opening import open_fleet, open_store
from smartfleet.cli.options import Format
from smartfleet.cli.output import emit
from smartfleet.errors import StoreError, UsageError
from smartfleet.model.history import HistoryDocument, TrailCheck
from smartfleet.report import terminal
from smartfleet.text import visible

_HASH = re.compile("[0-9a-f]{64}")


def command(*, folder: Path, form: Format, everything: bool, check: bool, anchor: str | None) -> None:
    if anchor is not None and not _HASH.fullmatch(anchor):
        raise UsageError(
            "history/bad-anchor",
            "--anchor is no hash of 64 hexadecimal digits",
            do="smartfleet history --check tells one",
        )
    store = open_store(open_fleet(folder))
    checked = store.check_trail(anchor or "") if check or anchor else None
    broken = checked is not None and not checked.ok
    entries = [] if broken else store.trail(None if everything else NEWEST)
    document = HistoryDocument(entries=entries, check=checked)
    emit(form, document, [*entries, *([checked] if checked else [])], lambda: terminal.history(document))
    if checked and not checked.ok:
        raise _broken(checked)


def _broken(check: TrailCheck) -> StoreError:
    return StoreError(
        "store/trail-broken",
        f"the audit trail is not as it was written: {visible(check.reason)}",
        why="somebody, or a fault of the disk, changed the store past smartfleet, so the trail proves nothing",
        do="keep the store as it is, compare it with its backups, and see who can write it",
    )
