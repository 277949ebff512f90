"""The audit trail: who did what, when, over how many hosts, and whether the trail can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from smartfleet.report.terminal.parts import Indented, counted, section, stack, text, told, when
from smartfleet.text import number_of

if TYPE_CHECKING:
    from smartfleet.model.campaign import TrailEntry
    from smartfleet.model.history import HistoryDocument, TrailCheck

_PLAN_DIGITS = 12


def history(document: HistoryDocument) -> RenderableType:
    """Oldest first, and below that what a check found. Two short lines each, which a narrow window does not break."""
    lines = Group(*(_line(one) for one in document.entries)) if document.entries else None
    empty = Text("The audit trail is empty.") if not document.entries and document.check is None else None
    return stack(lines, empty, _check(document.check))


def _line(one: TrailEntry) -> RenderableType:
    who = Text.assemble(text(one.admin), " on ", text(one.where))
    what = told(text(one.verb), text(one.event, "bold"), text(one.run))
    head = Text("  ").join([Text(f"{one.number:,}", style="dim"), Text(when(one.time)), who, what])
    about = _about(one)
    return Group(head, Indented(about)) if about.plain else head


def _about(one: TrailEntry) -> Text:
    parts = [
        text(f"plan {one.plan_hash[:_PLAN_DIGITS]}") if one.plan_hash else Text(),
        Text(number_of(len(one.hosts), "host")) if one.hosts else Text(),
        counted(sorted(one.outcomes.items())) if one.outcomes else Text(),
        text(one.detail),
    ]
    return Text("; ").join(part for part in parts if part.plain)


def _check(check: TrailCheck | None) -> RenderableType | None:
    if check is None:
        return None
    if not check.ok:
        return section("Check", Text.assemble(("broken", "bold red"), ": ", text(check.reason)))
    found = Text.assemble(("ok", "green"), f": {number_of(check.entries, 'line')}, each as it was written")
    anchor = [Text(f"the line {check.anchor} is still there")] if check.anchor else []
    return section("Check", found, *anchor, Text(f"last hash, to be kept elsewhere for --anchor: {check.last}"))
