"""What an audit saw on a host: data, no judgement. Schema ``smartfleet.facts/1``.

Text that came from a host's disk is display text: bytes that are no UTF-8 stand as hex escapes. Nothing on the
controller opens such a path; the host takes its paths from its own copy of the configuration.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.base import Document

ConfigState = Literal[
    "ok", "absent", "empty", "too-large", "unreadable", "link", "not-a-file", "foreign-owner", "broken"
]
ConfigKind = Literal["standard", "legacy", "flatpak", "snap", "confdir", "sandbox"]
FolderGroup = Literal["Folders", "Multifolders", "FoldersWithPlaceholders"]
FolderState = Literal[
    "ok",
    "missing",
    "link",
    "not-a-folder",
    "relative",
    "root",
    "outside-home",
    "foreign-owner",
    "unreadable",
    "unwalked",
]
JournalState = Literal["ok", "absent", "unreadable"]
KeyringState = Literal["unlocked", "locked", "absent", "unseen"]
"""`unseen`: Windows shows a user's credentials to programs in that user's session alone."""
SessionKind = Literal["", "console", "rdp", "disconnected"]
Bits = Literal[32, 64]


class System(Document):
    """The machine."""

    os: Literal["linux", "darwin", "windows"]
    hostname: str
    distribution: str = Field(description='for example "debian 12"')
    python: str = Field("", description='version of the interpreter that ran the module; "" on Windows')
    powershell: str = Field("", description='version of the PowerShell that ran the module; "" elsewhere')
    admin: bool = Field(description="whether the module ran as root or administrator")
    time: float = Field(description="the host's clock, seconds since the epoch")
    free_bytes: int = Field(description="free space where backups go")


class InstalledClient(Document):
    """One installation of the desktop client."""

    kind: Literal["package", "flatpak", "snap", "appimage", "binary", "app", "msi"]
    name: str = Field(description="package name or bundle id")
    version: str
    qt: int | None = Field(description="5 or 6; null if it could not be told")
    path: str
    bits: Bits | None = Field(None, description="of the program; null where nobody asked")
    scope: Literal["machine", "user"] = "machine"
    product_code: str = Field("", description="of the MSI, with braces")


class RunningClient(Document):
    """A client process of a profile."""

    pid: int
    exe: str
    arguments: list[str] = Field(description="argv without the program itself")
    started: float = Field(description="seconds since the epoch")
    session: int | None = Field(None, description="number of the Windows session it runs in")


class Session(Document):
    """The desktop session that secrets and clients live in."""

    state: Literal["active", "none"]
    source: Literal["client", "manager", "none"] = Field(description="where it was found")
    kind: SessionKind = Field("", description="of a Windows session")
    display: bool
    keyring: KeyringState
    secrets: list[str] = Field(
        description="names of the keyring entries of service Nextcloud, never their values; empty where unseen"
    )


class ConfigFile(Document):
    """A `nextcloud.cfg` as it lies on the disk."""

    path: str
    kind: ConfigKind
    state: ConfigState
    detail: str = ""
    mode: int = 0
    size: int = 0
    mtime: float = 0.0
    sha256: str = Field("", description="of the raw bytes")
    content: str = Field("", description="the raw bytes, base64; values of legacy passwords are masked")
    masked: list[str] = Field(default_factory=list, description="keys whose values were masked in content")


class JournalFacts(Document):
    """Counts from a copy of a sync journal and its WAL."""

    name: str
    state: JournalState
    detail: str = ""
    inode: int = 0
    size: int = 0
    files: int = 0
    directories: int = 0
    symlinks: int = 0
    virtual: int = Field(0, description="rows of type 4, 5 and 6: dehydrated, or about to change")
    checksums: int = Field(0, description="file rows with a content checksum")
    uploads: int = Field(0, description="uploads begun and not finished")
    downloads: int = 0
    blacklist: int = 0
    conflicts: int = 0
    encrypted: int = Field(0, description="rows that belong to an end-to-end encrypted folder")
    instance_ids: list[str] = Field(
        default_factory=list, description="server instance ids that end the file ids; at most 5"
    )


class LocalChanges(Document):
    """The disk against the journal: what the client has still to upload."""

    new: int
    changed: int
    deleted: int


class FolderFacts(Document):
    """One sync connection of an account."""

    account: str = Field(description="the account's number in the file")
    group: FolderGroup
    alias: str
    local_path: str
    target_path: str
    virtual_files: str = Field(description="off, suffix, xattr, wincfapi")
    paused: bool
    state: FolderState
    detail: str = ""
    files: int = Field(0, description="placeholders included")
    bytes: int = 0
    placeholders: int = 0
    conflict_files: int = 0
    bad_mtimes: int = Field(0, description="files whose mtime is <= 0 or >= 2^32: the client refuses them")
    free_bytes: int = 0
    journal_named: bool = Field(description="whether the configuration names journalPath")
    journal: JournalFacts
    local_changes: LocalChanges | None = None


class OrphanFolder(Document):
    """A folder in the home that looks like a sync folder and belongs to no account."""

    path: str
    files: int
    bytes: int
    journals: list[str] = Field(description='empty where "Remove account" deleted the journal')
    twins: int = Field(0, description="files that an account's folder has too, with the same path and size")
    twin_bytes: int = 0


class Transaction(Document):
    """A move that this host remembers for the profile."""

    run: str
    state: Literal["open", "done", "undone"]
    step: str = Field(description="the last step that left a mark")
    started: float
    old_sha256: str
    new_sha256: str


class ProfileFacts(Document):
    """One OS user's client configuration. Several files of one user (flatpak, --confdir) are several profiles."""

    user: str
    uid: int = Field(0, description="0 on Windows")
    sid: str = Field("", description="security identifier on Windows")
    home: str
    config: ConfigFile
    client: RunningClient | None
    session: Session
    autostart: Literal["on", "off", "unknown"] = Field(
        "unknown", description="whether the desktop starts the client when the user logs on"
    )
    folders: list[FolderFacts]
    orphans: list[OrphanFolder] = Field(default_factory=list)
    transactions: list[Transaction] = Field(default_factory=list)


class Problem(Document):
    """Something the module could not see, with its reason."""

    code: str
    message: str


class HostFacts(Document):
    """All of one host."""

    schema_: Literal["smartfleet.facts/1"] = Field("smartfleet.facts/1", alias="schema")
    system: System
    clients: list[InstalledClient]
    profiles: list[ProfileFacts]
    problems: list[Problem] = Field(default_factory=list)
