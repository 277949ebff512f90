"""Every code that a host may answer has a remedy, and stands in docs/outcomes.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartfleet.assess import assess
from smartfleet.campaign.parse import moved, restored
from smartfleet.campaign.trouble import diagnose
from smartfleet.checks.hostcodes import HOST_REMEDIES, remedy_of
from smartfleet.checks.reasons import REMEDIES
from smartfleet.engines.answers import Answer, HostAnswers
from smartfleet.model.facts import Problem
from tests.unit.builders import TIME, facts_of, fleet_config
from tests.unit.test_trouble import answer, order, told

ROOT = Path(__file__).parents[2]
PLUGINS = ROOT / "playbooks/collections/ansible_collections/smartde/nextcloud/plugins"
_PYTHON = re.compile(r'(?:StepError|DroppedError|_?refused|SignIn|\bcode=|"code":)\(?\s*"([a-z]+(?:-[a-z0-9]+)*)"')
_POWERSHELL = re.compile(r"(?:-Code|\bcode =)\s+'([a-z]+(?:-[a-z0-9]+)*)'")
# what check mode answers, why a user signs in although the move goes on, and what a module tells itself alone
_NO_TROUBLE = {"check-mode", "reconnect", "bring-bytes"}


def used() -> Iterator[tuple[str, str]]:
    """Every code in the text of the modules, with its file."""
    for file in sorted(PLUGINS.rglob("*")):
        pattern = {".py": _PYTHON, ".ps1": _POWERSHELL, ".psm1": _POWERSHELL}.get(file.suffix)
        if pattern and not file.is_symlink():
            yield from ((code, file.name) for code in pattern.findall(file.read_text("utf-8")))


def test_every_code_of_the_modules_has_a_remedy() -> None:
    without = {(code, file) for code, file in used() if not remedy_of(code) and code not in _NO_TROUBLE}
    assert without == set()


def test_no_remedy_is_for_a_code_that_nobody_uses() -> None:
    text = "".join(file.read_text("utf-8") for file in PLUGINS.rglob("*") if file.suffix in {".py", ".ps1", ".psm1"})
    words = set(re.findall(r"[\"']([a-z-]+)[\"']", text))
    made = {code for code in HOST_REMEDIES if code.startswith("unseen-")}  # put together from what was not seen
    assert set(HOST_REMEDIES) - words - made == set()


def test_no_code_has_two_remedies() -> None:
    assert set(HOST_REMEDIES) & set(REMEDIES) == set()


def test_every_code_is_documented_with_its_remedy() -> None:
    text = (ROOT / "docs" / "outcomes.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| [^|]+ \| ([^|]*) \|$", text, re.MULTILINE)
    assert dict(rows) == HOST_REMEDIES
    assert len(rows) == len(HOST_REMEDIES)


def test_an_outcome_without_a_remedy_gets_one() -> None:
    said = {**told(outcome="failed"), "code": "file-in-use", "message": "nextcloud.cfg is held open"}
    (found,) = moved(HostAnswers("pc-1", [answer("ok", "account_move", profiles=[said])]), [order()], interrupted=False)
    assert found.do == HOST_REMEDIES["file-in-use"]
    (back,) = restored(HostAnswers("pc-1", [answer("ok", "account_restore", profiles=[said])]), interrupted=False)
    assert back.do == HOST_REMEDIES["file-in-use"]


def test_the_hosts_own_remedy_goes_first() -> None:
    said = {**told(outcome="failed"), "code": "file-in-use", "message": "held open", "do": "end backup.exe"}
    (found,) = moved(HostAnswers("pc-1", [answer("ok", "account_move", profiles=[said])]), [order()], interrupted=False)
    assert found.do == "end backup.exe"


@pytest.mark.parametrize("code", ["state-failed", "facts-failed"])
def test_a_module_that_failed(code: str) -> None:
    found = diagnose(Answer("pc-1", "smartde.nextcloud.account_move", "failed", {"msg": "no", "code": code}))
    assert (found.code, found.do) == (code, HOST_REMEDIES[code])


def test_what_an_audit_could_not_see() -> None:
    problem = Problem(code="hive-missing", message="otto: there is no NTUSER.DAT")
    facts = facts_of({"os": "windows"}).model_copy(update={"problems": [problem]})
    (finding,) = assess("pc-1", TIME, facts, fleet_config()).findings
    assert (finding.code, finding.do) == ("hive-missing", HOST_REMEDIES["hive-missing"])
