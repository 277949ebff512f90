from __future__ import annotations

import re
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_powershell

from smartfleet.campaign import causes

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/windows.md").read_text("utf-8")


def sources() -> list[str]:
    places = [*(ROOT / "smartfleet").rglob("*.py"), *(ROOT / "inventory").rglob("*.yml")]
    return [path.read_text("utf-8") for path in places]


def test_every_code_of_the_doctor_is_in_its_documentation() -> None:
    told = set(re.findall(r"`((?:connect|server)/[a-z-]+)`", (ROOT / "docs/doctor.md").read_text("utf-8")))
    texts = (path.read_text("utf-8") for path in (ROOT / "smartfleet/connect").rglob("*.py"))
    given = {code for text in texts for code in re.findall(r'"((?:connect|server)/[a-z0-9-]+)"', text)}
    assert given == told


def test_every_cause_of_a_failed_windows_run_is_in_its_documentation() -> None:
    told = set(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE))
    assert told == {cause.code for cause in causes.WINDOWS} | {"offline"}


def test_hints_name_sections_that_exist() -> None:
    headings = set(re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE))
    named = {name for text in sources() for name in re.findall(r"docs/windows\.md, '([^']+)'", text)}
    assert named
    assert named <= headings


def test_links_within_the_page_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors


@pytest.mark.parametrize("script", re.findall(r"```powershell\n(.*?)```", PAGE, re.DOTALL))
def test_commands_to_copy_parse(script: str) -> None:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    assert not parser.parse(script.encode()).root_node.has_error
