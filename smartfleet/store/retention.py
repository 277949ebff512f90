"""What nobody needs any more goes: facts are thinned, then old runs go with what they left. The trail stays whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Delete,
    Integer,
    Select,
    and_,
    cast,
    delete,
    func,
    not_,
    or_,
    select,
)

from smartfleet.store.database import Part
from smartfleet.store.documents import batches
from smartfleet.store.seen import OUTCOME_KEY, VERDICT_KEY, Kept
from smartfleet.store.tables import (
    ASSESSMENTS,
    FACTS,
    FOLDER_PAST,
    GONE,
    HOST_LOCKS,
    JUDGED_RUNS,
    JUDGEMENTS,
    LOST_HOSTS,
    MARKS,
    OUTCOMES,
    PLAN_HOSTS,
    PLANS,
    PROGRESS,
    RUNS,
    SHARDS,
    STANDINGS,
    VERDICTS,
    WAVES,
    JudgementTable,
    OutcomeTable,
    VerdictTable,
)

EVERY = 72_000.0
"""Seconds between two thinnings: less than a day, so that a daily timer finds it due each time."""
_WEEK = 604_800.0
_MARK = "thinning"
_SEVERAL = 100

# what can still go on: never closed, or to be resumed
_OPEN = or_(RUNS.finished.is_(None), and_(RUNS.verb == "apply", RUNS.state != "done"))
_NAMING_RUNS = (
    FACTS.run_id,
    OUTCOMES.run_id,
    VERDICTS.run_id,
    JUDGEMENTS.run_id,
    JUDGED_RUNS.run_id,
    PROGRESS.run_id,
    WAVES.run_id,
    SHARDS.run_id,
    LOST_HOSTS.run_id,
    HOST_LOCKS.run_id,
)
_SEEN: Mapping[str, Kept] = {
    "facts": FACTS,
    "outcomes": OUTCOMES,
    "verdicts": VERDICTS,
}

_OF_SEEN = (STANDINGS, ASSESSMENTS, FOLDER_PAST)
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

        def work(connection: Connection) -> bool:
            now = self._database.waits.clock()
            # it lies among the marks of transactions; one from the future is from before the clock was put back
            past = or_(MARKS.at < now - EVERY, MARKS.at > now + EVERY)
            connection.execute(delete(MARKS.table).where(MARKS.id == _MARK, past))
            mine = self._database.insert(MARKS).values(id=_MARK, at=now)
            return connection.execute(mine.on_conflict_do_nothing().returning(MARKS.id)).first() is not None

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
        def work(connection: Connection) -> int:
            return [int(connection.execute(one).rowcount) for one in statements][-1]

        return self._database.write(work)

    def _deeds(self, limits: Limits) -> Iterator[_Deed]:
        yield from self._departed(limits.runs)
        yield from self._facts(limits)
        yield from self._judgements(limits.runs)
        old = [row.id for row in self._database.rows(_old_runs(limits.runs))]
        if old:
            yield from self._results("outcomes", OUTCOMES, OUTCOME_KEY, limits.runs)
            yield from self._results("verdicts", VERDICTS, VERDICT_KEY, limits.runs)
            yield from self._progress(limits.runs)
            for runs in batches(old, _SEVERAL):
                yield _Deed("lost hosts", [delete(LOST_HOSTS.table).where(LOST_HOSTS.run_id.in_(runs))])
                yield _Deed("shards", [delete(SHARDS.table).where(SHARDS.run_id.in_(runs))])
                yield _Deed(
                    "waves",
                    [delete(WAVES.table).where(WAVES.run_id.in_(runs), _of_none(WAVES.run_id, PROGRESS.run_id))],
                )
            yield from self._runs(limits.runs)
        yield from self._plans(limits.runs)

    def _departed(self, moment: float) -> Iterator[_Deed]:
        """What was seen of hosts that have long been gone; their judgements go with those of old runs."""
        for hosts in self._hosts_in(JUDGEMENTS.host):
            newest = select(func.max(JUDGEMENTS.id)).where(JUDGEMENTS.host.in_(hosts)).group_by(JUDGEMENTS.host)
            wanted = select(JUDGEMENTS.host).where(JUDGEMENTS.id.in_(newest), _long_gone(moment))
            gone = [row.host for row in self._database.rows(wanted)]
            if gone:
                # before the rows whose ids they name: a database may give an id again
                deeds = [delete(table.table).where(table.host.in_(gone)) for table in _OF_SEEN]
                yield _Deed("hosts that are gone", deeds)
            for what, table in _SEEN.items() if gone else ():
                open_run = table.run_id.in_(select(RUNS.id).where(_OPEN))
                yield from self._by_id(what, table, select(table.id).where(table.host.in_(gone), not_(open_run)))
            if gone:
                closed = PROGRESS.run_id.in_(_old_runs(moment))
                yield _Deed("progress", [delete(PROGRESS.table).where(PROGRESS.host.in_(gone), closed)])

    def _facts(self, limits: Limits) -> Iterator[_Deed]:
        # databases round or cut off here; either way seven days become one number
        week = cast(FACTS.taken / _WEEK, Integer)
        place = func.row_number().over(partition_by=(FACTS.host, week), order_by=FACTS.id.desc())
        first, last = (number(FACTS.id).over(partition_by=FACTS.host) for number in (func.min, func.max))
        columns = (FACTS.id, FACTS.run_id, FACTS.taken, place.label("place"))
        for hosts in self._hosts_in(FACTS.host):
            ranked = select(*columns, first.label("first"), last.label("last")).where(FACTS.host.in_(hosts))
            one = ranked.subquery().c
            extra = or_(one.place > 1, one.taken < limits.weekly)
            kept = or_(one.id == one.first, one.id == one.last, one.run_id.in_(select(RUNS.id).where(_OPEN)))
            yield from self._by_id("facts", FACTS, select(one.id).where(one.taken < limits.facts, extra, not_(kept)))

    def _judgements(self, moment: float) -> Iterator[_Deed]:
        """Those that only old runs ask for. What stood at the end of any run that is left can still be told."""
        wanted = select(JUDGED_RUNS.run_id, JUDGED_RUNS.at, JUDGED_RUNS.newest).order_by(JUDGED_RUNS.newest)
        runs = self._database.rows(wanted)
        old = [row.run_id for row in runs[:-1] if row.at < moment]
        if not old:
            return
        for part in batches(old):
            yield _Deed("judged runs", [delete(JUDGED_RUNS.table).where(JUDGED_RUNS.run_id.in_(part))])
        floor = next(row.newest for row in runs if row.run_id not in set(old))
        for hosts in self._hosts_in(JUDGEMENTS.host):
            known = select(JUDGEMENTS.host, func.max(JUDGEMENTS.id).label("id")).group_by(JUDGEMENTS.host)
            base = known.where(JUDGEMENTS.host.in_(hosts), JUDGEMENTS.id <= floor).subquery()
            # without any row a host is as gone as with one that says so
            replaced = or_(JUDGEMENTS.id < base.c.id, _long_gone(moment))
            before = and_(JUDGEMENTS.host == base.c.host, JUDGEMENTS.id <= base.c.id, replaced)
            yield from self._by_id("judgements", JUDGEMENTS, select(JUDGEMENTS.id).join(base, before))

    def _results(
        self,
        what: str,
        table: OutcomeTable | VerdictTable,
        key: tuple[Column[str], ...],
        moment: float,
    ) -> Iterator[_Deed]:
        """Those of old runs that newer ones replaced."""
        for hosts in self._hosts_in(table.host):
            newest = select(func.max(table.id)).where(table.host.in_(hosts)).group_by(*key)
            old = table.run_id.in_(_old_runs(moment))
            replaced = select(table.id).where(table.host.in_(hosts), old, table.id.not_in(newest))
            yield from self._by_id(what, table, replaced)

    def _progress(self, moment: float) -> Iterator[_Deed]:
        """How far hosts were in old runs that a newer one names again."""
        newest = func.max(RUNS.number).over(partition_by=PROGRESS.host)
        named = select(PROGRESS.run_id, PROGRESS.host, RUNS.number, newest.label("newest"))
        for hosts in self._hosts_in(PROGRESS.host):
            one = named.join(RUNS.table).where(PROGRESS.host.in_(hosts)).subquery().c
            replaced = select(one.run_id, one.host).where(one.number < one.newest, one.run_id.in_(_old_runs(moment)))
            rows = self._database.rows(replaced.order_by(one.run_id))
            for run, of_run in groupby(rows, attrgetter("run_id")):
                gone = [row.host for row in of_run]
                yield _Deed("progress", [delete(PROGRESS.table).where(PROGRESS.run_id == run, PROGRESS.host.in_(gone))])

    def _runs(self, moment: float) -> Iterator[_Deed]:
        """Old runs that nothing is left of, and that no run goes back to."""
        named = [_of_none(RUNS.id, named) for named in _NAMING_RUNS]
        childless = RUNS.id.not_in(select(RUNS.table.alias().c.parent))
        gone = [row.id for row in self._database.rows(_old_runs(moment).where(*named, childless))]
        for runs in batches(gone, _SEVERAL):
            yield _Deed("runs", [delete(RUNS.table).where(RUNS.id.in_(runs))])

    def _plans(self, moment: float) -> Iterator[_Deed]:
        """Old plans that no run names: a plan lies there whole or not at all."""
        unnamed = PLANS.hash.not_in(select(RUNS.plan_hash))
        for row in self._database.rows(select(PLANS.hash).where(PLANS.created < moment, unnamed)):
            hosts = delete(PLAN_HOSTS.table).where(PLAN_HOSTS.plan_hash == row.hash)
            yield _Deed("plans", [hosts, delete(PLANS.table).where(PLANS.hash == row.hash)])

    def _by_id(self, what: str, table: Kept | JudgementTable, gone: Select[int]) -> Iterable[_Deed]:
        ids = [row.id for row in self._database.rows(gone)]
        return [_Deed(what, [delete(table.table).where(table.id.in_(part))]) for part in batches(ids)]


def _old_runs(moment: float) -> Select[str]:
    return select(RUNS.id).where(RUNS.finished < moment, not_(_OPEN))


def _long_gone(moment: float) -> ColumnElement[bool]:
    return and_(JUDGEMENTS.compliant == GONE, JUDGEMENTS.run_id.in_(_old_runs(moment)))


def _of_none(run: Column[str], named: Column[str]) -> ColumnElement[bool]:
    """No row of the other table names that run."""
    return run.not_in(select(named))
