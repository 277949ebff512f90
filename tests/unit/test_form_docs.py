"""Each form of the report and each problem of evidence stands in the docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from smartfleet.report.forms.tables import EVERYTHING
from smartfleet.report.writers import FORMS

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/reports.md").read_text("utf-8")


def section(title: str) -> str:
    return DOCS.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_told_with_its_file(form: str) -> None:
    suffix = next(one.suffix for name, one in FORMS.items() if name == form)
    assert f"| `{form}` | `{suffix}` |" in section("The forms")


def test_each_problem_of_evidence_is_told() -> None:
    source = (ROOT / "smartfleet/evidence/check.py").read_text("utf-8")
    codes = set(re.findall(r'code="([a-z-]+)"|\("(files-[a-z]+)"', source))
    assert len(codes) == 9
    told = section("Evidence")
    assert [code for pair in codes for code in pair if code and f"`{code}`" not in told] == []


def test_the_columns_of_csv_are_told_in_their_order() -> None:
    told = section("The forms").partition("columns of `csv`")[2].partition(".")[0]
    assert re.findall(r"`(\w+)`", told) == list(EVERYTHING.columns)
