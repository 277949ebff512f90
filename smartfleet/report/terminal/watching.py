"""A run while it goes on: a line for each wave, what it does now, the last problems."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from smartfleet.durations import duration_text
from smartfleet.model.results import WORST_FIRST
from smartfleet.report.lines import pace, spent_text, waiting_text
from smartfleet.report.terminal.parts import Indented, counted, number, section, text, told, word
from smartfleet.report.watching import Watching, WaveWatch
from smartfleet.text import number_of

# a run may have hundreds of waves, a terminal has few lines
_AROUND = 6
_BAR = 16


def watching(picture: Watching, now: float) -> RenderableType:
    head = Text.assemble(
        (f"{picture.verb} {picture.run}", "bold"),
        f": {picture.through:,} of {number_of(picture.hosts, 'host')}{pace(picture, now) or _so_far(picture, now)}",
    )
    parts: list[RenderableType] = [head, Indented(_waves(picture))]
    if picture.waiting is not None:
        parts.append(text(waiting_text(picture.waiting, now), "cyan"))
    if picture.spent is not None:
        parts.append(text(spent_text(picture.spent), "bold red"))
    problems = section("Last problems", *_problems(picture))
    return Group(*parts, *([problems] if problems else []))


def _so_far(picture: Watching, now: float) -> str:
    """Something that moves, until the first hosts are through."""
    return f", {duration_text(now - picture.begun)} so far"


def _waves(picture: Watching) -> Table:
    made = Table.grid(padding=(0, 2, 0, 0))
    for place in range(4):
        made.add_column(justify="right" if place == 1 else "left", no_wrap=True)
    made.add_column(overflow="fold")
    shown = _near(len(picture.waves), picture.now or 0)
    if shown.start:
        made.add_row(Text(f"{shown.start} before", style="dim"))
    for place in shown:
        wave = picture.waves[place]
        made.add_row(text(wave.name), number(wave.hosts), word(wave.state), _bar(wave), _counts(wave))
    if shown.stop < len(picture.waves):
        made.add_row(Text(f"{len(picture.waves) - shown.stop} more", style="dim"))
    return made


def _near(count: int, place: int) -> range:
    start = max(0, min(place - _AROUND // 2, count - _AROUND))
    return range(start, min(count, start + _AROUND))


def _bar(wave: WaveWatch) -> RenderableType:
    if wave.state == "pending":
        return Text("")
    return ProgressBar(total=max(1, wave.hosts), completed=wave.through, width=_BAR)


def _counts(wave: WaveWatch) -> Text:
    if wave.state == "pending":
        return Text("")
    words = counted((name, wave.counts[name]) for name in WORST_FIRST if wave.counts[name])
    before = Text(f"{wave.before:,} before") if wave.before else Text("")
    folders = Text.assemble("folders: ", counted(sorted(wave.verdicts.items()))) if wave.verdicts else Text("")
    return Text("; ").join(part for part in (before, words if wave.counts else Text(""), folders) if part.plain)


def _problems(picture: Watching) -> Iterator[Text]:
    for problem in picture.problems:
        yield told(
            Text.assemble(text(problem.place, "bold"), ":"),
            word(problem.kind),
            text(problem.code, "dim"),
            text(problem.message),
        )
