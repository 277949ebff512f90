"""What users were told, on the desktop or by letters, and what became of a host's locks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from smartfleet.report.terminal.overview import lock_text
from smartfleet.report.terminal.parts import (
    MOST,
    Remark,
    counted,
    host_lists,
    remarks,
    section,
    stack,
    table,
    text,
    when,
    word,
)
from smartfleet.text import number_of

if TYPE_CHECKING:
    from smartfleet.model.notices import NotifyDocument, UnlockDocument

    # it brings Jinja along, and whoever shows something else needs none
    from smartfleet.notify.write import Written


def preview(written: Written) -> RenderableType:
    """What a user will see."""
    return section(written.title, *(text(line) for line in written.desktop.splitlines())) or Text("")


def notices(document: NotifyDocument) -> RenderableType:
    counts = Counter([one.state for one in document.notices])
    failed = [one for one in document.notices if one.state == "failed"]
    away = [(one.outcome, one.host) for one in document.untold]
    absent = [("absent", one.host) for one in document.notices if one.state == "absent"]
    return stack(
        counted([*counts.items()]),
        remarks(
            "Trouble",
            [
                *(Remark("failed", one.code, f"{one.user}@{one.host}", one.message, one.do) for one in failed),
                *(Remark(one.outcome, one.code, one.host, one.message, one.do) for one in document.untold),
            ],
        ),
        host_lists([*away, *absent]),
    )


def letters(document: NotifyDocument) -> RenderableType:
    without = [one for one in document.letters if not one.address]
    made = table("file", "to", "computers")
    for one in document.letters[:MOST]:
        made.add_row(text(one.file), text(one.address or "-"), text(", ".join(one.hosts)))
    left = len(document.letters) - MOST
    more = [Text(f"and {left:,} more: --format json has all")] if left > 0 else []
    names = ", ".join(one.name for one in without[:MOST]) + (" and others" if len(without) > MOST else "")
    return stack(
        section(number_of(len(document.letters), "letter"), made, *more),
        section("Without an address", text(names), Text("--addresses FILE names them")) if without else None,
    )


def unlock(document: UnlockDocument) -> RenderableType:
    lines = []
    if document.lock:
        lines.append(Text.assemble("in the store: ", word("removed"), ", ", lock_text(document.lock)))
    host = document.on_host
    if host and host.state != "free":
        whose = f", run {host.run}" if host.run else ""
        until = f", until {when(host.until)}" if host.until else ""
        lines.append(Text.assemble("on the host: ", word(host.state), text(whose), until))
    if document.untold:
        lines.append(Text.assemble("on the host: ", word(document.untold.outcome), ": ", text(document.untold.message)))
    return section(document.host, *lines) or Text.assemble(text(document.host), ": nothing keeps other runs away")
