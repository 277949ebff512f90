"""What a terminal shows."""

from __future__ import annotations

from rich.console import Console, RenderableType

EVIL = "eva\x1b[2J[bold]{{ 1 }}\u202e\n"


def shown(renderable: RenderableType, *, width: int = 200, colour: bool = False) -> str:
    console = Console(width=width, force_terminal=colour, highlight=False, emoji=False, markup=False)
    with console.capture() as capture:
        console.print(renderable)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())
