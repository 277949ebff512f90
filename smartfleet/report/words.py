"""Words of the terminal for what facts say."""

from __future__ import annotations

from smartfleet.model.facts import SessionKind

_KINDS: dict[SessionKind, str] = {
    "": "logged on",
    "console": "logged on at the machine",
    "rdp": "logged on by remote desktop",
    "disconnected": "logged on, and disconnected from the session",
}


def session_text(session: bool, kind: SessionKind) -> str:  # noqa: FBT001 - the two facts belong together
    """Whether the user has a desktop session, and on Windows which."""
    return _KINDS[kind] if session else "not logged on"
