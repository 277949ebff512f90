"""What became of a plan on the hosts, and what a verification found."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.base import Document
from smartfleet.model.facts import FolderGroup
from smartfleet.model.plan import VerifyLevel

OutcomeName = Literal[
    "moved",
    "cured",
    "already",
    "waiting-online",
    "waiting-session",
    "waiting-sign-in",
    "refused",
    "failed",
    "rolled-back",
    "unknown",
    "prepared",
]
WORST_FIRST: tuple[OutcomeName, ...] = (
    "failed",
    "unknown",
    "prepared",
    "waiting-online",
    "waiting-session",
    "refused",
    "waiting-sign-in",
    "rolled-back",
    "moved",
    "cured",
    "already",
)
"""The order in which a host's profiles speak for it."""
VerdictName = Literal["match", "drift", "unknown"]


class Step(Document):
    """One step of the transaction as the host's marks tell it."""

    step: str
    state: Literal["done", "skipped", "failed", "undone"]
    seconds: float = 0.0
    detail: str = ""


class Proof(Document):
    """One thing that had to be true after the move."""

    proof: Literal[
        "client-running", "config", "account-list", "journal", "disk", "server", "conflicts", "folders", "aside"
    ]
    state: Literal["ok", "failed", "unknown"]
    detail: str = ""


class Outcome(Document):
    """What became of one profile. Host modules return these without `host`; the controller adds it."""

    host: str = ""
    user: str
    config_path: str
    outcome: OutcomeName
    code: str = Field("", description="stable reason, for example keyring-locked")
    message: str = ""
    do: str = ""
    changed: bool = False
    restart_pending: bool = Field(default=False, description="an installation in between asked for a restart")
    backup: str = ""
    steps: list[Step] = Field(default_factory=list)
    proofs: list[Proof] = Field(default_factory=list)


class Difference(Document):
    """One example of a difference."""

    path: str
    kind: Literal["lost", "changed", "new", "synced", "conflict", "unproven", "blocked", "server"]
    detail: str = ""


class Comparison(Document):
    """Counts of one comparison of a tree; examples are bounded, counts are not."""

    done: bool
    reason: str = Field("", description="why it was not done")
    same: int = 0
    synced: int = Field(0, description="differs, and the journal says that the client did it")
    user: int = Field(0, description="changed, new or deleted on this machine, still to be uploaded")
    lost: int = Field(0, description="gone or altered with nothing that explains it")
    conflicts: int = Field(0, description="conflict files that were not there before")
    unproven: int = Field(0, description="could not be compared at this level, for example no checksum")
    examples: list[Difference] = Field(default_factory=list)


class FolderCheck(Document):
    """What `tree_manifest` answers for one folder."""

    user: str
    config_path: str
    account: str
    group: FolderGroup
    alias: str
    local_path: str
    url: str = Field(description="the account's server at the time of the check")
    state: str = Field(description="as in FolderFacts")
    detail: str = ""
    level: VerifyLevel
    files: int = Field(0, description="without placeholders: what could be compared by content")
    bytes: int = 0
    placeholders: int = 0
    root_digest: str = Field("", description="SHA-256 over the sorted manifest lines")
    before: Comparison
    journal: Comparison
    server: Comparison
    etags: dict[str, str] = Field(
        default_factory=dict, description="first-level path to etag from the journal, for a check from the controller"
    )


class Verdict(Document):
    """The judgement of one folder."""

    host: str
    user: str
    config_path: str
    account: str
    alias: str
    local_path: str
    level: VerifyLevel
    verdict: VerdictName
    reason: str
    check: FolderCheck | None = None
