"""Who waits, since how many tries, and when the next one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from smartfleet.durations import duration_text
from smartfleet.report.clock import clock
from smartfleet.report.terminal.parts import MOST, counted, section, stack, table, text, when, word
from smartfleet.text import number_of

if TYPE_CHECKING:
    from smartfleet.model.queue import QueueDocument, QueuedRun


def queue(document: QueueDocument, now: float) -> RenderableType:
    waiting = sum(len(run.hosts) for run in document.runs)
    head = Text.assemble(
        f"{number_of(waiting, 'host')} in the queue of {number_of(len(document.runs), 'run')}"
        if document.runs
        else "The queue is empty."
    )
    return stack(head, *(_run(run, now) for run in document.runs), _others(document.unqueued))


def _run(run: QueuedRun, now: float) -> RenderableType:
    driver = "is being carried out now" if run.driven else "goes on with: smartfleet queue run"
    about = Text.assemble(
        "by ", text(run.admin), f", every {duration_text(run.every)} until {when(run.until)}; it {driver}"
    )
    counts: dict[str, int] = {}
    for host in run.hosts:
        counts[host.outcome] = counts.get(host.outcome, 0) + 1
    made = table("host", "waits for", "code", "tries", "next try", right=("tries",))
    for host in run.hosts[:MOST]:
        made.add_row(
            text(host.host),
            word(host.outcome),
            text(host.code),
            Text(f"{host.attempts}"),
            Text(_next(host.next_at, now)),
        )
    left = len(run.hosts) - MOST
    more = [Text(f"and {left:,} more: --format json has all")] if left > 0 else []
    return section(f"Run {run.run}", about, counted(sorted(counts.items())), made, *more) or Text("")


def _next(moment: float | None, now: float) -> str:
    if moment is None or moment <= now:
        return "due"
    return f"{clock(moment, now)} (in {duration_text(moment - now)})"


def _others(hosts: list[str]) -> RenderableType | None:
    if not hosts:
        return None
    names = ", ".join(hosts[:MOST]) + (f" and {len(hosts) - MOST:,} more" if len(hosts) > MOST else "")
    return section("Waiting, but in no queue", text(names))
