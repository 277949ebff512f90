"""What the page's table shows, sorts and filters by, in columns: each value once, and its number for each row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from smartfleet.model.policy import Answer, CheckCount
from smartfleet.report.page.rows import TableRow
from smartfleet.report.shares import version
from smartfleet.report.tones import OUTCOMES
from smartfleet.text import visible

Column = tuple[list[str], list[int]]
_ANSWERS: tuple[Answer, ...] = ("fail", "unknown", "waived")


def index(rows: Sequence[TableRow], checks: Sequence[CheckCount], per_chunk: int) -> dict[str, Any]:
    """JSON of the table. `rows` with `per_chunk` rows of details in a chunk.

    ``columns`` are values and the number of each row's value; ``seen`` is in seconds since the epoch, 0 for never;
    ``paths`` are searched and not shown; ``answers`` holds for each answer the numbers of each row's checks.
    """
    numbers = {count.check.check: number for number, count in enumerate(checks)}
    return {
        "perChunk": per_chunk,
        "checks": [_check(count) for count in checks],
        "columns": {name: _column(visible(text_of(row)) for row in rows) for name, text_of in _COLUMNS.items()},
        "seen": [int(row.seen) for row in rows],
        "paths": [visible(" ".join(folder.local_path for folder in _folders(row))) for row in rows],
        "answers": {answer: [_answered(row, answer, numbers) for row in rows] for answer in _ANSWERS},
    }


_COLUMNS: dict[str, Callable[[TableRow], str]] = {
    "name": lambda row: row.name,
    "host": lambda row: row.host.host,
    "user": lambda row: row.profile.user if row.profile else "",
    "standing": lambda row: row.standing,
    "state": lambda row: row.profile.state if row.profile else row.host.reason,
    "outcome": lambda row: row.profile.outcome if row.profile else "",
    "group": lambda row: OUTCOMES[row.profile.outcome] if row.profile else "",
    "verdict": lambda row: row.verdict,
    "code": lambda row: (row.profile.code or row.profile.outcome) if row.profile else row.host.reason,
    "system": lambda row: row.host.distribution or row.host.os,
    "os": lambda row: row.host.os,
    "client": lambda row: row.client,
    "version": lambda row: version(row.client),
    "site": lambda row: row.host.site,
    "wave": lambda row: row.host.wave,
}


def _column(texts: Iterable[str]) -> Column:
    values: dict[str, int] = {}
    numbers = [values.setdefault(text, len(values)) for text in texts]
    return list(values), numbers


def _check(count: CheckCount) -> dict[str, str]:
    """Own checks say their texts themselves, those of smartfleet stand in the catalogs."""
    check = count.check
    known = {"id": visible(check.check), "severity": check.severity}
    return known if check.source == "built-in" else known | {"title": visible(check.title)}


def _folders(row: TableRow) -> Sequence[Any]:
    return row.profile.folders if row.profile else ()


def _answered(row: TableRow, answer: Answer, numbers: dict[str, int]) -> list[int]:
    return sorted({numbers[one.check] for one in row.results if one.answer == answer and one.check in numbers})
