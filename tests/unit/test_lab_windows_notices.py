"""Notices and the lock's reservation on an emulated Windows machine, as the wire calls the modules."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.lock import host_lock

from smartfleet.lab.session.notifications import Answer, Notice
from smartfleet.lab.windows.build import add_person, make_machine
from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.winrm.machine import Caller, ModuleCall

QUESTION = {"title": "Umzug", "text": "Jetzt?", "go_label": "Ja, jetzt", "later_label": "Nein, später"}


@pytest.fixture
def machine(tmp_path: Path) -> WindowsMachine:
    machine = make_machine(tmp_path / "PC-1", admin="admin", password="secret", version="3.16.7", qt=6)
    for name in ("eva", "max"):
        add_person(machine, name)
    with machine.sessions.changing() as sessions:
        sessions["eva"] = {"number": 1, "kind": "disconnected"}
    return machine


def play(machine: WindowsMachine, name: str, *, check: bool = False, **arguments: Any) -> dict[str, Any]:
    call = ModuleCall(f"smartde.nextcloud.{name}", arguments, {"_ansible_check_mode": check}, Caller("admin"))
    return machine.run_module(call)


def tell(machine: WindowsMachine, *notices: dict[str, str], check: bool = False) -> list[Any]:
    answer = play(machine, "win_user_notice", notices=list(notices), answer_seconds=0, check=check)
    assert answer["changed"] is False
    found: list[Any] = answer["notices"]
    return found


@pytest.mark.parametrize(
    ("will", "answer"), [("go", "go"), ("later", "later"), ("dismiss", "none"), ("", "none")], ids=str
)
def test_what_a_user_answers(machine: WindowsMachine, will: Answer, answer: str) -> None:
    machine.screens.will_answer("eva", will)
    (told,) = tell(machine, {"user": "eva", **QUESTION})
    assert told == {"user": "eva", "state": "shown", "answer": answer, "code": "", "message": "", "do": ""}
    given: Answer = "" if answer == "none" else will
    assert machine.screens.notices("eva") == [Notice("Umzug", "Jetzt?", ["Yes", "No"], given, open=False)]


def test_who_is_told(machine: WindowsMachine) -> None:
    told = tell(machine, *({"user": name, "title": "Umzug", "text": "1 < 2"} for name in ("eva", "max", "nobody")))
    assert [(one["state"], one["answer"], one["code"]) for one in told] == [
        ("shown", "", ""),
        ("absent", "", ""),
        ("failed", "", "unknown-user"),
    ]
    assert machine.screens.notices("eva") == [Notice("Umzug", "1 < 2", [])]


def test_check_mode_shows_nothing(machine: WindowsMachine) -> None:
    (told,) = tell(machine, {"user": "eva", **QUESTION}, check=True)
    assert (told["state"], told["answer"]) == ("shown", "")
    assert machine.screens.notices("eva") == []


@pytest.mark.parametrize(
    ("notice", "code", "message"),
    [
        ({"user": "eva", "title": "Umzug"}, "", "missing required arguments: text"),
        ({"user": "eva", "title": "Umzug", "text": "", "sound": "yes"}, "", "Unsupported parameters"),
        ({"user": "eva", "title": " ", "text": ""}, "notice-unfit", "a title"),
        ({"user": "eva", "title": "Umzug", "text": "\x1b[2J"}, "notice-unfit", "control characters"),
        ({"user": "eva", "title": "Umzug", "text": "", "go_label": "Ja"}, "notice-unfit", "needs both"),
    ],
)
def test_what_the_module_refuses(machine: WindowsMachine, notice: dict[str, str], code: str, message: str) -> None:
    answer = play(machine, "win_user_notice", notices=[notice])
    assert answer["failed"]
    assert answer.get("code", "") == code
    assert message in answer["msg"]
    assert machine.screens.notices("eva") == []


@pytest.mark.parametrize(
    ("run", "check", "state", "left"),
    [
        ("", False, "removed", False),
        ("", True, "removed", True),
        ("r1", False, "removed", False),
        ("r2", False, "kept", True),
    ],
)
def test_a_reservation_is_taken_away(
    machine: WindowsMachine,
    run: str,
    check: bool,  # noqa: FBT001 - a case's value
    state: str,
    left: bool,  # noqa: FBT001
) -> None:
    with host_lock(os.fspath(machine.root), "r1") as lock:
        lock.reserve(60)
    answer = play(machine, "win_host_unlock", run=run, check=check)
    assert (answer["lock"]["state"], answer["lock"]["run"]) == (state, "r1")
    assert answer["lock"]["until"] > 0
    assert answer["changed"] is (state == "removed")
    again = play(machine, "win_host_unlock", check=True)["lock"]["state"]
    assert again == ("removed" if left else "free")


def test_a_module_at_work_keeps_the_lock(machine: WindowsMachine) -> None:
    assert play(machine, "win_host_unlock")["lock"] == {"state": "free", "run": "", "until": 0.0}
    with host_lock(os.fspath(machine.root), "r1"):
        assert play(machine, "win_host_unlock")["lock"] == {"state": "working", "run": "", "until": 0.0}
