"""What `smartfleet demo` does."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from smartfleet.errors import UsageError
from smartfleet.lab.requirements import check_requirements
from smartfleet.text import visible

_PIPE_WIDTH = 160


def command(*, folder: Path, workers: int) -> int:
    if workers == 1:
        raise UsageError(
            "usage/one-worker",
            "a demo with workers needs two of them",
            why="one loses its power, and somebody must go on with its work",
            do="smartfleet demo --workers 3",
        )
    check_requirements(workers=bool(workers))
    # the lab's packages are an extra: they may be missing until the check has passed
    from smartfleet.lab.demo import Demo  # noqa: PLC0415

    console = Console(highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    shown = Demo(folder, console, workers).run()
    for line in shown.unexpected:
        click.echo(f"not as expected: {visible(line)}", err=True)
    click.echo(f"the report: {visible(str(shown.page.resolve()))}")
    return 1 if shown.unexpected else 0
