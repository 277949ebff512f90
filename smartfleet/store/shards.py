"""What engines were given, and which hosts a worker that was lost may still work on."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.orm import Session

from smartfleet.model.shards import LostHost, ShardRecord, ShardState
from smartfleet.store.database import Part
from smartfleet.store.documents import batches
from smartfleet.store.lease import drives
from smartfleet.store.runs import driver_of
from smartfleet.store.tables import LostHostRow, ProgressRow, RunRow, ShardRow

CONTROLLER_DIED = "controller-died"
"""Code of shards that were on their way when the process died that had sent them."""
# named as in the model; whole rows as objects take three times as long
_LOST = (
    LostHostRow.host,
    LostHostRow.run_id.label("run"),
    LostHostRow.shard,
    LostHostRow.attempt,
    LostHostRow.engine,
    LostHostRow.worker,
    LostHostRow.since,
    LostHostRow.grace,
)


@dataclass(frozen=True)
class ShardEnd:
    """How an attempt came to its end, as far as is known.

    `lost`: hosts that its worker may still work on, for `grace` seconds from now.
    """

    run: str
    shard: str
    attempt: int
    state: ShardState
    code: str = ""
    worker: str = ""
    lost: Collection[str] = ()
    grace: float = 0.0


class Shards(Part):
    """An attempt is numbered and written before it is handed to an engine, so that no two ever have one name."""

    def begin_shards(self, records: Sequence[ShardRecord]) -> list[ShardRecord]:
        """With their numbers and times. A shard must not stand in it twice."""

        def work(session: Session) -> list[ShardRecord]:
            self._database.alone(session, ShardRow)
            now = self._database.now(session)
            begun = []
            for record in records:
                same = (ShardRow.run_id == record.run, ShardRow.shard == record.shard)
                last = session.scalar(select(func.max(ShardRow.attempt)).where(*same)) or 0
                begun.append(record.model_copy(update={"attempt": last + 1, "begun_at": now}))
            session.execute(insert(ShardRow), [_values(record) for record in begun])
            return begun

        return self._database.write(work) if records else []

    def end_shard(self, end: ShardEnd) -> None:
        """Once: an attempt that another process has given up meanwhile stays given up."""
        here = (ShardRow.run_id == end.run, ShardRow.shard == end.shard, ShardRow.attempt == end.attempt)

        def work(session: Session) -> None:
            row = session.execute(select(ShardRow).where(*here).with_for_update()).scalar_one()
            if row.state == "running":
                row.worker = end.worker
                self._close(session, row, end.state, end.code)
                self._lose(session, row, end.lost, end.grace)

        self._database.write(work)

    def abandon(self, own: str = "") -> None:
        """Gives up what was on its way when its controller died, and notes the hosts that workers may go on with.

        `own`: a run that this process has just taken over, and of which it has begun nothing yet.
        """
        candidates = select(ShardRow.run_id).where(
            ShardRow.state == "running", or_(ShardRow.grace.is_not(None), ShardRow.run_id == own)
        )

        def work(session: Session) -> None:
            now = self._database.now(session)
            for run in sorted(set(session.scalars(candidates))):
                row = session.get_one(RunRow, run)
                driver = driver_of(row)
                if run == own or not (driver and drives(driver, row.renewed or 0.0, now)):
                    self._abandon(session, run)

        if self._database.rows(candidates.limit(1)):
            self._database.write(work)

    def shards(self, run: str) -> list[ShardRecord]:
        """In the order they were begun."""
        wanted = select(ShardRow).where(ShardRow.run_id == run)
        ordered = wanted.order_by(ShardRow.begun_at, ShardRow.shard, ShardRow.attempt)
        return self._database.read(lambda session: [_record(row) for row in session.scalars(ordered)])

    def lost(self, hosts: Sequence[str] | None = None) -> list[LostHost]:
        """Those of `hosts` (None: all) that are lost, by name."""

        def work(session: Session) -> list[LostHost]:
            now = self._database.now(session)
            wanted = select(*_LOST).order_by(LostHostRow.host)
            if hosts is None:
                return [_lost(row._asdict(), now) for row in session.execute(wanted)]
            parts = (wanted.where(LostHostRow.host.in_(part)) for part in batches(sorted(hosts)))
            return [_lost(row._asdict(), now) for part in parts for row in session.execute(part)]

        return self._database.read(work)

    def found(self, hosts: Iterable[str]) -> None:
        """Nobody works on these hosts any more, as they said themselves."""
        names = sorted(hosts)

        def work(session: Session) -> None:
            for part in batches(names):
                session.execute(delete(LostHostRow).where(LostHostRow.host.in_(part)))

        if names:
            self._database.write(work)

    def _abandon(self, session: Session, run: str) -> None:
        done = select(ProgressRow.host).where(ProgressRow.run_id == run, ProgressRow.state == "done")
        over = set(session.scalars(done))
        for row in session.scalars(select(ShardRow).where(ShardRow.run_id == run, ShardRow.state == "running")):
            if row.grace is None:
                self._close(session, row, "cancelled", CONTROLLER_DIED)
            else:
                self._close(session, row, "lost", CONTROLLER_DIED)
                self._lose(session, row, [host for host in json.loads(row.hosts) if host not in over], row.grace)

    def _close(self, session: Session, row: ShardRow, state: ShardState, code: str) -> None:
        row.state, row.code, row.ended_at = state, code, self._database.now(session)

    def _lose(self, session: Session, row: ShardRow, hosts: Iterable[str], grace: float) -> None:
        of_shard = {
            "run_id": row.run_id,
            "shard": row.shard,
            "attempt": row.attempt,
            "engine": row.engine,
            "worker": row.worker,
            "since": self._database.now(session),
            "grace": grace,
        }
        for part in batches(sorted(hosts)):
            new = self._database.insert(LostHostRow)
            upsert = new.on_conflict_do_update(
                index_elements=["host"], set_={name: new.excluded[name] for name in of_shard}
            )
            session.execute(upsert, [{"host": host, **of_shard} for host in part])


def _values(record: ShardRecord) -> dict[str, Any]:
    values = record.model_dump(mode="json")
    return {**values, "run_id": values.pop("run"), "hosts": json.dumps(record.hosts, ensure_ascii=False)}


def _record(row: ShardRow) -> ShardRecord:
    names = [name for name in ShardRecord.model_fields if name not in {"run", "hosts"}]
    values = {name: getattr(row, name) for name in names}
    return ShardRecord.model_validate({**values, "run": row.run_id, "hosts": json.loads(row.hosts)})


def _lost(values: dict[str, Any], now: float) -> LostHost:
    """One from the future is from before the clock was put back: it waits no longer than one that was lost just now."""
    grace = values.pop("grace")
    return LostHost.model_validate({**values, "wait": max(0.0, min(grace, grace - (now - values["since"])))})
