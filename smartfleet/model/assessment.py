"""What an audit means: facts judged against the fleet's servers. Schema ``smartfleet.audit/1``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.base import Document
from smartfleet.model.facts import Bits, FolderGroup, FolderState, JournalState, KeyringState, SessionKind

AccountState = Literal["old", "new", "foreign"]
ProfileState = Literal["old", "new", "both", "neither", "foreign", "unreadable"]
Severity = Literal["error", "warning", "note"]


class Finding(Document):
    """One thing an admin should know; `error` keeps a move from happening, `note` only informs."""

    code: str
    severity: Severity
    message: str
    do: str = ""


class FolderAssessment(Document):
    """One sync folder of an account."""

    group: FolderGroup
    alias: str
    local_path: str
    target_path: str
    virtual_files: str
    paused: bool
    state: FolderState
    journal: JournalState
    files: int = 0
    bytes: int = 0
    placeholders: int = 0
    pending: int = Field(0, description="changes on this machine that the client has still to upload")


class AccountAssessment(Document):
    """One account of a profile."""

    number: str
    state: AccountState
    url: str
    login: str
    user: str
    display_name: str
    encrypted: bool = Field(description="end-to-end encryption is in use")
    folders: list[FolderAssessment]


class SecondCopy(Document):
    """An account on the new server syncs another folder than the old account did, and both folders are there."""

    account: str = Field(description="number of the account on the new server")
    local_path: str = Field(description="the folder it syncs")
    other_account: str = Field(description='number of the account on the old server; "" if the folder has no account')
    other_path: str = Field(description="the folder of before")
    bytes_wasted: int = Field(description="the smaller of the two folders: what is on the disk twice at most")


class ProfileAssessment(Document):
    """One OS user's client configuration."""

    user: str
    config_path: str
    kind: str
    state: ProfileState
    client_version: str = Field(description="as the configuration names it")
    client_installed: str = Field("", description="version of the installation that this profile uses")
    client_bits: Bits | None = Field(None, description="of that installation; null where nobody asked")
    client_running: bool
    session: bool
    session_kind: SessionKind = Field("", description="of a Windows session")
    keyring: KeyringState
    open_run: str = Field("", description="the run of a move that began and did not end")
    accounts: list[AccountAssessment] = Field(default_factory=list)
    second_copies: list[SecondCopy] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)


class ClientAssessment(Document):
    """One installation of the client."""

    kind: str
    version: str
    unsafe: bool = Field(description="a version that is known to lose or not to sync files")
    bits: Bits | None = None
    scope: Literal["machine", "user"] = "machine"


class HostAssessment(Document):
    """All of one host."""

    host: str
    os: Literal["linux", "darwin", "windows"]
    distribution: str
    taken: float = Field(description="when the audit saw the host, seconds since the epoch")
    clients: list[ClientAssessment]
    profiles: list[ProfileAssessment]
    findings: list[Finding] = Field(default_factory=list)


class Unreached(Document):
    """A host of the pattern that the audit could not look at."""

    host: str
    code: str
    message: str
    do: str = ""


class AuditDocument(Document):
    """What `smartfleet audit --format json` prints."""

    schema_: Literal["smartfleet.audit/1"] = Field("smartfleet.audit/1", alias="schema")
    old_servers: list[str]
    new_server: str
    hosts: list[HostAssessment]
    unreached: list[Unreached] = Field(default_factory=list)
