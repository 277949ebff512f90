"""org.freedesktop.Notifications: what a desktop shows its user, and what the user answers.

Source: the Desktop Notifications Specification of freedesktop.org, version 1.2. The body is read as markup, as most
desktops do. The user of a lab answers at once, or never.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from smartfleet.lab.session.secret_service import Body, CallError, Reply, Signal

PATH = "/org/freedesktop/Notifications"
INTERFACE = "org.freedesktop.Notifications"
DISMISSED, CLOSED_BY_CALL = 2, 3

Answer = Literal["", "go", "later", "dismiss"]
"""A button's key, `dismiss` for closing a question without one, "" for a user who does not look."""


@dataclass
class Notice:
    """One that was shown. `buttons` are their labels; `open` until it is closed by its user or its sender."""

    title: str
    body: str
    buttons: list[str]
    answer: str = ""
    open: bool = True


@dataclass
class Screen:
    """What a user sees; it outlives sessions. `will_answer` is what he does with every question from now on."""

    notices: list[Notice] = field(default_factory=list)
    will_answer: Answer = ""


class NotificationService:
    """Answers method calls on the service's object."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def call(self, path: str, interface: str, member: str, body: Body) -> Reply:
        """One method call; CallError is the error reply."""
        if (path, interface) != (PATH, INTERFACE):
            raise CallError("org.freedesktop.DBus.Error.UnknownObject", f"{path} is not there")
        if member == "GetCapabilities":
            return Reply("as", (["actions", "body", "body-markup", "persistence"],))
        if member == "GetServerInformation":
            return Reply("ssss", ("lab", "smartfleet", "1", "1.2"))
        if member == "Notify":
            return self._notify(body)
        if member == "CloseNotification":
            return self._close(body[0])
        raise CallError("org.freedesktop.DBus.Error.UnknownMethod", f"{member} is not served")

    def _notify(self, body: Body) -> Reply:
        title, text, actions = body[3], body[4], list(body[5])
        notice = Notice(title, text, actions[1::2])
        self._screen.notices.append(notice)
        number = len(self._screen.notices)
        will = self._screen.will_answer if actions else ""
        if not will:
            return Reply("u", (number,))
        notice.answer, notice.open = will, False
        closed = _signal("NotificationClosed", "uu", (number, DISMISSED))
        chosen = [_signal("ActionInvoked", "us", (number, will))] if will in actions[::2] else []
        return Reply("u", (number,), after=(*chosen, closed))

    def _close(self, number: int) -> Reply:
        if not 0 < number <= len(self._screen.notices):
            raise CallError(f"{INTERFACE}.Error", "there is no such notification")
        self._screen.notices[number - 1].open = False
        return Reply(after=(_signal("NotificationClosed", "uu", (number, CLOSED_BY_CALL)),))


def _signal(member: str, signature: str, body: Body) -> Signal:
    return Signal(PATH, INTERFACE, member, signature, body)
