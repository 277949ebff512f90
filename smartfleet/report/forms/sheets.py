"""Sheets of a workbook with typed cells. A row is on the disk when the next one begins, so a fleet takes no memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

# the library's types are not marked as such
from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from smartfleet.report.forms.tables import Cell
from smartfleet.text import visible

ROWS = 1_048_576
"""What a sheet holds."""
# what the library takes for its own markup, and writes as it stands
_MARKUP = "<r>"


@dataclass
class Sheets:
    """Adds sheets to a book that is open."""

    book: Workbook
    rows: int = ROWS
    _formats: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self._formats = {
            "head": self.book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "title": self.book.add_format({"bold": True, "font_size": 14}),
            "moment": self.book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            "day": self.book.add_format({"num_format": "yyyy-mm-dd"}),
            "number": self.book.add_format({"num_format": "#,##0"}),
        }

    def add_table(self, name: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """A sheet with a frozen heading and filters; what is more than a sheet holds goes on in further ones."""
        sheet, number, row = self._sheet(name, headings), 1, 0
        for cells in rows:
            row += 1
            if row == self.rows:
                sheet.autofilter(0, 0, row - 1, len(headings) - 1)
                number, row = number + 1, 1
                sheet = self._sheet(f"{name} ({number})", headings)
            for column, cell in enumerate(cells):
                self.put(sheet, row, column, cell)
        sheet.autofilter(0, 0, row, len(headings) - 1)

    def add_plain(self, name: str, widths: Sequence[int]) -> Worksheet:
        sheet = self.book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        return sheet

    def put(self, sheet: Worksheet, row: int, column: int, cell: Cell, style: str = "") -> None:
        """Text is text whatever it looks like: no formula, no link, no number."""
        match cell:
            case None | "":
                pass
            case bool():
                sheet.write_boolean(row, column, cell)
            case int():
                sheet.write_number(row, column, cell, self._formats["number"])
            case datetime():
                sheet.write_datetime(row, column, cell.replace(tzinfo=None), self._formats["moment"])
            case date():
                sheet.write_datetime(row, column, cell, self._formats["day"])
            case str():
                sheet.write_string(row, column, _inert(cell), self._formats.get(style))

    def _sheet(self, name: str, headings: Sequence[str]) -> Worksheet:
        sheet = self.add_plain(name, [min(60, max(12, len(heading) + 4)) for heading in headings])
        for column, heading in enumerate(headings):
            self.put(sheet, 0, column, heading, "head")
        sheet.freeze_panes(1, 0)
        return sheet


def _inert(text: str) -> str:
    shown = visible(text)
    return f"\\x3c{shown[1:]}" if shown.startswith(_MARKUP) else shown
