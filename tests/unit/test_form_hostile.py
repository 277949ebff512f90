"""Names that nobody should have: every form of the report holds them, and nothing in it that is not to be seen."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import get_args

import pytest

from bench import _hostile
from smartfleet.fleet.sending import Attachment
from smartfleet.model.report import ReportData
from tests.unit.reported import written

# a PDF is the page, printed; a workbook is a packed file
FORMS: list[Attachment] = [form for form in get_args(Attachment) if form not in {"pdf", "xlsx"}]
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> ReportData:
    """Without what is no Unicode: no answer of a host gets that far."""
    traps = tuple(trap for trap in _hostile.TRAPS if not re.search("[\ud800-\udfff]", trap))
    monkeypatch.setattr(_hostile, "TRAPS", traps)
    return _hostile.hostile()


@pytest.mark.parametrize("form", FORMS)
def test_no_character_hides_or_is_obeyed(form: Attachment, hostile: ReportData) -> None:
    shown = written(form, hostile, "en").decode()
    line_ends = {"\n", "\r"} if form == "csv" else {"\n", "\t"}
    assert {one for one in shown if unicodedata.category(one) in UNSEEN} - line_ends == set()
    assert not re.search("[\u2800\u3164\ufe0f\U000e0100]", shown)


def test_json_holds_every_name_as_it_is(hostile: ReportData) -> None:
    assert ReportData.model_validate(json.loads(written("json", hostile, "en"))) == hostile
