"""What nobody needs any more goes: facts are thinned, then old runs go with what they left. The trail stays whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Delete, Integer, Select, and_, cast, delete, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from smartfleet.store.database import Part
from smartfleet.store.documents import batches
from smartfleet.store.seen import OUTCOME_KEY, VERDICT_KEY
from smartfleet.store.tables import (
    GONE,
    AssessmentRow,
    FactsRow,
    FolderPastRow,
    JudgedRunRow,
    JudgementRow,
    LockRow,
    LostHostRow,
    OutcomeRow,
    PlanHostRow,
    PlanRow,
    ProgressRow,
    RunRow,
    ShardRow,
    StandingRow,
    VerdictRow,
    WaveRow,
    WriteRow,
)

EVERY = 72_000.0
"""Seconds between two thinnings: less than a day, so that a daily timer finds it due each time."""
_WEEK = 604_800.0
_MARK = "thinning"
_SEVERAL = 100

# what can still go on: never closed, or to be resumed
_OPEN = or_(RunRow.finished.is_(None), and_(RunRow.verb == "apply", RunRow.state != "done"))
_NAMING_RUNS = (
    FactsRow,
    OutcomeRow,
    VerdictRow,
    JudgementRow,
    JudgedRunRow,
    ProgressRow,
    WaveRow,
    ShardRow,
    LostHostRow,
    LockRow,
)
_SEEN: Mapping[str, type[FactsRow | OutcomeRow | VerdictRow]] = {
    "facts": FactsRow,
    "outcomes": OutcomeRow,
    "verdicts": VerdictRow,
}

_OF_SEEN = (StandingRow, AssessmentRow, FolderPastRow)
"""A row of a host each, made of what was seen."""


@dataclass(frozen=True)
class Limits:
    """Moments, in seconds since the epoch."""

    facts: float
    """Of facts that were taken before only one a week and host stays."""
    weekly: float
    """Of facts that were taken before none stays."""
    runs: float
    """Runs that ended before go."""


class _OfRun(Protocol):
    """A table with rows of runs."""

    run_id: Any


class _Deed(NamedTuple):
    """Statements of one transaction, and what the rows are that the last of them deletes."""

    what: str
    statements: Sequence[Delete]


class Retention(Part):
    """Never goes what is newest of its host, profile or folder, a host's first facts, and a run that can go on.

    A host that left the inventory as long ago as old runs ended goes with all that is known of it.
    """

    def claim_thinning(self) -> bool:
        """Whether it is due, and this process's to do: for one of all processes, once a day."""

        def work(session: Session) -> bool:
            now = self._database.waits.clock()
            # it lies among the marks of transactions; one from the future is from before the clock was put back
            past = or_(WriteRow.at < now - EVERY, WriteRow.at > now + EVERY)
            session.execute(delete(WriteRow).where(WriteRow.id == _MARK, past))
            mine = self._database.insert(WriteRow).values(id=_MARK, at=now)
            return session.execute(mine.on_conflict_do_nothing().returning(WriteRow.id)).first() is not None

        return self._database.write(work)

    def thin(self, limits: Limits, seconds: float) -> dict[str, int]:
        """Rows that went, by what they were. Many small transactions; none is begun after `seconds`."""
        steady = self._database.waits.steady
        end, gone = steady() + seconds, Counter[str]()
        for deed in self._deeds(limits):
            gone[deed.what] += self._do(deed.statements)
            if steady() >= end:
                break
        return {what: number for what, number in gone.items() if number}

    def _do(self, statements: Sequence[Delete]) -> int:
        def work(session: Session) -> int:
            return [int(session.execute(one).rowcount) for one in statements][-1]  # type: ignore[attr-defined] # of deletes

        return self._database.write(work)

    def _deeds(self, limits: Limits) -> Iterator[_Deed]:
        yield from self._departed(limits.runs)
        yield from self._facts(limits)
        yield from self._judgements(limits.runs)
        old = [row.id for row in self._database.rows(_old_runs(limits.runs))]
        if old:
            yield from self._results("outcomes", OutcomeRow, OUTCOME_KEY, limits.runs)
            yield from self._results("verdicts", VerdictRow, VERDICT_KEY, limits.runs)
            yield from self._progress(limits.runs)
            for runs in batches(old, _SEVERAL):
                yield _Deed("lost hosts", [delete(LostHostRow).where(LostHostRow.run_id.in_(runs))])
                yield _Deed("shards", [delete(ShardRow).where(ShardRow.run_id.in_(runs))])
                yield _Deed(
                    "waves", [delete(WaveRow).where(WaveRow.run_id.in_(runs), _of_none(WaveRow.run_id, ProgressRow))]
                )
            yield from self._runs(limits.runs)
        yield from self._plans(limits.runs)

    def _departed(self, moment: float) -> Iterator[_Deed]:
        """What was seen of hosts that have long been gone; their judgements go with those of old runs."""
        for hosts in self._hosts_in(JudgementRow):
            newest = select(func.max(JudgementRow.id)).where(JudgementRow.host.in_(hosts)).group_by(JudgementRow.host)
            wanted = select(JudgementRow.host).where(JudgementRow.id.in_(newest), _long_gone(moment))
            gone = [row.host for row in self._database.rows(wanted)]
            if gone:
                # before the rows whose ids they name: a database may give an id again
                deeds = [delete(table).where(table.host.in_(gone)) for table in _OF_SEEN]
                yield _Deed("hosts that are gone", deeds)
            for what, table in _SEEN.items() if gone else ():
                open_run = table.run_id.in_(select(RunRow.id).where(_OPEN))
                yield from self._by_id(what, table, select(table.id).where(table.host.in_(gone), not_(open_run)))
            if gone:
                closed = ProgressRow.run_id.in_(_old_runs(moment))
                yield _Deed("progress", [delete(ProgressRow).where(ProgressRow.host.in_(gone), closed)])

    def _facts(self, limits: Limits) -> Iterator[_Deed]:
        # databases round or cut off here; either way seven days become one number
        week = cast(FactsRow.taken / _WEEK, Integer)
        place = func.row_number().over(partition_by=(FactsRow.host, week), order_by=FactsRow.id.desc())
        first, last = (number(FactsRow.id).over(partition_by=FactsRow.host) for number in (func.min, func.max))
        columns = (FactsRow.id, FactsRow.run_id, FactsRow.taken, place.label("place"))
        for hosts in self._hosts_in(FactsRow):
            ranked = select(*columns, first.label("first"), last.label("last")).where(FactsRow.host.in_(hosts))
            one = ranked.subquery().c
            extra = or_(one.place > 1, one.taken < limits.weekly)
            kept = or_(one.id == one.first, one.id == one.last, one.run_id.in_(select(RunRow.id).where(_OPEN)))
            yield from self._by_id("facts", FactsRow, select(one.id).where(one.taken < limits.facts, extra, not_(kept)))

    def _judgements(self, moment: float) -> Iterator[_Deed]:
        """Those that only old runs ask for. What stood at the end of any run that is left can still be told."""
        wanted = select(JudgedRunRow.run_id, JudgedRunRow.at, JudgedRunRow.newest).order_by(JudgedRunRow.newest)
        runs = self._database.rows(wanted)
        old = [row.run_id for row in runs[:-1] if row.at < moment]
        if not old:
            return
        for part in batches(old):
            yield _Deed("judged runs", [delete(JudgedRunRow).where(JudgedRunRow.run_id.in_(part))])
        floor = next(row.newest for row in runs if row.run_id not in set(old))
        for hosts in self._hosts_in(JudgementRow):
            known = select(JudgementRow.host, func.max(JudgementRow.id).label("id")).group_by(JudgementRow.host)
            base = known.where(JudgementRow.host.in_(hosts), JudgementRow.id <= floor).subquery()
            # without any row a host is as gone as with one that says so
            replaced = or_(JudgementRow.id < base.c.id, _long_gone(moment))
            before = and_(JudgementRow.host == base.c.host, JudgementRow.id <= base.c.id, replaced)
            yield from self._by_id("judgements", JudgementRow, select(JudgementRow.id).join(base, before))

    def _results(
        self,
        what: str,
        table: type[OutcomeRow | VerdictRow],
        key: tuple[InstrumentedAttribute[str], ...],
        moment: float,
    ) -> Iterator[_Deed]:
        """Those of old runs that newer ones replaced."""
        for hosts in self._hosts_in(table):
            newest = select(func.max(table.id)).where(table.host.in_(hosts)).group_by(*key)
            old = table.run_id.in_(_old_runs(moment))
            replaced = select(table.id).where(table.host.in_(hosts), old, table.id.not_in(newest))
            yield from self._by_id(what, table, replaced)

    def _progress(self, moment: float) -> Iterator[_Deed]:
        """How far hosts were in old runs that a newer one names again."""
        newest = func.max(RunRow.number).over(partition_by=ProgressRow.host)
        named = select(ProgressRow.run_id, ProgressRow.host, RunRow.number, newest.label("newest"))
        for hosts in self._hosts_in(ProgressRow):
            one = named.join(RunRow).where(ProgressRow.host.in_(hosts)).subquery().c
            replaced = select(one.run_id, one.host).where(one.number < one.newest, one.run_id.in_(_old_runs(moment)))
            rows = self._database.rows(replaced.order_by(one.run_id))
            for run, of_run in groupby(rows, attrgetter("run_id")):
                gone = [row.host for row in of_run]
                yield _Deed(
                    "progress", [delete(ProgressRow).where(ProgressRow.run_id == run, ProgressRow.host.in_(gone))]
                )

    def _runs(self, moment: float) -> Iterator[_Deed]:
        """Old runs that nothing is left of, and that no run goes back to."""
        named = [_of_none(RunRow.id, table) for table in _NAMING_RUNS]
        child = aliased(RunRow)
        childless = RunRow.id.not_in(select(child.parent))
        gone = [row.id for row in self._database.rows(_old_runs(moment).where(*named, childless))]
        for runs in batches(gone, _SEVERAL):
            yield _Deed("runs", [delete(RunRow).where(RunRow.id.in_(runs))])

    def _plans(self, moment: float) -> Iterator[_Deed]:
        """Old plans that no run names: a plan lies there whole or not at all."""
        unnamed = PlanRow.hash.not_in(select(RunRow.plan_hash))
        for row in self._database.rows(select(PlanRow.hash).where(PlanRow.created < moment, unnamed)):
            hosts = delete(PlanHostRow).where(PlanHostRow.plan_hash == row.hash)
            yield _Deed("plans", [hosts, delete(PlanRow).where(PlanRow.hash == row.hash)])

    def _by_id(
        self, what: str, table: type[FactsRow | OutcomeRow | VerdictRow | JudgementRow], gone: Select[int]
    ) -> Iterable[_Deed]:
        ids = [row.id for row in self._database.rows(gone)]
        return [_Deed(what, [delete(table).where(table.id.in_(part))]) for part in batches(ids)]


def _old_runs(moment: float) -> Select[str]:
    return select(RunRow.id).where(RunRow.finished < moment, not_(_OPEN))


def _long_gone(moment: float) -> ColumnElement[bool]:
    return and_(JudgementRow.compliant == GONE, JudgementRow.run_id.in_(_old_runs(moment)))


def _of_none(run: InstrumentedAttribute[str], table: type[_OfRun]) -> ColumnElement[bool]:
    """No row of the table is of that run."""
    return run.not_in(select(table.run_id))
