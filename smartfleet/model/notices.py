"""What users were told, and whether a host was given free again."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.base import Document
from smartfleet.model.campaign import Lock
from smartfleet.model.results import OutcomeName

NoticeKind = Literal["announce", "moving-now", "ask-to-postpone", "sign-in", "done"]
NoticeState = Literal["shown", "absent", "failed"]
Answer = Literal["", "go", "later", "none"]


class Shown(Document):
    """What became of a notice on a user's desktop. Host modules return these without `host`; the controller adds it."""

    host: str = ""
    user: str
    state: NoticeState = Field(description="absent: the user is not logged on")
    answer: Answer = Field("", description="`none` for silence; empty where nothing was asked")
    code: str = ""
    message: str = ""
    do: str = ""


class Untold(Document):
    """A host whose users were told nothing, because of the host as a whole."""

    host: str
    outcome: OutcomeName
    code: str
    message: str
    do: str = ""


class Letter(Document):
    """A file for the admin to send."""

    file: str = Field(description="inside the folder that was named")
    name: str = Field(description="of the account, or of the user where there is none")
    address: str = Field(description="empty where none is known")
    users: list[str]
    hosts: list[str]


class NotifyDocument(Document):
    """One entry for each user who was told on the desktop, or one for each letter that was written."""

    schema_: Literal["smartfleet.notify/1"] = Field("smartfleet.notify/1", alias="schema")
    run: str = Field("", description="empty where letters were written")
    kind: NoticeKind
    language: Literal["de", "en"]
    interrupted: bool = False
    notices: list[Shown] = Field(default_factory=list)
    untold: list[Untold] = Field(default_factory=list)
    letters: list[Letter] = Field(default_factory=list)


class HostLock(Document):
    """What `host_unlock` found on a host, and what became of it."""

    state: Literal["free", "removed", "kept", "working"] = Field(
        description="kept: another run's; working: a module works there now, and nothing was taken away"
    )
    run: str = ""
    until: float = Field(0.0, description="seconds since the epoch; 0 without a reservation")


class UnlockDocument(Document):
    """A host that was given free again: in the store, and on the host itself."""

    schema_: Literal["smartfleet.unlock/1"] = Field("smartfleet.unlock/1", alias="schema")
    run: str
    host: str
    interrupted: bool
    lock: Lock | None = Field(description="the store's lock that was taken away")
    on_host: HostLock | None = Field(description="null where the host could not be asked")
    untold: Untold | None = Field(description="why it could not be asked")
