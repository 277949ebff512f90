"""What changed between two moments of a fleet. Schema ``smartfleet.diff/1``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.base import Document
from smartfleet.model.policy import Answer
from smartfleet.model.results import VerdictName

Standing = Literal[Answer, "absent"]
"""`absent`: the check was not asked, or what it asks about was not there: a profile or folder that came or went."""


class Moment(Document):
    """A state of the fleet: as it was when a run had ended, or now."""

    run: str = Field(description='"" for now')
    at: float = Field(description="seconds since the epoch")


class CheckChange(Document):
    """A check that is answered otherwise than before."""

    check: str
    host: str
    user: str = Field("", description='"" where it asks about the host')
    config_path: str = ""
    folder: str = Field("", description='local path; "" where it asks about no folder')
    before: Standing
    after: Standing


class FolderChange(Document):
    """A folder whose verdict is another one than before, or that drifted for another reason."""

    host: str
    user: str
    config_path: str
    local_path: str
    before: VerdictName
    after: VerdictName
    reason: str


class HostChange(Document):
    """A host that became compliant, or fell back."""

    host: str
    compliant: bool = Field(description="what it is now")
    checks: list[CheckChange]


class DiffDocument(Document):
    """What changed from `before` to `after`."""

    schema_: Literal["smartfleet.diff/1"] = Field("smartfleet.diff/1", alias="schema")
    before: Moment
    after: Moment
    hosts_new: list[str] = Field(description="judged after, and not before")
    hosts_gone: list[str] = Field(description="judged before, and not in the inventory any more")
    hosts_changed: list[HostChange]
    checks_changed: list[CheckChange] = Field(description="of hosts that are compliant or not as before")
    folders_changed: list[FolderChange]
