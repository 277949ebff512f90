"""Options that several commands share, and what they stand for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from smartfleet.errors import UsageError

Format = Literal["human", "json", "jsonl"]

fleet_option = click.option(
    "--fleet",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="DIR",
    help="The fleet folder; without it the current one.",
)
limit_option = click.option(
    "--limit", metavar="PATTERN", help="Only these hosts, in Ansible's patterns: pc-1,office:!pc-3 or @FILE."
)
user_option = click.option(
    "--user", "users", multiple=True, metavar="NAME", help="Only this user's profiles; may be given several times."
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["human", "json", "jsonl"]),
    default="human",
    show_default=True,
    help="For people, one JSON document, or one JSON object a line.",
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask, do it.")
become_option = click.option(
    "--ask-become-pass", "-K", "ask_become", is_flag=True, help="Ask for the password that sudo wants on the hosts."
)
workers_option = click.option(
    "--workers",
    type=click.IntRange(0, 8),
    default=0,
    metavar="N",
    help="Let N machines of the lab's own work on its hosts; without it this one does.",
)
engine_option = click.option(
    "--engine", metavar="NAME", help="Who works on the hosts, for all sites; without it as smartfleet.yml says."
)


def become_password(*, ask: bool) -> str | None:
    """From the prompt only: an argument or a file would outlive the run."""
    if not ask:
        return None
    return str(click.prompt("sudo password on the hosts", hide_input=True, err=True))


def confirm(question: str, *, yes: bool) -> bool:
    """Asks on the terminal. Without one, and without --yes, that is wrong usage and nothing is done."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(
            "usage/no-terminal",
            "there is nobody to ask, and --yes was not given",
            why="nothing on a host is changed without an answer",
            do="add --yes, or run it in a terminal",
        )
    return click.confirm(question, default=False, err=True)
