"""Notices on the lab's desktops, shown by the module's own code."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.notices import parse_notices, tell_users

from smartfleet.lab.host import LabHost, LabUser
from smartfleet.lab.session.notifications import Answer

pytestmark = pytest.mark.once

QUESTION = {"title": "Umzug", "text": "Jetzt?", "go_label": "Ja, jetzt", "later_label": "Nein, später"}


def tell(host: LabHost, *notices: dict[str, str], seconds: float = 0.5, check_mode: bool = False) -> list[Any]:
    return tell_users(str(host.root), parse_notices(notices), seconds, check_mode=check_mode)


@pytest.fixture
def anna(host: LabHost) -> LabUser:
    person = host.add_user("anna")
    person.log_on()
    return person


def test_a_notice_is_shown_as_it_stands(host: LabHost, anna: LabUser) -> None:
    (told,) = tell(host, {"user": "anna", "title": "Tom & <b>Co</b>", "text": "1 < 2 & <img src='x'>\nzweite Zeile"})
    assert told == {"user": "anna", "state": "shown", "answer": "", "code": "", "message": "", "do": ""}
    (seen,) = anna.notices()
    assert (seen.title, seen.buttons, seen.open) == ("Tom & <b>Co</b>", [], True)
    assert seen.body == "1 &lt; 2 &amp; &lt;img src='x'&gt;\nzweite Zeile"


@pytest.mark.parametrize(
    ("will", "answer"), [("go", "go"), ("later", "later"), ("dismiss", "none"), ("", "none")], ids=str
)
def test_what_a_user_answers(host: LabHost, anna: LabUser, will: Answer, answer: str) -> None:
    anna.will_answer(will)
    (told,) = tell(host, {"user": "anna", **QUESTION})
    assert (told["state"], told["answer"], told["code"]) == ("shown", answer, "")
    (seen,) = anna.notices()
    assert (seen.buttons, seen.open) == (["Ja, jetzt", "Nein, später"], False)


def test_users_are_told_at_the_same_time(host: LabHost, anna: LabUser) -> None:
    bert, carla = host.add_user("bert"), host.add_user("carla")
    bert.log_on()
    bert.will_answer("later")
    anna.will_answer("go")
    notices = [{"user": name, **QUESTION} for name in ("anna", "bert", "carla", "nobody")]
    told = tell(host, *notices)
    assert [(one["state"], one["answer"], one["code"]) for one in told] == [
        ("shown", "go", ""),
        ("shown", "later", ""),
        ("absent", "", ""),
        ("failed", "", "unknown-user"),
    ]
    assert carla.notices() == []


def test_check_mode_shows_nothing(host: LabHost, anna: LabUser) -> None:
    (told,) = tell(host, {"user": "anna", **QUESTION}, check_mode=True)
    assert (told["state"], told["answer"]) == ("shown", "")
    assert anna.notices() == []
