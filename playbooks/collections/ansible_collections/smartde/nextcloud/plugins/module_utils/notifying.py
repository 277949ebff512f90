"""Show a notice on a desktop, and wait for the answer: what ``notify-send`` does, to be called as the user.

Source: the Desktop Notifications Specification of freedesktop.org, version 1.2. A service that lists ``body-markup``
reads the body as markup, any other one shows it as it stands. A question is urgent, so that a desktop does not hide it;
a notice stays until the user has seen it.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import Mapping, Sequence

from .dbus import Connection, DBusError
from .dbus_wire import Variant
from .people import Person
from .processes import Process, first, of_person
from .session import find

SERVICE = "org.freedesktop.Notifications"
OBJECT = (SERVICE, "/org/freedesktop/Notifications", SERVICE)
RULE = f"type='signal',interface='{SERVICE}'"
APPLICATION = "smartfleet"
ICON = "dialog-information"
NORMAL, URGENT = 1, 2
STAYS = 0
REPLY_SECONDS = 20.0
GO, LATER = "go", "later"


@dataclass(frozen=True)
class Notice:
    """What one user is shown; with both labels it is a question."""

    user: str
    title: str
    text: str
    go_label: str = ""
    later_label: str = ""

    @property
    def asks(self) -> bool:
        return bool(self.go_label and self.later_label)


@dataclass(frozen=True)
class Shown:
    """What became of a notice: `state` shown, absent or failed; `answer` go, later, none or ""."""

    user: str
    state: str
    answer: str = ""
    code: str = ""
    message: str = ""
    do: str = ""


@dataclass(frozen=True)
class Way:
    """How notices are shown on a host. `running` are its clients, `seconds` how long an answer may take.

    With `rehearse` nothing is shown.
    """

    running: Sequence[Process]
    root: str
    seconds: float
    rehearse: bool


def tell(person: Person, notice: Notice, way: Way) -> Shown:
    client = first(of_person(way.running, person.uid, person.home, way.root))
    session = find(person, client, way.root)
    if not session.display:
        return Shown(notice.user, "absent")
    if way.rehearse:
        return Shown(notice.user, "shown")
    return _converse(session.env, notice, way.seconds)


def _converse(env: Mapping[str, str], notice: Notice, seconds: float) -> Shown:
    try:
        with Connection(env.get("DBUS_SESSION_BUS_ADDRESS", ""), timeout=REPLY_SECONDS) as bus:
            bus.listen(RULE)
            (can,) = bus.call(*OBJECT, "GetCapabilities", reply="as")
            asks = notice.asks and "actions" in can
            number = _show(bus, notice, asks=asks, markup="body-markup" in can)
            if asks:
                return Shown(notice.user, "shown", _answer(bus, number, seconds))
    except DBusError as error:
        return Shown(notice.user, "failed", code="no-notifications", message=str(error))
    if notice.asks:
        return Shown(
            notice.user, "shown", "none", code="no-buttons", message="this desktop shows notices without buttons"
        )
    return Shown(notice.user, "shown")


def _show(bus: Connection, notice: Notice, *, asks: bool, markup: bool) -> int:
    """The number that the service gave the notice."""
    body = escaped(notice.text) if markup else notice.text
    buttons = [GO, notice.go_label, LATER, notice.later_label] if asks else []
    hints = [("urgency", Variant("y", URGENT if asks else NORMAL))]
    given = (APPLICATION, 0, ICON, notice.title, body, buttons, hints, STAYS)
    (number,) = bus.call(*OBJECT, "Notify", "susssasa{sv}i", *given, reply="u")
    return int(number)


def _answer(bus: Connection, number: int, seconds: float) -> str:
    """What the user chose. A question that nobody answers is taken away: its buttons would do nothing any more."""
    end = time.monotonic() + seconds
    while True:
        signal = bus.signal(max(0.0, end - time.monotonic()))
        if signal is None:
            break
        if signal.interface != SERVICE or signal.values[:1] != [number]:
            continue
        if signal.member == "ActionInvoked" and signal.values[1:] in ([GO], [LATER]):
            return str(signal.values[1])
        if signal.member == "NotificationClosed":
            return "none"
    with contextlib.suppress(DBusError):
        bus.call(*OBJECT, "CloseNotification", "u", number)
    return "none"


def escaped(text: str) -> str:
    """`text` for a service that reads markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
