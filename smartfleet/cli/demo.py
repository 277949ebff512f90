"""`smartfleet demo`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from smartfleet.lab.requirements import check_requirements
from smartfleet.text import visible

_PIPE_WIDTH = 160


@click.command("demo", short_help="Move a small fleet on this machine, to see it work.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="[DIR]", default=Path("demo"))
def command(*, folder: Path) -> int:
    """Move a small fleet on this machine, to see it work.

    Starts a lab of a dozen machines in DIR (./demo if it is not given), runs doctor, audit, plan, apply, verify and
    report on them, shows what became of each, and stops the lab. Takes about a minute. Nothing is installed, no root
    is needed, and nothing listens but on the loopback interface.
    """
    check_requirements()
    # the lab's packages are an extra: they may be missing until the check has passed
    from smartfleet.lab.demo import Demo  # noqa: PLC0415

    console = Console(highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    shown = Demo(folder, console).run()
    for line in shown.unexpected:
        click.echo(f"not as expected: {visible(line)}", err=True)
    click.echo(f"the report: {visible(str(shown.page.resolve()))}")
    return 1 if shown.unexpected else 0
