"""Folder checks in, verdicts out: cases/verdict.yml."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.model.plan import VerifyLevel
from smartfleet.model.results import Comparison, FolderCheck
from smartfleet.verdict import judge
from tests.unit.builders import CONFIG_PATH, NEW, Case, cases

CASES = cases("verdict")
LEVELS = get_args(VerifyLevel)
_MADE = ("before", "journal", "server")


def check_of(case: Case) -> FolderCheck:
    skipped = case.get("not", {})
    comparisons = {
        name: {"done": True, **case[name]}
        if name in case
        else {"done": False, "reason": skipped.get(name, "not asked")}
        for name in _MADE
    }
    return FolderCheck.model_validate(
        {
            "user": "eva",
            "config_path": CONFIG_PATH,
            "account": "0",
            "group": "Folders",
            "alias": "1",
            "local_path": "/home/eva/Nextcloud/",
            "url": NEW,
            "state": case.get("state", "ok"),
            "detail": case.get("detail", ""),
            "level": case["level"],
            "files": case.get("files", 3),
            "placeholders": case.get("placeholders", 0),
            "etags": case.get("etags", {}),
            **comparisons,
        }
    )


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: Case) -> None:
    verdict = judge("pc-0815", check_of(case))
    assert (verdict.verdict, verdict.reason) == (case["verdict"], case["reason"])


def test_a_verdict_names_its_folder_and_keeps_the_check() -> None:
    check = check_of({"level": "size", "before": {"same": 3}})
    verdict = judge("pc-0815", check)
    assert (verdict.host, verdict.user, verdict.account, verdict.alias) == ("pc-0815", "eva", "0", "1")
    assert (verdict.config_path, verdict.local_path, verdict.level) == (CONFIG_PATH, check.local_path, "size")
    assert verdict.check == check


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_compared_is_never_a_match(level: str) -> None:
    assert judge("pc", check_of({"level": level})).verdict == "unknown"


numbers = st.integers(min_value=0, max_value=3)
comparisons = st.builds(
    Comparison,
    done=st.just(value=True),
    same=numbers,
    synced=numbers,
    user=numbers,
    lost=numbers,
    conflicts=numbers,
    unproven=numbers,
) | st.just(Comparison(done=False, reason="not asked"))


@given(st.sampled_from(LEVELS), comparisons, comparisons, comparisons)
def test_laws(level: str, before: Comparison, journal: Comparison, server: Comparison) -> None:
    plain = check_of({"level": level})
    check = plain.model_copy(update={"before": before, "journal": journal, "server": server})
    verdict = judge("pc", check)
    damaged = any(one.lost or one.conflicts for one in (before, journal, server))
    assert (verdict.verdict == "drift") == damaged
    if verdict.verdict == "match":
        assert before.done or journal.done
        assert level not in {"journal", "server"} or (journal.done and not journal.unproven)
        assert level != "server" or (server.done and not server.unproven)
        assert level != "content" or not (before.unproven and journal.unproven)
    assert verdict.reason
