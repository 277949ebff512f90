"""A report as evidence: the files that it rests on, and whether they are as they were written."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.assessment import Finding
from smartfleet.model.base import Document
from smartfleet.model.facts import HostFacts
from smartfleet.model.history import TrailCheck

SignatureKind = Literal["ssh", "minisign"]


class HostEvidence(Document):
    """What the newest audit saw on a host. Schema ``smartfleet.host-evidence/1``."""

    schema_: Literal["smartfleet.host-evidence/1"] = Field("smartfleet.host-evidence/1", alias="schema")
    host: str
    taken: float = Field(description="seconds since the epoch")
    facts: HostFacts


class SignatureCheck(Document):
    """A signature of the list of hashes."""

    file: str
    kind: SignatureKind
    state: Literal["good", "valid", "bad", "unchecked"] = Field(
        description="good: made by the signer who was named; valid: made by the key in `key`, and nobody was named; "
        "unchecked: it needs a key that was not given"
    )
    signer: str = Field("", description="who, as the file of signers names it")
    key: str = Field("", description="fingerprint of the key")


class EvidenceDocument(Document):
    """What a check of evidence found. Schema ``smartfleet.evidence/1``."""

    schema_: Literal["smartfleet.evidence/1"] = Field("smartfleet.evidence/1", alias="schema")
    folder: str
    ok: bool = Field(description="no problem of severity error")
    files: int = Field(description="that the list of hashes names")
    changed: list[str] = Field(description="files that are not as they were written, or are no regular files any more")
    missing: list[str] = Field(description="files of the list that are not there, and files that belong into each list")
    extra: list[str] = Field(description="files that the list does not name")
    trail: TrailCheck | None = Field(description="the chain of the audit trail; null where it is missing")
    signatures: list[SignatureCheck]
    problems: list[Finding]
