"""The report as a workbook: a summary, and a sheet for each area."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO

# its types are not marked as such
from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]

from smartfleet.model.report import ReportData
from smartfleet.report.forms.sheets import Sheets
from smartfleet.report.forms.tables import CHANGES, FINDINGS, FOLDERS, HISTORY, HOSTS, PROFILES, Cell, moment
from smartfleet.report.subjects import title
from smartfleet.words import Words

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write(data: ReportData, out: BinaryIO, words: Words) -> None:
    """Headings, titles and messages are in the language of `words`; codes are the same in all. Times are in UTC."""
    # rows lie in files until the end: they hold names, and must not stay behind where something goes wrong
    with tempfile.TemporaryDirectory(prefix="smartfleet-") as private:
        try:
            _write(data, out, words, private)
        except FileCreateError as error:
            # the library wraps the error of the disk
            raise OSError(*error.args[0].args) from None


def _write(data: ReportData, out: BinaryIO, words: Words, folder: str) -> None:
    with Workbook(out, {**_OPTIONS, "tmpdir": folder}) as book:
        book.use_zip64()
        book.set_properties({"title": words("report.title")})
        sheets = Sheets(book)
        _summary(sheets, data, words)
        tables = [HOSTS, PROFILES, FOLDERS, FINDINGS, HISTORY, *([CHANGES] if data.since else [])]
        for table in tables:
            headings = [words(f"forms.column.{column}") for column in table.columns]
            sheets.add_table(words(f"forms.sheet.{table.name}"), headings, table.rows(data, words))


def _summary(sheets: Sheets, data: ReportData, words: Words) -> None:
    sheet = sheets.add_plain(words("forms.sheet.summary"), [44, 44, *[14] * 9])
    sheets.put(sheet, 0, 0, words("report.title"), "title")
    for row, (cells, style) in enumerate(_lines(data, words), 2):
        for column, cell in enumerate(cells):
            sheets.put(sheet, row, column, cell, style)


def _lines(data: ReportData, words: Words) -> Iterator[tuple[Sequence[Cell], str]]:
    """Each line of the summary, with the style of its text."""
    yield from ((line, "") for line in _figures(data, words))
    for name, lines in (("checks", _checks(data, words)), ("shares", _shares(data)), ("warnings", _warnings(data))):
        told = list(lines)
        if told:
            yield [], ""
            yield [words(f"forms.{name}.{column}") for column in _COLUMNS[name]], "head"
            yield from ((line, "") for line in told)


_COLUMNS = {
    "checks": ("check", "title", "severity", "scope", "passed", "failed", "unknown", "waived"),
    "shares": ("by", "name", "hosts", "compliant", "profiles"),
    "warnings": ("code", "message", "severity", "do"),
}


def _figures(data: ReportData, words: Words) -> Iterator[Sequence[Cell]]:
    head = data.headline
    yield words("forms.summary.created"), moment(data.created)
    yield words("forms.summary.fleet"), data.fleet
    yield words("forms.summary.old"), " ".join(data.old_servers)
    yield words("forms.summary.new"), data.new_server
    if data.redacted:
        yield words("forms.summary.redacted"), True
    yield words("forms.summary.hosts"), head.hosts
    yield words("forms.summary.seen"), head.hosts_seen
    yield words("forms.summary.compliant"), head.hosts_compliant
    yield words("forms.summary.profiles"), head.profiles
    yield words("forms.summary.on-old"), head.on_old_server
    for outcome, count in head.outcomes.items():
        yield words("forms.summary.outcome", outcome=outcome), count
    yield words("forms.summary.folders"), head.folders
    for verdict, number in head.verdicts.items():
        yield words("forms.summary.verdict", verdict=verdict), number
    yield words("forms.summary.bytes"), head.bytes_in_folders


def _checks(data: ReportData, words: Words) -> Iterator[Sequence[Cell]]:
    for count in data.checks:
        check = count.check
        yield (
            *(check.check, title(check, words), check.severity, check.scope),
            *(count.passed, count.failed, count.unknown, count.waived),
        )


def _shares(data: ReportData) -> Iterator[Sequence[Cell]]:
    return ((share.by, share.name, share.hosts, share.compliant, share.profiles) for share in data.shares)


def _warnings(data: ReportData) -> Iterator[Sequence[Cell]]:
    return ((warning.code, warning.message, warning.severity, warning.do) for warning in data.warnings)
