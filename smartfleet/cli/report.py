"""`smartfleet report`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from smartfleet.campaign.inventory import resolve
from smartfleet.campaign.trust import warnings
from smartfleet.cli.codes import DRIFT
from smartfleet.cli.options import Format, fleet_option, format_option, limit_option, open_fleet, open_store
from smartfleet.cli.output import emit, say
from smartfleet.cli.standing import report_data
from smartfleet.errors import UsageError
from smartfleet.model.report import ReportData
from smartfleet.paths import data_folder
from smartfleet.report import html, terminal


@click.command("report", short_help="Write the report: terminal, JSON or one HTML page.")
@fleet_option
@limit_option
@format_option
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the report as one HTML page that needs nothing else.",
)
def command(*, folder: Path, limit: str | None, form: Format, page: Path | None) -> int:
    """Write the report: terminal, JSON or one HTML page.

    Rests on what audits, moves and verifications found; asks no host. Ends with 10 when a folder drifted.
    """
    fleet = open_fleet(folder)
    store = open_store(fleet)
    hosts = resolve(fleet.inventory, limit, folder=fleet.folder)
    data = report_data(fleet, store, [host.name for host in hosts], warnings(hosts, os.environ))
    if page:
        _write(page, html.render(data, data_folder("templates")))
        say(f"written: {page}")
    emit(form, data, data.profiles, lambda: terminal.report(data))
    return DRIFT if drifted(data) else 0


def drifted(data: ReportData) -> bool:
    return data.headline.verdicts.get("drift", 0) > 0


def _write(page: Path, text: str) -> None:
    try:
        page.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError("report/unwritable", f"{page} cannot be written: {error.strerror}") from error
