"""How `smartfleet notify` is called."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import become_option, fleet_option, format_option, limit_option, user_option, yes_option
from smartfleet.notify.letters import Form
from smartfleet.notify.write import KINDS
from smartfleet.words import LANGUAGES


@click.command("notify", short_help="Tell users what happens: on their desktops, or by letters for you to send.")
@click.argument("kind", metavar="KIND", type=click.Choice(KINDS))
@fleet_option
@limit_option
@user_option
@format_option
@yes_option
@become_option
@click.option(
    "--when", default="", metavar="TEXT", help='For announce: when it happens, such as "on Thursday at 6 pm".'
)
@click.option("--language", type=click.Choice(LANGUAGES), help="Without it the fleet's (notices.language).")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write a letter for each user into this new folder instead; nothing is sent.",
)
@click.option(
    "--as", "form_of_letters", type=click.Choice(get_args(Form)), default="mail", show_default=True,
    help="With --out: drafts for a mail program (.eml), or plain text.",
)  # fmt: skip
@click.option(
    "--addresses",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="With --out: a CSV file with the columns name,address.",
)
@deferred
def command() -> None:
    """Tell users what happens: on their desktops, or by letters for you to send.

    KIND is announce, moving-now or ask-to-postpone (for users with an account on an old server), sign-in (a move waits
    for them to sign in) or done (they were moved). ask-to-postpone is a letter alone: the question itself is asked
    before a wave, as notices.postpone in smartfleet.yml says.
    """
