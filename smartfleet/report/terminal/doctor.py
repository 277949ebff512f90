"""What the doctor found: a line for each host and server, and for everything that fails its remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from smartfleet.report.terminal.parts import STYLES, Remark, counted, remarks, section, stack, table, text
from smartfleet.text import number_of

if TYPE_CHECKING:
    from smartfleet.model.doctor import Check, DoctorReport

_ORDER = ("ok", "warning", "failed", "skipped")


def doctor(document: DoctorReport) -> RenderableType:
    counts: Counter[str] = Counter(check.state for check in document.checks)
    head = Text.assemble(
        f"{number_of(len(document.checks), 'check')} in {document.seconds:.1f} s: ",
        counted((state, counts[state]) for state in _ORDER),
    )
    troubled = [check for check in document.checks if check.state in {"warning", "failed"}]
    return stack(
        head,
        section("This machine", _table(document.checks, "controller")) if _has(document, "controller") else None,
        section("Servers", _table(document.checks, "server")) if _has(document, "server") else None,
        section("Hosts", _table(document.checks, "host")) if _has(document, "host") else None,
        remarks("What is wrong", _remarks(troubled)),
    )


def _has(document: DoctorReport, kind: str) -> bool:
    return any(check.kind == kind for check in document.checks)


def _table(checks: list[Check], kind: str) -> Table:
    """One row a target: its checks in their order, each in the colour of its state."""
    rows: dict[str, list[Text]] = {}
    for check in checks:
        if check.kind == kind:
            mark = "" if check.state == "ok" else f" {check.state}"
            rows.setdefault(check.target, []).append(text(f"{check.check}{mark}", STYLES.get(check.state, "")))
    made = table(kind, "checks")
    for target, cells in rows.items():
        made.add_row(text(target), Text(", ").join(cells))
    return made


def _remarks(checks: list[Check]) -> Iterator[Remark]:
    for check in checks:
        why = f" ({check.why})" if check.why else ""
        yield Remark(check.state, check.code, check.target, f"{check.message}{why}", check.do)
