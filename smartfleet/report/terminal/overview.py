"""Where a fleet or a host stands: `status` and `show`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from smartfleet.report.terminal.audit import host as audited_host
from smartfleet.report.terminal.outcomes import in_full
from smartfleet.report.terminal.parts import (
    number,
    section,
    stack,
    table,
    text,
    when,
)
from smartfleet.report.terminal.report import headline
from smartfleet.report.terminal.verdicts import examples, folder_table
from smartfleet.text import number_of

if TYPE_CHECKING:
    from smartfleet.model.campaign import HostProgress, Lock
    from smartfleet.model.documents import ShowDocument
    from smartfleet.model.shards import LostHost
    from smartfleet.model.status import StatusDocument

_NAMES = 10
_DRIVEN = {"apply", "rollback", "purge"}
"""Give signs of life while they work, since they take hosts."""


def status(document: StatusDocument) -> RenderableType:
    """Where the fleet stands, and what was done last."""
    return stack(
        text(document.fleet, "bold"),
        headline(document.headline),
        text(_behind(document)) if document.behind else None,
        section("Runs", _runs(document)) if document.runs else None,
        section("Locked", *locked(document.locks)),
        section("Lost", *_lost(document.lost)),
        section("Not sent", *_unsent(document)),
    )


def _behind(document: StatusDocument) -> str:
    was = "is" if document.behind == 1 else "are"
    return (
        f"{document.behind:,} of {number_of(document.headline.hosts, 'host')} {was} counted as last judged, and "
        "something changed since; each smartfleet status judges more of them, smartfleet report judges all of them now"
    )


def _runs(document: StatusDocument) -> Table:
    runs = table("run", "command", "began", "state", "hosts", "waiting", "by", right=("hosts", "waiting"))
    for run in document.runs:
        count = document.waiting.get(run.run, 0)
        waiting = number(count) if count else Text("")
        # a process that was killed cannot write down that it ended
        state = "cut off" if run.state == "running" and run.verb in _DRIVEN and not run.driven else run.state
        began = Text(when(run.started))
        runs.add_row(text(run.run), text(run.verb), began, text(state), number(run.hosts), waiting, text(run.admin))
    return runs


def locked(locks: list[Lock]) -> list[Text]:
    """A line for each run: it may hold thousands of hosts."""
    by_run: dict[str, list[Lock]] = {}
    for lock in locks:
        by_run.setdefault(lock.run, []).append(lock)
    return [
        Text.assemble(f"{number_of(len(held), 'host')} by ", lock_text(held[0]), ": ", text(_names(held)))
        for held in by_run.values()
    ]


def _lost(hosts: list[LostHost]) -> list[Text]:
    """A line for each shard: what became of its hosts is not known."""
    by_shard: dict[tuple[str, str, int], list[LostHost]] = {}
    for one in hosts:
        by_shard.setdefault((one.run, one.shard, one.attempt), []).append(one)
    return [
        text(
            f"{number_of(len(its), 'host')} since {when(its[0].since)}, with worker {its[0].worker or '?'} of engine "
            f"{its[0].engine} (run {its[0].run}); asked before anything is begun on them: {_names(its)}"
        )
        for its in by_shard.values()
    ]


def _unsent(document: StatusDocument) -> list[Text]:
    return [
        text(f"{number_of(count, 'message')} to {target}: smartfleet outbox")
        for target, count in document.unsent.items()
    ]


def _names(hosts: Sequence[Lock | LostHost]) -> str:
    names = ", ".join(one.host for one in hosts[:_NAMES])
    return f"{names} and {len(hosts) - _NAMES:,} more" if len(hosts) > _NAMES else names


def lock_text(lock: Lock) -> Text:
    return text(f"run {lock.run} of {lock.admin} on {lock.where}, until {when(lock.until)}")


def show(document: ShowDocument) -> RenderableType:
    """All that is known of one host."""
    return stack(
        audited_host(document.assessment) if document.assessment else text(document.host, "bold"),
        section("Locked", Text.assemble("by ", lock_text(document.lock))) if document.lock else None,
        section("In the last run", _progress(document.progress)) if document.progress else None,
        section("Last outcomes", *(in_full(one) for one in document.outcomes)),
        section("Verdicts", folder_table(document.verdicts)) if document.verdicts else None,
        examples(document.verdicts),
    )


def _progress(progress: HostProgress) -> Text:
    tries = f" after {number_of(progress.attempts, 'try', 'tries')}" if progress.attempts else ""
    again = f", next try {when(progress.next_at)}" if progress.state == "waiting" and progress.next_at else ""
    return text(f"{progress.run}: {progress.state}{tries}{again}")
