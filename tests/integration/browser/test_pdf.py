"""The report as PDF, printed by a real Chromium."""

from __future__ import annotations

import re
import tempfile
from io import BytesIO
from pathlib import Path

import pytest

from bench._hostile import hostile
from bench._reports import report
from smartfleet.model.report import ReportData
from smartfleet.paths import data_folder
from smartfleet.report.writers import FORMS
from smartfleet.words import Language, load_words

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("chromium")]


def printed(data: ReportData, language: Language = "en") -> bytes:
    out = BytesIO()
    FORMS["pdf"].write(data, out, load_words(language, data_folder("templates")))
    return out.getvalue()


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_it_is_whole_and_has_tags_for_screen_readers() -> None:
    pdf = printed(report(30))
    assert pdf.startswith(b"%PDF-1.")
    assert pdf.rstrip().endswith(b"%%EOF")
    assert b"/StructTreeRoot" in pdf
    assert b"/Lang (en)" in pdf


def test_all_hosts_are_printed() -> None:
    assert pages(printed(report(300))) - pages(printed(report(30))) >= 5


def test_it_speaks_the_language_that_was_asked_for() -> None:
    assert b"/Lang (de)" in printed(report(3), "de")


def test_traps_can_be_printed_and_nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert pages(printed(hostile())) >= 3
    assert list(tmp_path.iterdir()) == []


def test_no_link_leads_out_of_it() -> None:
    assert not re.search(rb"/URI\s*\(", printed(hostile()))
