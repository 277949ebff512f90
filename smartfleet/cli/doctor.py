"""`smartfleet doctor`."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.campaign.inventory import resolve
from smartfleet.cli.codes import FAILED
from smartfleet.cli.options import (
    Format,
    become_option,
    become_password,
    fleet_option,
    format_option,
    limit_option,
    open_fleet,
)
from smartfleet.cli.output import emit, suggest
from smartfleet.connect.doctor import examine
from smartfleet.connect.target import Settings
from smartfleet.report import terminal

SERVER_UNFIT = 5


@click.command("doctor", short_help="Find out why hosts or servers cannot be reached, and what mends it.")
@fleet_option
@limit_option
@format_option
@become_option
@click.option(
    "--timeout", type=click.FloatRange(0.1, 600), default=10.0, show_default=True, help="Seconds for each answer."
)
def command(*, folder: Path, limit: str | None, form: Format, ask_become: bool, timeout: float) -> int:
    """Find out why hosts or servers cannot be reached, and what mends it.

    Asks every host (name, port, SSH, host key, login, Python, sudo, space, clock) and both server names (name, port,
    certificate, status, redirects, maintenance, same instance). Changes nothing. Exit code 3 if a host fails, 5 if a
    server does.
    """
    fleet = open_fleet(folder)
    hosts = resolve(fleet.inventory, limit, folder=fleet.folder)
    settings = Settings(timeout=timeout, become_password=become_password(ask=ask_become) or "")
    servers = fleet.config.servers
    report = examine(hosts, servers.old, servers.new, settings)
    emit(form, report, report.checks, lambda: terminal.doctor(report))
    if report.failed("server"):
        return SERVER_UNFIT
    if report.failed("host"):
        return FAILED
    suggest(fleet, "smartfleet audit")
    return 0
