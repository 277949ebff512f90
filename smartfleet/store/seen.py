"""What was seen on hosts and what became of them: facts, outcomes, verdicts. Always the newest is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from sqlalchemy import Column, Connection, func, insert, select

from smartfleet.model.facts import HostFacts
from smartfleet.model.results import Outcome, Verdict
from smartfleet.store.database import Part
from smartfleet.store.documents import batches, read_document
from smartfleet.store.tables import FACTS, OUTCOMES, VERDICTS, FactsTable, OutcomeTable, VerdictTable

Row = dict[str, object]
Kept = FactsTable | OutcomeTable | VerdictTable
OUTCOME_KEY = (OUTCOMES.host, OUTCOMES.user, OUTCOMES.config_path)
"""What the newest outcome is asked for: a profile."""
VERDICT_KEY = (VERDICTS.host, VERDICTS.user, VERDICTS.config_path, VERDICTS.account, VERDICTS.alias)
"""What the newest verdict is asked for: a folder."""


class Seen(Part):
    """Newest means written last, so a clock that jumped back changes nothing.

    Writes and reads go in batches of 500 hosts or rows, each a transaction of its own.
    """

    def add_facts(self, run: str, facts: Mapping[str, tuple[float, HostFacts]]) -> None:
        self._add(
            FACTS,
            (
                {"run_id": run, "host": host, "taken": taken, "document": document.model_dump_json()}
                for host, (taken, document) in facts.items()
            ),
        )

    def add_outcomes(self, run: str, outcomes: Iterable[Outcome]) -> None:
        self._add(OUTCOMES, (_outcome_row(run, outcome) for outcome in outcomes))

    def add_verdicts(self, run: str, verdicts: Iterable[Verdict]) -> None:
        self._add(VERDICTS, (_verdict_row(run, verdict) for verdict in verdicts))

    def each_facts(self, hosts: Sequence[str] | None = None) -> Iterator[tuple[str, float, HostFacts]]:
        """Host, time and newest facts, one after the other: a fleet's facts never lie in the memory together."""
        for part in self._parts(FACTS, hosts, ""):
            newest = select(func.max(FACTS.id)).where(FACTS.host.in_(part)).group_by(FACTS.host)
            wanted = select(FACTS.host, FACTS.taken, FACTS.document).where(FACTS.id.in_(newest)).order_by(FACTS.id)
            for host, taken, text in self._database.rows(wanted):
                yield host, taken, read_document(HostFacts, text)

    def facts(self, hosts: Sequence[str] | None = None) -> dict[str, tuple[float, HostFacts]]:
        """The newest facts of each host."""
        return {host: (taken, facts) for host, taken, facts in self.each_facts(hosts)}

    def each_first_facts(self, hosts: Sequence[str]) -> Iterator[tuple[str, float, HostFacts]]:
        """The oldest facts of those of `hosts` that have newer ones too."""
        for part in batches(hosts):
            oldest = select(func.min(FACTS.id)).where(FACTS.host.in_(part)).group_by(FACTS.host)
            several = oldest.having(func.min(FACTS.id) < func.max(FACTS.id))
            wanted = select(FACTS.host, FACTS.taken, FACTS.document).where(FACTS.id.in_(several))
            for host, taken, text in self._database.rows(wanted):
                yield host, taken, read_document(HostFacts, text)

    def audited(self) -> list[str]:
        """The hosts that facts are known of, by name."""
        wanted = select(FACTS.host).group_by(FACTS.host).order_by(FACTS.host)
        return [row.host for row in self._database.rows(wanted)]

    def each_outcome(self, hosts: Sequence[str] | None = None, run: str = "") -> Iterator[Outcome]:
        """The newest outcome of each profile, or those of one run."""
        return (read_document(Outcome, text) for text in self._newest(OUTCOMES, OUTCOME_KEY, hosts, run))

    def outcomes(self, hosts: Sequence[str] | None = None, run: str = "") -> list[Outcome]:
        return list(self.each_outcome(hosts, run))

    def each_verdict(self, hosts: Sequence[str] | None = None, run: str = "") -> Iterator[Verdict]:
        """The newest verdict of each folder, or those of one run."""
        return (read_document(Verdict, text) for text in self._newest(VERDICTS, VERDICT_KEY, hosts, run))

    def verdicts(self, hosts: Sequence[str] | None = None, run: str = "") -> list[Verdict]:
        return list(self.each_verdict(hosts, run))

    def _add(self, table: Kept, rows: Iterable[Row]) -> None:
        for part in batches(rows):
            self._database.write(partial(_insert, table, part))

    def _newest(
        self,
        table: OutcomeTable | VerdictTable,
        key: tuple[Column[str], ...],
        hosts: Sequence[str] | None,
        run: str,
    ) -> Iterator[str]:
        for part in self._parts(table, hosts, run):
            newest = select(func.max(table.id)).where(table.host.in_(part)).group_by(*key)
            if run:
                newest = newest.where(table.run_id == run)
            wanted = select(table.document).where(table.id.in_(newest)).order_by(table.id)
            yield from (row.document for row in self._database.rows(wanted))

    def _parts(self, table: Kept, hosts: Sequence[str] | None, run: str) -> Iterator[list[str]]:
        """`hosts`, or all that the table knows, at most 500 at a time."""
        if hosts is not None:
            yield from batches(hosts)
            return
        yield from self._hosts_in(table.host, *([table.run_id == run] if run else []))


def _insert(table: Kept, rows: Sequence[Row], connection: Connection) -> None:
    connection.execute(insert(table.table), rows)


def _outcome_row(run: str, outcome: Outcome) -> Row:
    return {
        "run_id": run,
        "host": outcome.host,
        "user": outcome.user,
        "config_path": outcome.config_path,
        "outcome": outcome.outcome,
        "code": outcome.code,
        "document": outcome.model_dump_json(),
    }


def _verdict_row(run: str, verdict: Verdict) -> Row:
    return {
        "run_id": run,
        "host": verdict.host,
        "user": verdict.user,
        "config_path": verdict.config_path,
        "account": verdict.account,
        "alias": verdict.alias,
        "verdict": verdict.verdict,
        "document": verdict.model_dump_json(),
    }
