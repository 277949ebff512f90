"""What waits to be sent, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from smartfleet.durations import duration_text
from smartfleet.report.clock import clock
from smartfleet.report.terminal.parts import stack, table, text, when
from smartfleet.text import number_of

if TYPE_CHECKING:
    from smartfleet.model.sending import OutboxDocument, OutboxEntry


def outbox(document: OutboxDocument, now: float) -> RenderableType:
    """All messages of the document, the oldest first; `now` in seconds since the epoch."""
    waiting = sum(entry.state != "sent" for entry in document.messages)
    head = Text(f"{number_of(waiting, 'message')} not sent yet." if waiting else "Everything is sent.")
    if not document.messages:
        return head
    rows = table("message", "of", "to", "tries", "state", "trouble", right=("tries",))
    for entry in document.messages:
        rows.add_row(
            text(entry.id),
            Text(when(entry.created)),
            text(f"{entry.target} ({entry.kind})"),
            Text(f"{entry.attempts}"),
            Text(_state(entry, now)),
            text(entry.trouble),
        )
    return stack(head, rows)


def _state(entry: OutboxEntry, now: float) -> str:
    if entry.state != "waiting":
        return {"sending": "is being sent", "sent": "sent", "given-up": "given up"}[entry.state]
    if entry.next_at <= now:
        return "due"
    return f"next try {clock(entry.next_at, now)} (in {duration_text(entry.next_at - now)})"
