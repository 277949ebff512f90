"""What the notices module does on sessions that lack something, and on a bus that misbehaves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import notifying
from ansible_collections.smartde.nextcloud.plugins.module_utils.dbus import SIGNALS_KEPT, Connection, DBusError
from ansible_collections.smartde.nextcloud.plugins.module_utils.notices import NoticeError, parse_notices, tell_users
from ansible_collections.smartde.nextcloud.plugins.module_utils.notifying import Notice, Shown, Way, tell
from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person
from ansible_collections.smartde.nextcloud.plugins.module_utils.processes import Process
from jeepney import DBusAddress, new_signal  # type: ignore[import-untyped]  # jeepney ships no types

from tests.unit.fake_bus import DRIVER, FakeBus, Handler, RefusalError

SERVICE = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
QUESTION = Notice("me", "Move?", "1 < 2 & <b>", "Yes", "No")
MATCH: dict[tuple[str, str], Handler] = {(DRIVER, "AddMatch"): lambda _path, _rule: ("", ())}


class Desktop:
    """A service with these capabilities; `told` is what it was asked to show."""

    def __init__(self, *capabilities: str) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.closed: list[int] = []
        self.methods: dict[tuple[str, str], Handler] = {
            **MATCH,
            (SERVICE, "GetCapabilities"): lambda _path: ("as", (list(capabilities),)),
            (SERVICE, "Notify"): self._notify,
            (SERVICE, "CloseNotification"): self._close,
        }

    def _notify(self, _path: str, *given: Any) -> tuple[str, tuple[Any, ...]]:
        self.told.append(given)
        return "u", (7,)

    def _close(self, _path: str, number: int) -> tuple[str, tuple[Any, ...]]:
        self.closed.append(number)
        return "", ()


def show(
    folder: Path, methods: dict[tuple[str, str], Handler], notice: Notice = QUESTION, *, seconds: float = 0.2
) -> Shown:
    me = Person("me", os.geteuid(), os.getegid(), str(folder))
    with FakeBus(folder, methods, {SERVICE}) as bus:
        environ = {"DISPLAY": ":0", "DBUS_SESSION_BUS_ADDRESS": bus.address, "HOME": str(folder)}
        client = Process(1, me.uid, "/usr/bin/nextcloud", ("nextcloud",), 0.0, "1", environ=environ)
        return tell(me, notice, Way([client], "/", seconds, rehearse=False))


def test_a_desktop_without_buttons(tmp_path: Path) -> None:
    desktop = Desktop("body", "body-markup")
    shown = show(tmp_path, desktop.methods)
    assert (shown.state, shown.answer, shown.code) == ("shown", "none", "no-buttons")
    (told,) = desktop.told
    assert told[3:6] == ("Move?", "1 &lt; 2 &amp; &lt;b&gt;", [])


def test_a_desktop_without_markup(tmp_path: Path) -> None:
    desktop = Desktop("body", "actions")
    shown = show(tmp_path, desktop.methods)
    assert shown == Shown("me", "shown", "none")
    (told,) = desktop.told
    assert told[:6] == ("smartfleet", 0, "dialog-information", "Move?", "1 < 2 & <b>", ["go", "Yes", "later", "No"])
    assert dict(told[6]) == {"urgency": ("y", 2)}
    assert desktop.closed == [7]


def test_a_plain_notice_is_not_waited_for(tmp_path: Path) -> None:
    desktop = Desktop("body", "actions")
    shown = show(tmp_path, desktop.methods, Notice("me", "Moved", "All well."), seconds=600.0)
    assert shown == Shown("me", "shown")
    assert dict(desktop.told[0][6]) == {"urgency": ("y", 1)}
    assert desktop.closed == []


def _nobody(_path: str, *_given: object) -> tuple[str, tuple[Any, ...]]:
    raise RefusalError("org.freedesktop.DBus.Error.ServiceUnknown", "nobody has that name")


@pytest.mark.parametrize("missing", ["GetCapabilities", "Notify"])
def test_a_session_without_the_service(tmp_path: Path, missing: str) -> None:
    shown = show(tmp_path, {**Desktop("actions").methods, (SERVICE, missing): _nobody})
    assert (shown.state, shown.answer, shown.code) == ("failed", "", "no-notifications")
    assert "ServiceUnknown" in shown.message


def test_no_session_and_no_screen(tmp_path: Path) -> None:
    me = Person("me", os.geteuid(), os.getegid(), str(tmp_path))
    way = Way([], str(tmp_path), 1.0, rehearse=False)
    assert tell(me, QUESTION, way) == Shown("me", "absent")
    client = Process(1, me.uid, "/usr/bin/nextcloud", ("nextcloud",), 0.0, "1", environ={"HOME": str(tmp_path)})
    assert tell(me, QUESTION, Way([client], "/", 1.0, rehearse=False)) == Shown("me", "absent")


@pytest.mark.parametrize(
    ("signals", "answer"),
    [
        ([("ActionInvoked", "us", (7, "later"))], "later"),
        ([("ActionInvoked", "us", (8, "later")), ("ActionInvoked", "us", (7, "go"))], "go"),
        ([("ActionInvoked", "us", (7, "default")), ("NotificationClosed", "uu", (7, 2))], "none"),
        ([("NotificationClosed", "uu", (8, 2)), ("ActionInvoked", "us", (7, "later"))], "later"),
        ([("ActionInvoked", "s", ("later",)), ("NotificationClosed", "", ())], "none"),
        ([("ActionInvoked", "usu", (7, "later", 1))], "none"),
    ],
    ids=["later", "another-s", "no-button", "another-closed", "odd-types", "odd-length"],
)
def test_answers(tmp_path: Path, signals: list[tuple[str, str, tuple[Any, ...]]], answer: str) -> None:
    with listening(tmp_path, b"".join(signal(*one) for one in signals)) as bus:
        # they are there already; how long one waits for them counts where none answers
        assert notifying._answer(bus, 7, 0.3 if answer == "none" else 60.0) == answer


def test_a_bus_that_sends_garbage(tmp_path: Path) -> None:
    with listening(tmp_path, b"garbage " * 9) as bus, pytest.raises(DBusError, match="what is no D-Bus"):
        bus.signal(5.0)


def test_a_flood_of_signals_fills_no_memory(tmp_path: Path) -> None:
    flood = signal("ActionInvoked", "us", (9, "x" * 50)) * 2000
    with listening(tmp_path, flood) as bus:
        assert bus.has_owner(SERVICE)
        assert len(bus._signals) == SIGNALS_KEPT


@contextmanager
def listening(folder: Path, sent: bytes) -> Iterator[Connection]:
    """A connection that asked for signals and is sent these bytes."""
    fake = FakeBus(folder, Desktop().methods, {SERVICE}, {"AddMatch": sent})
    with fake, Connection(fake.address, timeout=5.0) as bus:
        bus.listen(notifying.RULE)
        yield bus


def signal(member: str, signature: str, body: tuple[Any, ...]) -> bytes:
    message = new_signal(DBusAddress(PATH, interface=SERVICE), member, signature or None, body)
    raw: bytes = message.serialise(100)
    return raw


WRONG = [
    {"title": ""},
    {"title": " "},
    {"title": "two\nlines"},
    {"title": "x" * 201},
    {"text": "x" * 4001},
    {"text": "bell \a"},
    {"text": "nul \0"},
    {"text": "half \ud800"},
    {"title": "\x1b[31m"},
    {"go_label": "Yes"},
    {"later_label": "No"},
    {"go_label": "Yes", "later_label": "No\n"},
]


@pytest.mark.parametrize("change", WRONG, ids=lambda change: ascii(change)[:40])
def test_a_notice_that_is_not_shown(change: dict[str, str]) -> None:
    with pytest.raises(NoticeError):
        parse_notices([{"user": "me", "title": "Title", "text": "a\nb", **change}])


def test_a_user_gets_one_notice() -> None:
    one = {"user": "me", "title": "Title", "text": ""}
    assert parse_notices([one]) == [Notice("me", "Title", "")]
    with pytest.raises(NoticeError, match="two notices"):
        parse_notices([one, one])


def test_an_ordinary_user_tells_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passwd = tmp_path / "etc/passwd"
    passwd.parent.mkdir()
    passwd.write_text("other:x:1001:1:Other:/home/other:/bin/sh\n")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (told,) = tell_users(str(tmp_path), [Notice("other", "Title", "")], 1.0, check_mode=False)
    assert (told["state"], told["code"]) == ("failed", "not-admin")
