"""The workbook, read back by openpyxl."""

from __future__ import annotations

import gc
import io
import os
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pytest
import xlsxwriter  # type: ignore[import-untyped]  # its types are not marked as such
from openpyxl.utils.escape import unescape

from smartfleet.report.forms import xlsx
from smartfleet.report.forms.sheets import Sheets
from smartfleet.text import visible
from smartfleet.words import Language
from tests.unit.reported import HOSTILE, host, hostile, profile, report, result, words, written

LONGEST = 32_767


def load(raw: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(raw))


def rows(sheet: Any) -> list[dict[str, Any]]:
    head, *lines = list(sheet.iter_rows(values_only=True))
    return [dict(zip(head, line, strict=True)) for line in lines]


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["Summary", "Hosts", "Profiles", "Folders", "Findings", "History", "Changes"]),
        ("de", ["Übersicht", "Rechner", "Profile", "Ordner", "Befunde", "Verlauf", "Änderungen"]),
    ],
)
def test_each_area_has_a_sheet_with_frozen_heading_and_filters(language: Language, names: list[str]) -> None:
    book = load(written("xlsx", report(), language))
    assert book.sheetnames == names
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        headings = [cell.value for cell in sheet[1]]
        assert len(set(headings)) == len(headings)


def test_cells_have_types() -> None:
    book = load(written("xlsx", report()))
    hosts, findings, history = (rows(book[name]) for name in ("Hosts", "Findings", "History"))
    assert [row["Compliant"] for row in hosts] == [True, False, False]
    assert hosts[0]["Audited (UTC)"] == datetime(2026, 11, 22, 15, 30, 5)  # noqa: DTZ001 - cells have no zone
    assert hosts[2]["Audited (UTC)"] is None
    assert rows(book["Folders"])[0]["Bytes"] == 3000
    waived = next(row for row in findings if row["Answer"] == "waived")
    assert waived["Waived until"] == datetime(2027, 3, 31)  # noqa: DTZ001 - a day
    assert [row["Compliant hosts"] for row in history] == [0, 1]


def test_findings_name_what_they_are_about() -> None:
    found = rows(load(written("xlsx", report()))["Findings"])
    assert [(row["Check"], row["Host"], row["User"], row["Folder"]) for row in found] == [
        ("client-too-old", "pc-2", None, None),
        ("old-server", "pc-2", "bo", None),
        ("folder-verdict", "pc-2", "bo", "/home/eva/Büro"),
        ("host-seen", "pc-3", None, None),
        ("client-too-old", "pc-3", None, None),
    ]


def test_findings_say_in_their_language_what_mends_them() -> None:
    missed = result("autostart", do="Have the user tick it.", do_text="checks.autostart.do", values={"host": "pc-1"})
    own = result("own", do="Call 1234.")
    data = report(hosts=[host()], profiles=[profile(results=[missed, own])])
    german, english = load(written("xlsx", data, "de")), load(written("xlsx", data))
    assert [row["Was zu tun ist"][:10] for row in rows(german["Befunde"])] == ["Bitten Sie", "Call 1234."]
    assert [row["What to do"] for row in rows(english["Findings"])][1] == "Call 1234."


def test_the_summary_adds_up() -> None:
    sheet = load(written("xlsx", report()))["Summary"]
    figures = {line[0]: line[1] for line in sheet.iter_rows(values_only=True)}
    assert figures["Hosts"] == 3
    assert figures["Folders: drift"] == 1
    assert figures["old-server"]


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_no_name_is_more_than_text(name: str) -> None:
    raw = written("xlsx", hostile(name))
    shown = visible(name)
    book = load(raw)
    for sheet in book.worksheets:
        for cell in (cell for line in sheet.iter_rows() for cell in line):
            assert cell.data_type != "f"
            assert cell.hyperlink is None
    user = unescape(book["Profiles"]["B2"].value or "")  # as Excel does
    expected = shown[:LONGEST] if not shown.startswith("<r>") else f"\\x3c{shown[1:]}"
    assert user == expected
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        for part in parts.namelist():
            ET.fromstring(parts.read(part))  # noqa: S314 - our own


def test_what_a_sheet_cannot_hold_goes_on_in_the_next() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        Sheets(book, rows=4).add_table("Hosts", ["Host"], [(f"pc-{number}",) for number in range(7)])
    read = load(out.getvalue())
    assert [[row["Host"] for row in rows(sheet)] for sheet in read.worksheets] == [
        ["pc-0", "pc-1", "pc-2"],
        ["pc-3", "pc-4", "pc-5"],
        ["pc-6"],
    ]
    assert read.sheetnames == ["Hosts", "Hosts (2)", "Hosts (3)"]


def test_a_pipe_takes_it_too(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as out:
        xlsx.write(report(since=None), out, words())
    with os.fdopen(reader, "rb") as pipe:
        (tmp_path / "report.xlsx").write_bytes(pipe.read())
    assert "Changes" not in load((tmp_path / "report.xlsx").read_bytes()).sheetnames


class Full(io.BytesIO):
    """A disk that takes no more."""

    def write(self, _content: object) -> int:
        raise OSError(28, "No space left on device")


# the library forgets its file, which tries to end itself once more
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_full_disk_is_told_as_one_and_nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    # the error is not kept: what it leads to could not be collected here, and would speak up in another test
    with pytest.raises(OSError, match=r"^\[Errno 28\] No space left"):
        xlsx.write(report(), Full(), words("en"))
    gc.collect()
    assert list(tmp_path.iterdir()) == []
