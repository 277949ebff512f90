"""How `smartfleet doctor` is called."""

from __future__ import annotations

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import become_option, fleet_option, format_option, limit_option


@click.command("doctor", short_help="Find out why hosts or servers cannot be reached, and what mends it.")
@fleet_option
@limit_option
@format_option
@become_option
@click.option(
    "--timeout", type=click.FloatRange(0.1, 600), default=10.0, show_default=True, help="Seconds for each answer."
)
@deferred
def command() -> None:
    """Find out why hosts or servers cannot be reached, and what mends it.

    Asks every host (name, port, SSH, host key, login, Python, sudo, space, clock; on Windows WinRM, certificate, login,
    rights, PowerShell, quotas, space, clock) and both server names (name, port, certificate, status, redirects,
    maintenance, same instance). Changes nothing; a password is tried once. Exit code 3 if a host fails, 5 if a server
    does.
    """
