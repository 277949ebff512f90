"""How `smartfleet diff` is called."""

from __future__ import annotations

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import fleet_option, format_option, limit_option


@click.command("diff", short_help="Show what changed between two runs, or since one.")
@click.argument("before", metavar="BEFORE")
@click.argument("after", metavar="[AFTER]", required=False)
@fleet_option
@limit_option
@format_option
@deferred
def command() -> None:
    """Show what changed between two runs, or since one.

    Which hosts became compliant, which fell back, which are new or gone, which checks are answered otherwise, which
    folders have another verdict. BEFORE and AFTER are runs, dates (2026-09-01, '2026-09-01 14:30') or lengths of time
    (7d: as it was seven days ago); without AFTER it is compared with now. Asks no host. Ends with 10 when a host fell
    back or a folder drifted.
    """
