"""What changed between two moments: hosts, answers and verdicts, and nothing that did not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from smartfleet.model.diff import DiffDocument, Moment
from smartfleet.model.judged import JudgedFolder, JudgedHost, JudgedProfile
from smartfleet.report import terminal
from smartfleet.report.changes import diff, fell_back
from tests.unit.builders import Case, cases

BEFORE, AFTER = Moment(run="r1", at=1.0), Moment(run="", at=2.0)


def folder(case: Case) -> Case:
    return {"login": "eva", "target_path": "/", "local_path": "/home/eva/Nextcloud/", "verdict": "match", **case}


def profile(case: Case) -> Case:
    plain = {"user": "eva", "config_path": "/c", "state": "new"}
    return {**plain, **case, "folders": [folder(one) for one in case.get("folders", [])]}


def host(name: str, case: Case) -> JudgedHost:
    made = {"host": name, "compliant": True, **case, "profiles": [profile(one) for one in case.get("profiles", [])]}
    return JudgedHost.model_validate(made)


def fleet(case: Case) -> dict[str, JudgedHost]:
    return {name: host(name, one or {}) for name, one in case.items()}


def changed(case: Case) -> DiffDocument:
    then, now = fleet(case.get("then", {})), fleet(case.get("now", {}))
    return diff(BEFORE, AFTER, then, now, case.get("inventory", list(now)))


def told(document: DiffDocument) -> Case:
    """In few words, as the cases say it."""

    def checks(found: Any) -> list[str]:
        return [
            " ".join(filter(None, (one.host, one.user, one.folder, one.check, one.before, one.after))) for one in found
        ]

    answers = {
        "new": document.hosts_new,
        "gone": document.hosts_gone,
        "better": {one.host: checks(one.checks) for one in document.hosts_changed if one.compliant},
        "worse": {one.host: checks(one.checks) for one in document.hosts_changed if not one.compliant},
        "checks": checks(document.checks_changed),
        "folders": [
            f"{one.host} {one.user} {one.local_path} {one.before} {one.after}" for one in document.folders_changed
        ],
    }
    return {name: answer for name, answer in answers.items() if answer}


@pytest.mark.parametrize("case", cases("changes"), ids=lambda case: case["name"])
def test_what_changed(case: Case) -> None:
    document = changed(case)
    assert told(document) == case.get("told", {})
    assert fell_back(document) == case.get("fell_back", False)


NAMES = st.sampled_from(["a", "b", "ä"])
ANSWERS = st.dictionaries(
    st.sampled_from(["old-server", "second-copy"]), st.sampled_from(["fail", "unknown", "waived"])
)
VERDICTS = st.sampled_from(["match", "drift", "unknown"])
FOLDERS = st.builds(
    JudgedFolder, login=NAMES, target_path=NAMES, local_path=NAMES, verdict=VERDICTS, reason=NAMES, answers=ANSWERS
)
PROFILES = st.builds(
    JudgedProfile,
    user=NAMES,
    config_path=NAMES,
    state=st.sampled_from(["old", "new", "both"]),
    answers=ANSWERS,
    folders=st.lists(FOLDERS, max_size=4),
)
HOSTS = st.builds(
    JudgedHost, host=NAMES, compliant=st.booleans(), answers=ANSWERS, profiles=st.lists(PROFILES, max_size=3)
)
FLEETS = st.dictionaries(NAMES, HOSTS).map(
    lambda found: {name: one.model_copy(update={"host": name}) for name, one in found.items()}
)


@given(FLEETS, FLEETS, st.sets(NAMES))
def test_any_two_fleets_can_be_compared(
    then: dict[str, JudgedHost], now: dict[str, JudgedHost], inventory: set[str]
) -> None:
    document = diff(BEFORE, AFTER, then, now, inventory)
    back = diff(AFTER, BEFORE, now, then, inventory)
    assert told(diff(BEFORE, AFTER, then, then, list(then))) == {}
    assert {one.host for one in document.hosts_changed} == {one.host for one in back.hosts_changed}
    assert len(document.folders_changed) == len(back.folders_changed)
    assert sum(len(one.checks) for one in document.hosts_changed) == sum(len(one.checks) for one in back.hosts_changed)
    every = [*document.checks_changed, *(check for one in document.hosts_changed for check in one.checks)]
    assert all(one.before != one.after for one in every)
    assert not {*document.hosts_new, *document.hosts_gone} & {one.host for one in every}
    assert DiffDocument.model_validate_json(document.model_dump_json()) == document


def shown(document: DiffDocument, width: int = 160) -> str:
    console = Console(width=width, no_color=True, highlight=False, emoji=False, markup=False)
    with console.capture() as capture:
        console.print(terminal.diff(document))
    return capture.get()


def test_on_a_terminal() -> None:
    document = changed(
        {
            "then": {"a": {"compliant": False, "profiles": [{"answers": {"old-server": "fail"}}]}, "b": {}, "gone": {}},
            "now": {"a": {"profiles": [{}]}, "b": {"compliant": False, "answers": {"host-seen": "fail"}}, "new": {}},
        }
    )
    text = shown(document)
    for line in (
        "(run r1)",
        "(now)",
        "Fell back: 1 host",
        "    host-seen pass -> fail",
        "Became compliant: 1 host",
        "    eva: old-server fail -> pass",
        "New: 1 host\n  new",
        "Gone from the inventory: 1 host\n  gone",
    ):
        assert line in text
    assert "Nothing changed." not in text
    assert "Nothing changed." in shown(changed({}))


def test_a_long_list_is_cut_and_says_so() -> None:
    many = {f"pc-{number:03}": {"answers": {"audit-age": "fail"}} for number in range(50)}
    text = shown(changed({"then": dict.fromkeys(many), "now": many}))
    assert "and 30 more" in text
    assert len(text.splitlines()) < 30
    assert "and 30 more" in shown(changed({"now": many}))


HOSTILE = "\x1b[31m<script>\u202e\n[red]=cmd|"


def test_hostile_names_are_harmless_on_a_terminal() -> None:
    bad = {"user": HOSTILE, "folders": [{"local_path": HOSTILE, "verdict": "drift", "reason": HOSTILE}]}
    then = {HOSTILE: {"profiles": [{**bad, "folders": [{"local_path": HOSTILE}]}]}, HOSTILE + "2": {}}
    now = {HOSTILE: {"compliant": False, "answers": {HOSTILE: "fail"}, "profiles": [bad]}, HOSTILE + "3": {}}
    text = shown(changed({"then": then, "now": now}))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[red]=cmd|" in text
