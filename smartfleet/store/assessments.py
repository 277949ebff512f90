"""What the newest audit of a host means, kept with its facts, so that they need not be read anew for each report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import and_, delete, func, insert, select
from sqlalchemy.orm import Session

from smartfleet.model.assessment import HostAssessment
from smartfleet.model.facts import HostFacts
from smartfleet.store.database import Part
from smartfleet.store.documents import batches, read_document
from smartfleet.store.tables import AssessmentRow, FactsRow


class Audited(NamedTuple):
    """A host's newest facts. `assessment`: None where none of just these facts is kept."""

    host: str
    facts_id: int
    taken: float
    facts: HostFacts
    assessment: HostAssessment | None


class Assessments(Part):
    """`ruler`: a digest of all that facts are assessed by; what was assessed by another is as if it were not kept."""

    def each_audited(self, hosts: Sequence[str], ruler: str) -> Iterator[Audited]:
        """Those of `hosts` that were ever audited, in batches of 500, each a transaction of its own."""
        of_these = and_(
            AssessmentRow.host == FactsRow.host, AssessmentRow.facts_id == FactsRow.id, AssessmentRow.ruler == ruler
        )
        columns = (FactsRow.host, FactsRow.id, FactsRow.taken, FactsRow.document, AssessmentRow.document)
        for part in batches(hosts):
            newest = select(func.max(FactsRow.id)).where(FactsRow.host.in_(part)).group_by(FactsRow.host)
            wanted = select(*columns).join(AssessmentRow, of_these, isouter=True).where(FactsRow.id.in_(newest))
            for host, facts_id, taken, facts, kept in self._database.rows(wanted.order_by(FactsRow.id)):
                assessment = None if kept is None else read_document(HostAssessment, kept)
                yield Audited(host, facts_id, taken, read_document(HostFacts, facts), assessment)

    def set_assessments(self, ruler: str, assessed: Sequence[tuple[int, HostAssessment]]) -> None:
        """In place of those that these hosts had; each with the id of its facts. At most 500, in one transaction."""
        rows = [
            {
                "host": assessment.host,
                "facts_id": facts_id,
                "ruler": ruler,
                "document": assessment.model_dump_json(exclude_defaults=True),
            }
            for facts_id, assessment in assessed
        ]
        if not rows:
            return

        def work(session: Session) -> None:
            self._database.alone(session, AssessmentRow)
            session.execute(delete(AssessmentRow).where(AssessmentRow.host.in_([row["host"] for row in rows])))
            session.execute(insert(AssessmentRow), rows)

        self._database.write(work)
