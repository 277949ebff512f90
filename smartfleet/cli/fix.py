"""How `smartfleet fix` is called."""

from __future__ import annotations

from typing import get_args

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import become_option, engine_option, fleet_option, format_option, user_option, yes_option
from smartfleet.model.plan import Cure


@click.command("fix", short_help="Audit one host, mend what it suffers from, and verify it.")
@click.argument("host", metavar="HOST")
@fleet_option
@user_option
@click.option(
    "--only",
    type=click.Choice(get_args(Cure)),
    multiple=True,
    help="Of the cures only this one; may be given several times. Accounts are moved all the same.",
)
@click.option(
    "--purge",
    is_flag=True,
    help="Delete second copies that were set aside, once their folders are verified. There is no way back.",
)
@format_option
@yes_option
@become_option
@engine_option
@deferred
def command() -> None:
    """Audit one host, mend what it suffers from, and verify it.

    Accounts on an old server are moved. Beside that it knows cures: a stale account that was left beside the new one is
    taken out (drop-account); an account that syncs a second copy goes back to the original folder, if that loses
    nothing, and the copy is set aside (repoint); a journal is named (journal-path); a client that does not run is
    started (start-client); a user who must sign in is told so (sign-in).

    Shows the plan and asks before anything is changed; smartfleet rollback takes it back.
    """
