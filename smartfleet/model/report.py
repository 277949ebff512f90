"""The report: one data model, many writers. Schema ``smartfleet.report/1``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.assessment import Finding, ProfileState, SecondCopy
from smartfleet.model.base import Document
from smartfleet.model.results import Difference, OutcomeName, Proof, Step, VerdictName


class FolderRow(Document):
    """One sync folder with its latest verdict."""

    local_path: str
    files: int
    bytes: int
    placeholders: int
    virtual_files: str
    verdict: VerdictName
    reason: str
    level: str = Field("", description='the level of the verification; "" if there was none')
    synced: int = 0
    user_changes: int = 0
    lost: int = 0
    conflicts: int = 0
    examples: list[Difference] = Field(default_factory=list)


class ProfileRow(Document):
    """One profile: where it stands, and the next thing to do."""

    host: str
    os: str
    user: str
    config_path: str
    client_version: str
    state: ProfileState = Field(description="where its accounts are, as the audit judged it")
    outcome: OutcomeName
    code: str
    message: str
    do: str = Field(description="the next command or deed; empty when nothing is left to do")
    audited: float = Field(description="seconds since the epoch")
    folders: list[FolderRow]
    steps: list[Step]
    proofs: list[Proof]
    second_copies: list[SecondCopy]
    findings: list[Finding]


class HostRow(Document):
    """A host without a profile in this report."""

    host: str
    reason: Literal["never-seen", "offline", "no-profile"]
    message: str = ""


class Headline(Document):
    """The figures on top."""

    hosts: int
    hosts_seen: int
    profiles: int
    on_old_server: int = Field(description="profiles with an account that still uses an old server")
    outcomes: dict[OutcomeName, int]
    folders: int
    verdicts: dict[VerdictName, int]
    bytes_in_folders: int


class ReportData(Document):
    """All that any writer of a report needs."""

    schema_: Literal["smartfleet.report/1"] = Field("smartfleet.report/1", alias="schema")
    created: float
    fleet: str
    old_servers: list[str]
    new_server: str
    headline: Headline
    profiles: list[ProfileRow]
    other_hosts: list[HostRow]
    warnings: list[Finding] = Field(description="about the fleet itself, for example host key checks switched off")
