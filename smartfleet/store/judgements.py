"""What the policy said of hosts over time. A host has a row for each time that it became another."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, Select, func, insert, select

from smartfleet.model.diff import Moment
from smartfleet.model.judged import JudgedHost
from smartfleet.model.report import Point
from smartfleet.store.database import Part
from smartfleet.store.documents import batches, read_document
from smartfleet.store.tables import GONE, JUDGED_RUNS, JUDGEMENTS, RUNS

_COUNTED = (
    JUDGEMENTS.compliant,
    JUDGEMENTS.profiles,
    JUDGEMENTS.on_new_server,
    JUDGEMENTS.on_old_server,
)


_Counts = tuple[int, int, int, int, int]
"""Hosts, those compliant, profiles, those on the new server, those on an old one."""
_NOTHING: _Counts = (0, 0, 0, 0, 0)


class _JudgedRun(NamedTuple):
    run: str
    verb: str
    at: float
    newest: int


class Judgements(Part):
    """Earlier and later mean the order in which runs were judged, whatever the clock said."""

    def add_judgements(self, run: str, rows: Iterable[JudgedHost]) -> None:
        """Keeps those that say something else than their host's newest; in batches of 500 hosts.

        At the end the run is marked as judged, so that the fleet can be asked for as it was then.
        """
        for part in batches(rows):
            self._database.write(partial(_add_news, [_row(run, judged) for judged in part]))
        self._database.write(lambda connection: self._mark(connection, run))

    def judged(self, hosts: Sequence[str] | None = None, run: str = "") -> dict[str, JudgedHost]:
        """By host, as it was when `run` had been judged, or now; without those that were gone.

        Nothing for a run at whose end nobody was judged.
        """
        upto = self._upto(run) if run else None
        if run and upto is None:
            return {}
        found = {}
        for part in [None] if hosts is None else batches(hosts):
            for row in self._database.rows(_newest(part, upto)):
                found[row.host] = read_document(JudgedHost, row.document)
        return found

    def history(self, limit: int, hosts: Sequence[str] | None = None) -> list[Point]:
        """The newest `limit` runs that changed what is known of `hosts` (of all without them), oldest first."""
        runs = self._judged_runs()
        ends = [run.newest for run in runs]
        # one more for rows of a run that is judged just now, or whose judging broke off
        steps: list[_Counts | None] = [None] * (len(runs) + 1)
        for number, then, now in self._rows_in_time(hosts):
            place = bisect_left(ends, number)
            steps[place] = _plus(_plus(steps[place] or _NOTHING, now), then, -1)
        points, sums = [], _NOTHING
        for run, step in zip(runs, steps, strict=False):
            if step:
                sums = _plus(sums, step)
                points.append(_point(run, sums))
        return points[-limit:]

    def moment_of(self, run: str) -> Moment | None:
        """When `run` had been judged; None if it never was."""
        return next((_moment(one) for one in self._judged_runs() if one.run == run), None)

    def moment_at(self, at: float) -> Moment | None:
        """The newest run that had been judged by then; None if there was none yet."""
        return next((_moment(one) for one in reversed(self._judged_runs()) if one.at <= at), None)

    def first_moment(self) -> Moment | None:
        """The oldest run that is still known to have been judged."""
        return next((_moment(one) for one in self._judged_runs()), None)

    def is_before(self, run: str, other: str) -> bool:
        """Whether the first of two runs that were judged was judged before the second."""
        runs = [one.run for one in self._judged_runs()]
        return runs.index(run) < runs.index(other)

    def _mark(self, connection: Connection, run: str) -> None:
        newest = connection.scalar(select(func.max(JUDGEMENTS.id))) or 0
        marked = {"at": self._database.waits.clock(), "newest": newest}
        new = self._database.insert(JUDGED_RUNS).values(run_id=run, **marked)
        connection.execute(new.on_conflict_do_update(index_elements=["run_id"], set_=marked))

    def _upto(self, run: str) -> int | None:
        wanted = select(JUDGED_RUNS.newest).where(JUDGED_RUNS.run_id == run)
        return self._database.read(lambda connection: connection.scalar(wanted))

    def _judged_runs(self) -> list[_JudgedRun]:
        """Oldest first. A run that was resumed stands where it was judged last."""
        wanted = (
            select(RUNS.id, RUNS.verb, JUDGED_RUNS.at, JUDGED_RUNS.newest)
            .join(RUNS.table, RUNS.id == JUDGED_RUNS.run_id)
            .order_by(JUDGED_RUNS.newest, JUDGED_RUNS.at, RUNS.number)
        )
        return [_JudgedRun(*row) for row in self._database.rows(wanted)]

    def _rows_in_time(self, hosts: Sequence[str] | None) -> Iterator[tuple[int, _Counts, _Counts]]:
        """Each row's number, and what is counted of its host before it and from it on."""
        wanted = select(JUDGEMENTS.host, JUDGEMENTS.id, *_COUNTED).order_by(JUDGEMENTS.host, JUDGEMENTS.id)
        for part in self._hosts_in(JUDGEMENTS.host) if hosts is None else batches(hosts):
            last, then = "", _NOTHING
            for host, number, compliant, profiles, on_new, on_old in self._database.rows(
                wanted.where(JUDGEMENTS.host.in_(part))
            ):
                now = _NOTHING if compliant == GONE else (1, compliant, profiles, on_new, on_old)
                yield number, then if host == last else _NOTHING, now
                last, then = host, now


def _newest(hosts: Sequence[str] | None, upto: int | None) -> Select[str, str]:
    newest = select(func.max(JUDGEMENTS.id)).group_by(JUDGEMENTS.host)
    if hosts is not None:
        newest = newest.where(JUDGEMENTS.host.in_(hosts))
    if upto is not None:
        newest = newest.where(JUDGEMENTS.id <= upto)
    there = (JUDGEMENTS.id.in_(newest), JUDGEMENTS.compliant != GONE)
    wanted = select(JUDGEMENTS.host, JUDGEMENTS.document).where(*there)
    return wanted.order_by(JUDGEMENTS.host)


def _add_news(rows: Sequence[dict[str, object]], connection: Connection) -> None:
    newest = _newest([str(row["host"]) for row in rows], None)
    known = {row.host: row.document for row in connection.execute(newest).all()}
    news = [row for row in rows if known.get(str(row["host"])) != row["document"]]
    if news:
        connection.execute(insert(JUDGEMENTS.table), news)


def _row(run: str, judged: JudgedHost) -> dict[str, object]:
    return {
        "run_id": run,
        "host": judged.host,
        "compliant": int(judged.compliant),
        "profiles": len(judged.profiles),
        "on_new_server": judged.on_new_server,
        "on_old_server": judged.on_old_server,
        "document": judged.model_dump_json(exclude_defaults=True),
    }


def _plus(one: _Counts, other: _Counts, sign: int = 1) -> _Counts:
    return (
        one[0] + sign * other[0],
        one[1] + sign * other[1],
        one[2] + sign * other[2],
        one[3] + sign * other[3],
        one[4] + sign * other[4],
    )


def _moment(run: _JudgedRun) -> Moment:
    return Moment(run=run.run, at=run.at)


def _point(run: _JudgedRun, sums: Sequence[int]) -> Point:
    hosts, compliant, profiles, on_new_server, on_old_server = sums
    return Point(
        run=run.run,
        verb=run.verb,
        at=run.at,
        hosts=hosts,
        compliant=compliant,
        profiles=profiles,
        on_new_server=on_new_server,
        on_old_server=on_old_server,
    )
