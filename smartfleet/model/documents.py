"""What commands print with ``--format json``, where no other document says it all. Schemas lie in docs/schemas."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.assessment import AuditDocument, HostAssessment, Unreached
from smartfleet.model.base import Document
from smartfleet.model.campaign import HostProgress, Lock, RunState
from smartfleet.model.notices import Shown
from smartfleet.model.plan import Plan, VerifyLevel
from smartfleet.model.results import Outcome, Verdict


class ApplyDocument(Document):
    """One outcome for every profile of the plan."""

    schema_: Literal["smartfleet.apply/1"] = Field("smartfleet.apply/1", alias="schema")
    run: str
    plan_hash: str
    check: bool = Field(description="hosts only told what they would do")
    interrupted: bool
    state: RunState = Field(description="how the run ended")
    outcomes: list[Outcome]


class VerifyDocument(Document):
    """One verdict for every folder."""

    schema_: Literal["smartfleet.verify/1"] = Field("smartfleet.verify/1", alias="schema")
    run: str
    level: VerifyLevel
    interrupted: bool
    verdicts: list[Verdict]
    unreached: list[Unreached]


class RollbackDocument(Document):
    """One outcome for every profile that was taken back, or could not be."""

    schema_: Literal["smartfleet.rollback/1"] = Field("smartfleet.rollback/1", alias="schema")
    run: str
    interrupted: bool
    outcomes: list[Outcome]


class FixDocument(Document):
    """Everything that `fix` did for one host; a part is null where it did not come to it."""

    schema_: Literal["smartfleet.fix/1"] = Field("smartfleet.fix/1", alias="schema")
    host: str
    audit: AuditDocument
    plan: Plan | None
    apply: ApplyDocument | None
    verify: VerifyDocument | None
    told: list[Shown] = Field(default_factory=list, description="who was told to sign in")
    purged: list[Outcome] = Field(default_factory=list, description="with --purge: what became of set-aside copies")


class ShowDocument(Document):
    """All that is known of one host."""

    schema_: Literal["smartfleet.show/1"] = Field("smartfleet.show/1", alias="schema")
    host: str
    assessment: HostAssessment | None
    outcomes: list[Outcome]
    verdicts: list[Verdict]
    lock: Lock | None = Field(None, description="the run that works on it now")
    progress: HostProgress | None = Field(None, description="how far it is in the last run of apply that named it")
