"""What a `nextcloud.cfg` that somebody sent says, and what a move would change. Schema ``smartfleet.explain/1``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.assessment import AccountState, Finding
from smartfleet.model.base import Document
from smartfleet.model.facts import FolderGroup, JournalFacts
from smartfleet.model.plan import AccountMove, Edit, SecretCopy


class ExplainedFolder(Document):
    """One sync connection. `journal` is the name the client looks for, named in the file or made from the URL."""

    group: FolderGroup
    alias: str
    local_path: str
    target_path: str
    virtual_files: str
    paused: bool
    journal: str
    journal_named: bool
    counts: JournalFacts | None = Field(None, description="of the journal beside the file; null if it was not sent")


class ExplainedAccount(Document):
    """One account of the file."""

    number: str
    state: AccountState | Literal["unknown"] = Field(description="unknown where no servers were named")
    url: str
    login: str
    user: str
    display_name: str
    auth_type: str
    version: int
    encrypted: bool = Field(description="end-to-end encryption is in use")
    client_certificate: bool
    keyring_entry: str = Field(description="name of the entry with the password, never its value")
    folders: list[ExplainedFolder]


class ExplainedMove(Document):
    """What a move of this file changes; nothing else does."""

    old_server: str
    new_server: str
    accounts: list[AccountMove]
    edits: list[Edit]
    secrets: list[SecretCopy] = Field(description="as far as it can be told without the keyring")
    new_sha256: str
    written: str = Field("", description='where the new file was written; "" if it was not')


class ExplainDocument(Document):
    """What `smartfleet explain --format json` prints."""

    schema_: Literal["smartfleet.explain/1"] = Field("smartfleet.explain/1", alias="schema")
    file: str
    size: int
    sha256: str
    line_ending: Literal["lf", "crlf", "cr"]
    client_version: str = Field(description='the client that last started with this file; "" if it names none')
    qt: Literal[5, 6] = Field(description="whose dialect a new value is written in")
    settings_version: int
    accounts: list[ExplainedAccount]
    findings: list[Finding]
    move: ExplainedMove | None = None
