"""What is to be done, with the state it presumes. Schema ``smartfleet.plan/1``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.base import Document
from smartfleet.model.facts import FolderGroup

Strategy = Literal["move", "reconnect", "fresh"]
OnMissingSession = Literal["defer", "sign-in"]
Action = Literal["move", "resume", "cure", "none", "refuse"]
Cure = Literal["drop-account", "repoint", "journal-path", "start-client", "sign-in"]
HostCure = Literal["drop-account", "repoint", "journal-path", "start-client"]
VerifyLevel = Literal["size", "content", "journal", "server"]


class Edit(Document):
    """One value of `nextcloud.cfg`, raw as it stands in the file; `old` is null where the key is added."""

    section: str
    key: str
    old: str | None
    new: str | None


class AccountMove(Document):
    """One account that changes its server."""

    number: str
    login: str = Field(description="webflow_user: the name in the keyring entry")
    user: str = Field(description="dav_user: the name in DAV paths")
    old_url: str
    new_url: str


class SecretCopy(Document):
    """One keyring entry to copy inside the user's session. Names only, never a value."""

    source: str
    target: str
    required: bool = Field(description="whether the move cannot connect without it")


class FolderMove(Document):
    """A folder whose journal must stay the same through the move."""

    account: str
    group: FolderGroup
    alias: str
    local_path: str
    journal: str
    instance_id: str = Field(description='the instance the journal belongs to; "" when it holds no file id')


class Aside(Document):
    """A second copy that gives its place in an account to the original folder, and is renamed beside it."""

    account: str
    group: FolderGroup
    alias: str
    local_path: str = Field(description="the copy, which the folder syncs until now")
    journal: str = Field(description="the copy's journal")
    original: str = Field(description="the folder of before, which it syncs from now on")
    carry: bool = Field(description="the original has no journal of its own: it gets a copy of the copy's")


class Refusal(Document):
    """Why a profile is not touched, and what mends it."""

    code: str
    message: str
    do: str


class ProfilePlan(Document):
    """What happens to one profile. `move` is the only part that goes to the host."""

    user: str
    config_path: str
    action: Action
    reason: Refusal | None = Field(None, description="set for refuse and none")
    warnings: list[Refusal] = Field(default_factory=list)
    steps: list[str] = Field(default_factory=list, description="for people, in order")
    diff: str = Field("", description="unified diff of nextcloud.cfg, control characters made visible")
    cures: list[Cure] = Field(default_factory=list, description="what `fix` does; set for cure")
    move: ProfileMove | None = None


class ProfileMove(Document):
    """The order that `account_move` carries out for a profile.

    An order with `cures` changes no server: `accounts` are those that stay, with `old_url` and `new_url` the same, and
    `folders` are their folders as they will be. One that only starts the client has no `edits`.
    """

    user: str
    config_path: str
    strategy: Strategy
    on_missing_session: OnMissingSession
    resume: bool = Field(default=False, description="go on with the open transaction of the host")
    old_sha256: str
    new_sha256: str
    new_config: str = Field(description="the new nextcloud.cfg, base64")
    edits: list[Edit]
    accounts: list[AccountMove]
    secrets: list[SecretCopy]
    unseen_secrets: bool = Field(
        default=False, description="Windows: the order names every other entry that there may be, for nobody could look"
    )
    cookies: list[str] = Field(description="cookie jars to remove, names inside the configuration's folder")
    folders: list[FolderMove]
    digests: bool = Field(description="whether the manifest 'before' holds content digests")
    cures: list[HostCure] = Field(default_factory=list, description="what is mended; empty for a move")
    aside: list[Aside] = Field(default_factory=list, description="second copies to set aside; for repoint")

    @property
    def starts_only(self) -> bool:
        """Whether nothing is changed: the client is started, and that is all."""
        return self.cures == ["start-client"]


class InstallPlan(Document):
    """The client's installation on a host; absent from the plan where it is kept as it is.

    `package` is the system's own package, for winget its id, for an MSI the source that the host fetches it from: an
    https URL or a share.
    """

    kind: Literal["package", "msi", "winget"] = "package"
    package: str
    state: Literal["present", "latest"]
    version: str = Field("", description="that is installed by this; msi and winget")
    sha256: str = Field("", description="of the MSI")
    skip_auto_update: bool | None = Field(None, description="the MSI's SKIPAUTOUPDATE; null leaves it alone")


class HostPlan(Document):
    """One host of the plan."""

    host: str
    os: Literal["linux", "darwin", "windows"]
    facts_taken: float = Field(description="when the audit saw the host, seconds since the epoch")
    install: InstallPlan | None = None
    profiles: list[ProfilePlan]


class Plan(Document):
    """A saved plan. `hash` is the SHA-256 of its canonical JSON without `hash`."""

    schema_: Literal["smartfleet.plan/1"] = Field("smartfleet.plan/1", alias="schema")
    created: float
    old_servers: list[str]
    new_server: str
    strategy: Strategy
    instance_id: str = Field(
        description='the new server\'s instance id as the controller saw it; "" if it could not ask'
    )
    hosts: list[HostPlan]
    unaudited: list[str] = Field(default_factory=list, description="hosts of the pattern without facts: not touched")
    hash: str = ""
