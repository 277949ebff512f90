"""Where output goes: data on stdout, everything else on stderr. Colour only on a terminal, and never with NO_COLOR."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from rich.console import Console, RenderableType

from smartfleet.cli.options import Format
from smartfleet.fleet import Fleet
from smartfleet.model.base import Document
from smartfleet.text import visible

_PIPE_WIDTH = 160


def emit(form: Format, document: Document, items: Sequence[Document], human: Callable[[], RenderableType]) -> None:
    """`document` in the form that was asked for; `items` are its parts, one a line with ``jsonl``."""
    if form == "json":
        click.echo(document.shown_json(indent=2))
    elif form == "jsonl":
        for item in items:
            click.echo(item.shown_json())
    else:
        show(human())


def show(renderable: RenderableType) -> None:
    """For people, on stdout. On a pipe lines are wide, so that tables do not break where nobody looks."""
    _print(renderable, aside=False)


def say(text: str) -> None:
    """A remark for people, on stderr."""
    for line in text.splitlines():
        click.echo(visible(line), err=True)


def suggest(fleet: Fleet, *commands: str) -> None:
    """The next commands, so that they work from where the admin stands."""
    elsewhere = fleet.folder.resolve() != Path.cwd()
    for command in filter(None, commands):
        say(f"next: {command} --fleet {shlex.quote(str(fleet.folder))}" if elsewhere else f"next: {command}")


def show_aside(renderable: RenderableType) -> None:
    """For people, on stderr: what they are asked about is no data."""
    _print(renderable, aside=True)


def _print(renderable: RenderableType, *, aside: bool) -> None:
    console = Console(stderr=aside, highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    console.print(renderable)


def profiles_text(count: int) -> str:
    return "one profile" if count == 1 else f"{count} profiles"
