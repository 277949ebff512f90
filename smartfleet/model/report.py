"""The report: one data model, many writers. Schema ``smartfleet.report/1``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.assessment import Finding, ProfileState, SecondCopy
from smartfleet.model.base import Document
from smartfleet.model.diff import DiffDocument
from smartfleet.model.facts import Bits, SessionKind
from smartfleet.model.policy import CheckCount, CheckResult
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
    results: list[CheckResult] = Field(default_factory=list, description="answers of the policy that are no pass")
    passed: list[str] = Field(default_factory=list, description="ids of the checks that passed")


class ProfileRow(Document):
    """One profile: where it stands, and the next thing to do."""

    host: str
    os: str
    user: str
    config_path: str
    distribution: str = Field("", description='of the host, for example "debian 12" or "windows 10.0.19045"')
    client_version: str = Field(description="as the configuration names it")
    client_installed: str = Field("", description="version of the installation that this profile uses")
    client_bits: Bits | None = None
    session: bool = Field(default=False, description="whether the user was logged on when the host was seen")
    session_kind: SessionKind = Field("", description="of a Windows session")
    restart_pending: bool = Field(default=False, description="the last move's installation asked for a restart")
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
    results: list[CheckResult] = Field(default_factory=list, description="answers of the policy that are no pass")
    passed: list[str] = Field(default_factory=list, description="ids of the checks that passed")


class HostRow(Document):
    """A host of this report, with profiles or without."""

    host: str
    reason: Literal["", "never-seen", "offline", "failed", "no-profile"] = Field(
        "", description='why it has no profile; "" if it has'
    )
    message: str = ""
    os: str = ""
    distribution: str = ""
    site: str = Field("", description="the inventory variable smartfleet_site")
    wave: str = Field("", description="of the newest run of apply that named it: canary, wave 1, wave 2 ...")
    clients: list[str] = Field(default_factory=list, description="versions of the installed clients")
    audited: float | None = Field(None, description="seconds since the epoch; null if it never was")
    last_seen: float | None = Field(None, description="when it last answered anything")
    compliant: bool = Field(default=False, description="no check of severity error fails or is unknown, here or below")
    results: list[CheckResult] = Field(default_factory=list, description="answers of the policy that are no pass")
    passed: list[str] = Field(default_factory=list, description="ids of the checks that passed")


class Point(Document):
    """Where the fleet stood after a run."""

    run: str
    verb: str
    at: float = Field(description="when it ended, seconds since the epoch")
    hosts: int = Field(description="that had been judged by then")
    compliant: int = Field(description="of these hosts")
    profiles: int
    on_new_server: int = Field(description="profiles whose accounts are all on the new server")
    on_old_server: int = Field(description="profiles with an account on an old server")


class Share(Document):
    """A part of the fleet. A host with two versions of the client is in both of these parts."""

    by: Literal["wave", "site", "os", "client"]
    name: str = Field(description='"" for hosts of which it is not known')
    hosts: int
    compliant: int
    profiles: int = Field(description="of these hosts; by client: those that use it")
    outcomes: dict[OutcomeName, int] = Field(description="of these profiles")


class Headline(Document):
    """The figures on top."""

    hosts: int
    hosts_seen: int
    hosts_compliant: int = 0
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
    hosts: list[HostRow] = Field(description="all that the report is about, seen or not, by name")
    checks: list[CheckCount] = Field(default_factory=list, description="every check of the policy, in its order")
    history: list[Point] = Field(
        default_factory=list, description="the newest runs that changed something, oldest first"
    )
    shares: list[Share] = Field(default_factory=list)
    since: DiffDocument | None = Field(None, description="what changed, where that was asked for")
    redacted: bool = Field(default=False, description="names of users and files are pseudonyms")
    warnings: list[Finding] = Field(description="about the fleet itself, for example host key checks switched off")
