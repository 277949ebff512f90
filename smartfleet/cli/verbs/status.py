"""What `smartfleet status` does."""

from __future__ import annotations

import os
from pathlib import Path

from smartfleet.campaign.inventory import resolve
from smartfleet.cli.opening import open_fleet, open_store
from smartfleet.cli.options import Format
from smartfleet.cli.output import emit, suggest
from smartfleet.cli.standing import standing
from smartfleet.report import terminal


def command(*, folder: Path, limit: str | None, form: Format) -> None:
    fleet = open_fleet(folder)
    store = open_store(fleet)
    document = standing(fleet, store, resolve(fleet.inventory, limit, folder=fleet.folder), os.environ)
    emit(form, document, document.runs, lambda: terminal.status(document))
    suggest(fleet, document.next)
