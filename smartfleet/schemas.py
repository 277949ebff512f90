"""The JSON Schemas of all documents that commands print or save; ``python -m smartfleet.schemas DIR`` writes them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smartfleet.model.assessment import AuditDocument
from smartfleet.model.base import Document
from smartfleet.model.diff import DiffDocument
from smartfleet.model.doctor import DoctorReport
from smartfleet.model.documents import (
    ApplyDocument,
    FixDocument,
    RollbackDocument,
    ShowDocument,
    VerifyDocument,
)
from smartfleet.model.engines import EnginesDocument
from smartfleet.model.events import EVENT
from smartfleet.model.evidence import EvidenceDocument, HostEvidence
from smartfleet.model.explain import ExplainDocument
from smartfleet.model.facts import HostFacts
from smartfleet.model.history import HistoryDocument
from smartfleet.model.notices import NotifyDocument, UnlockDocument
from smartfleet.model.plan import Plan
from smartfleet.model.queue import QueueDocument, QueuePassDocument
from smartfleet.model.report import ReportData
from smartfleet.model.sending import Message, OutboxDocument
from smartfleet.model.status import StatusDocument

DOCUMENTS: tuple[type[Document], ...] = (
    ApplyDocument,
    AuditDocument,
    DiffDocument,
    DoctorReport,
    EnginesDocument,
    EvidenceDocument,
    ExplainDocument,
    FixDocument,
    HistoryDocument,
    HostEvidence,
    HostFacts,
    Message,
    NotifyDocument,
    OutboxDocument,
    Plan,
    QueueDocument,
    QueuePassDocument,
    ReportData,
    RollbackDocument,
    ShowDocument,
    StatusDocument,
    UnlockDocument,
    VerifyDocument,
)
EVENTS = "smartfleet.event-1.json"


def schemas() -> dict[str, Mapping[str, Any]]:
    """File name to schema, of all documents and of the events of a run."""
    made = {file_name(document): document.model_json_schema(mode="serialization") for document in DOCUMENTS}
    return {**made, EVENTS: EVENT.json_schema(mode="serialization")}


def file_name(document: type[Document]) -> str:
    """``smartfleet.audit/1`` lies in ``smartfleet.audit-1.json``."""
    return str(document.model_fields["schema_"].default).replace("/", "-") + ".json"


def text(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        (folder / name).write_text(text(schema), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
