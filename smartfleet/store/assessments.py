"""What the newest audit of a host means, kept with its facts, so that they need not be read anew for each report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, func, insert, select

from smartfleet.model.assessment import HostAssessment
from smartfleet.model.facts import HostFacts
from smartfleet.store.database import Part
from smartfleet.store.documents import batches, read_document
from smartfleet.store.tables import ASSESSMENTS, FACTS


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
        of_these = and_(ASSESSMENTS.host == FACTS.host, ASSESSMENTS.facts_id == FACTS.id, ASSESSMENTS.ruler == ruler)
        columns = (FACTS.host, FACTS.id, FACTS.taken, FACTS.document, ASSESSMENTS.document)
        for part in batches(hosts):
            newest = select(func.max(FACTS.id)).where(FACTS.host.in_(part)).group_by(FACTS.host)
            wanted = select(*columns).join(ASSESSMENTS.table, of_these, isouter=True).where(FACTS.id.in_(newest))
            for host, facts_id, taken, facts, kept in self._database.rows(wanted.order_by(FACTS.id)):
                assessment = None if kept is None else read_document(HostAssessment, kept)
                yield Audited(host, facts_id, taken, read_document(HostFacts, facts), assessment)

    def facts_of(self, run: str, hosts: Sequence[str]) -> dict[str, int]:
        """The ids of the facts that `run` has added of these hosts, at most 500."""
        newest = select(FACTS.host, func.max(FACTS.id)).where(FACTS.run_id == run, FACTS.host.in_(hosts))
        return dict(self._database.rows(newest.group_by(FACTS.host)))

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

        def work(connection: Connection) -> None:
            self._database.alone(connection, ASSESSMENTS)
            connection.execute(delete(ASSESSMENTS.table).where(ASSESSMENTS.host.in_([row["host"] for row in rows])))
            connection.execute(insert(ASSESSMENTS.table), rows)

        self._database.write(work)
