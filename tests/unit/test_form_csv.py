"""The report as CSV, read back as programs and spreadsheets do."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest

from smartfleet.report.forms.csv_form import inert
from smartfleet.report.forms.tables import EVERYTHING
from smartfleet.text import visible
from tests.unit.reported import HOSTILE, hostile, report, written

FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")


@pytest.fixture(autouse=True)
def wide_fields() -> Iterator[None]:
    """With another separator than ours a whole row can be one field."""
    before = csv.field_size_limit(10_000_000)
    yield
    csv.field_size_limit(before)


def read(raw: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8"), newline=""), delimiter=delimiter))


def test_each_profile_and_each_host_without_one_has_a_row() -> None:
    head, *rows = read(written("csv", report()))
    table = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(row["host"], row["user"]) for row in table] == [("pc-1", "eva"), ("pc-2", "bo"), ("pc-3", "")]
    first, second, third = table
    assert (first["compliant"], first["audited"], first["bytes"]) == ("true", "2026-11-22T15:30:05Z", "3000")
    assert (second["failed"], second["waived"]) == ("old-server folder-verdict", "client-too-old")
    assert (second["match"], second["drift"], second["do"]) == ("0", "1", "smartfleet plan --limit pc-2")
    assert (third["code"], third["audited"], third["files"]) == ("never-seen", "", "")
    assert (third["failed"], third["unknown"]) == ("host-seen", "client-too-old")


def test_a_stream_stays_open_and_gets_row_after_row() -> None:
    raw = written("csv", report())
    assert raw.count(b"\r\n") == 4
    assert raw == written("csv", report(), "de")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
def test_no_name_becomes_a_formula(name: str, delimiter: str) -> None:
    raw = written("csv", hostile(name))
    rows = read(raw, delimiter)
    assert len(rows) == 2
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if FORMULA.match(cell.lstrip("\"'")) and not cell.startswith("'")] == []
    if delimiter == ",":
        assert [len(row) for row in rows] == [len(EVERYTHING.columns)] * 2
        assert rows[1][0] == inert(name)
        assert rows[1][0].replace("'", "") == visible(name).replace("'", "")


def test_nothing_is_written_that_a_terminal_obeys() -> None:
    for name in HOSTILE.values():
        assert written("csv", hostile(name)).decode("utf-8").replace("\r\n", "").isprintable()
