"""The report as CSV (RFC 4180, UTF-8): a row for each profile, and one for each host without."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from typing import BinaryIO

from smartfleet.model.report import ReportData
from smartfleet.report.forms.tables import EVERYTHING, Cell
from smartfleet.text import visible
from smartfleet.words import Words

# Spreadsheets take such a cell for a formula, the wide forms too, and blanks before it do not help. One that expects
# another separator begins a cell after it, and after the quotation mark that we double.
_FORMULA = re.compile(r"""(^|[,;|"'])(\s*)([=+\-@\uff1d\uff0b\uff0d\uff20])""")


def write(data: ReportData, out: BinaryIO, words: Words) -> None:
    """Headings, codes and times (ISO 8601, UTC) are the same in all languages: programs read them."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="")
    try:
        writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(EVERYTHING.columns)
        for row in EVERYTHING.rows(data, words):
            writer.writerow([_told(cell) for cell in row])
    finally:
        text.detach()  # writes what it still holds, and leaves the stream open: it is the caller's


def inert(text: str) -> str:
    """`text` in which no spreadsheet finds a formula: an apostrophe stands before what would begin one."""
    return _FORMULA.sub(r"\1\2'\3", visible(text))


def _told(cell: Cell) -> str | int:
    match cell:
        case bool():
            return "true" if cell else "false"
        case int():
            return cell
        case datetime():
            return cell.strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            return cell.isoformat()
        case None:
            return ""
        case str():
            return inert(cell)
