"""What own checks are asked about: a host, a profile or a folder as plain data; docs/reports.md describes each field.

Times are seconds since the epoch, ages are whole days. Text is as the host gave it.
"""

from __future__ import annotations

from typing import TypedDict, get_args, get_type_hints, is_typeddict


class AskedClient(TypedDict):
    """An installation of the client."""

    kind: str
    name: str
    version: str
    bits: int | None
    scope: str
    path: str


class AskedVerdict(TypedDict):
    """The newest verification of a folder."""

    verdict: str
    reason: str
    level: str


class AskedFolder(TypedDict):
    """`first_path`: where the first audit saw it; `pending`: changes that wait to be uploaded, since `pending_days`."""

    alias: str
    path: str
    first_path: str
    target: str
    virtual_files: str
    paused: bool
    state: str
    journal: str
    files: int
    bytes: int
    placeholders: int
    conflict_files: int
    bad_times: int
    pending: int
    pending_days: int
    verification: AskedVerdict | None


class AskedAccount(TypedDict):
    """`server`: old, new or foreign."""

    number: str
    server: str
    url: str
    login: str
    user: str
    display_name: str
    encrypted: bool


class AskedConfig(TypedDict):
    """`masked`: keys whose values are passwords in the clear."""

    path: str
    kind: str
    state: str
    masked: list[str]


class AskedSession(TypedDict):
    """`secrets`: names of the keyring's entries, null where they cannot be seen."""

    active: bool
    display: bool
    kind: str
    keyring: str
    secrets: list[str] | None


class AskedCopy(TypedDict):
    """A second copy, and the folder of before."""

    path: str
    other: str
    bytes: int


class AskedProfile(TypedDict):
    """`folders`: those of accounts on the fleet's servers; `outcome`: of the newest move, "" without one."""

    user: str
    home: str
    state: str
    client_version: str
    client_installed: str
    client_running: bool
    autostart: str
    open_run: str
    outcome: str
    outcome_code: str
    findings: list[str]
    config: AskedConfig
    session: AskedSession
    accounts: list[AskedAccount]
    folders: list[AskedFolder]
    second_copies: list[AskedCopy]
    orphans: list[str]


class AskedHost(TypedDict):
    """`name`: in the inventory; `unchecked`: it switches off that the host proves who it is."""

    name: str
    hostname: str
    os: str
    distribution: str
    admin: bool
    free_bytes: int
    audited: float
    audit_days: int
    seen_days: int
    unchecked: bool
    clients: list[AskedClient]
    problems: list[str]


class HostSubject(AskedHost):
    """What a check of scope host is asked about."""

    profiles: list[AskedProfile]


class ProfileSubject(AskedProfile):
    """What a check of scope profile is asked about."""

    host: AskedHost


class FolderSubject(AskedFolder):
    """What a check of scope folder is asked about; `profile` names all its folders, this one too."""

    account: AskedAccount
    profile: AskedProfile
    host: AskedHost


Subject = HostSubject | ProfileSubject | FolderSubject
SUBJECTS: dict[str, type] = {"host": HostSubject, "profile": ProfileSubject, "folder": FolderSubject}


def fields_of(shape: type) -> set[str]:
    """The names of all fields of a subject, at any depth."""
    names: set[str] = set()
    for name, hint in get_type_hints(shape).items():
        names.add(name)
        for inner in (hint, *get_args(hint)):
            names |= fields_of(inner) if is_typeddict(inner) else set()
    return names
