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


@pytest.fixture(scope="module")
def short() -> bytes:
    return printed(report(30))


@pytest.fixture(scope="module")
def long() -> bytes:
    return printed(report(300), "de")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def traps(folder: Path) -> bytes:
    """Printed with `folder` for temporary files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        return printed(hostile())


def test_it_is_whole_and_has_tags_for_screen_readers(short: bytes) -> None:
    assert short.startswith(b"%PDF-1.")
    assert short.rstrip().endswith(b"%%EOF")
    assert b"/StructTreeRoot" in short
    assert b"/Lang (en)" in short


def test_all_hosts_are_printed(short: bytes, long: bytes) -> None:
    assert pages(long) - pages(short) >= 5


def test_it_speaks_the_language_that_was_asked_for(long: bytes) -> None:
    assert b"/Lang (de)" in long


def test_traps_can_be_printed_and_nothing_stays_behind(traps: bytes, folder: Path) -> None:
    assert pages(traps) >= 3
    assert list(folder.iterdir()) == []


def test_no_link_leads_out_of_it(traps: bytes) -> None:
    assert not re.search(rb"/URI\s*\(", traps)
