"""What `smartfleet engines` does."""

from __future__ import annotations

from pathlib import Path

from smartfleet.cli.opening import open_fleet
from smartfleet.cli.options import Format
from smartfleet.cli.output import emit
from smartfleet.engines.choose import Engines
from smartfleet.engines.survey import survey
from smartfleet.report import terminal


def command(*, folder: Path, form: Format) -> int:
    fleet = open_fleet(folder)
    settings = fleet.config.engines
    with Engines(settings, fleet.folder) as engines:
        document = survey(settings, engines)
    emit(form, document, document.engines, lambda: terminal.engines(document))
    return 1 if any(engine.state == "failed" for engine in document.engines) else 0
