"""Notices for the users of a host: each is shown by a child that has become its user, all at the same time."""

from __future__ import annotations

import select
import unicodedata
from dataclasses import asdict
from typing import Any, Dict, Mapping, Sequence

from .dropped import Dropped, DroppedError, Send
from .notifying import Notice, Shown, Way, tell
from .people import Person, people
from .processes import clients

TITLE_LIMIT = 200
TEXT_LIMIT = 4000
# to find the session, to start the service, to take the question away
MARGIN_SECONDS = 90.0


class NoticeError(ValueError):
    """A notice that is not shown to anybody; the text says why."""


def parse_notices(raw: Sequence[Mapping[str, Any]]) -> list[Notice]:
    """The notices as the module was given them. NoticeError."""
    notices = [
        Notice(one["user"], one["title"], one["text"], one.get("go_label") or "", one.get("later_label") or "")
        for one in raw
    ]
    for notice in notices:
        _check(notice)
    if len({notice.user for notice in notices}) != len(notices):
        raise NoticeError("a user has two notices: one call shows each user one")
    return notices


def tell_users(root: str, notices: Sequence[Notice], seconds: float, *, check_mode: bool) -> list[dict[str, str]]:
    """Show every notice; one `Shown` for each, in their order. Lasts as long as the slowest answer."""
    running = clients()
    everybody = {person.name: person for person in people(root, [process.uid for process in running])}
    work = _Work(Way(running, root, seconds, check_mode))
    for number, notice in enumerate(notices):
        person = everybody.get(notice.user)
        if person is None:
            work.told[number] = Shown(notice.user, "failed", code="unknown-user", message="there is no such user")
        else:
            work.begin(number, person, notice)
    work.finish()
    return [asdict(work.told[number]) for number in range(len(notices))]


class _Work:
    """The children at work, and what they have told; by the notice's number."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self.told: Dict[int, Shown] = {}
        self._children: Dict[int, Dropped] = {}
        self._users: Dict[int, str] = {}

    def begin(self, number: int, person: Person, notice: Notice) -> None:
        self._users[number] = notice.user
        limit = self._way.seconds + MARGIN_SECONDS
        try:
            self._children[number] = Dropped(person, _tell, person, notice, self._way, timeout=limit)
        except DroppedError as error:
            self._fail(number, error)

    def finish(self) -> None:
        while self._children:
            wait = min(child.remaining() for child in self._children.values())
            select.select(list(self._children.values()), [], [], max(0.0, wait))
            for number, child in list(self._children.items()):
                self._hear(number, child)

    def _hear(self, number: int, child: Dropped) -> None:
        try:
            child.pump()
        except DroppedError as error:
            self._fail(number, error)
            del self._children[number]
            return
        if child.done:
            self.told[number] = Shown(**child.answer)
            del self._children[number]

    def _fail(self, number: int, error: DroppedError) -> None:
        self.told[number] = Shown(self._users[number], "failed", "", error.code, error.message, error.do)


def _tell(_send: Send, person: Person, notice: Notice, way: Way) -> Dict[str, str]:
    return asdict(tell(person, notice, way))


def _check(notice: Notice) -> None:
    lines = (notice.title, notice.go_label, notice.later_label)
    if not notice.title.strip() or any(len(line) > TITLE_LIMIT or _controls(line) for line in lines):
        raise NoticeError(f"a title or a label is empty, has more than {TITLE_LIMIT} characters or is no plain line")
    if len(notice.text) > TEXT_LIMIT or _controls(notice.text.replace("\n", "")):
        raise NoticeError(f"a text has more than {TEXT_LIMIT} characters or control characters")
    if bool(notice.go_label) != bool(notice.later_label):
        raise NoticeError("a question needs both go_label and later_label")


def _controls(text: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Cs") for character in text)
