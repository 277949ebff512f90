"""What engines were given, and which hosts a worker that was lost may still work on."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from smartfleet.model.shards import LostHost, ShardRecord, ShardState
from smartfleet.store.database import Part
from smartfleet.store.documents import batches
from smartfleet.store.lease import drives
from smartfleet.store.runs import driver_of, run_row
from smartfleet.store.tables import LOST_HOSTS, PROGRESS, SHARDS

CONTROLLER_DIED = "controller-died"
"""Code of shards that were on their way when the process died that had sent them."""
# named as in the model
_LOST = (
    LOST_HOSTS.host,
    LOST_HOSTS.run_id.label("run"),
    LOST_HOSTS.shard,
    LOST_HOSTS.attempt,
    LOST_HOSTS.engine,
    LOST_HOSTS.worker,
    LOST_HOSTS.since,
    LOST_HOSTS.grace,
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

        def work(connection: Connection) -> list[ShardRecord]:
            self._database.alone(connection, SHARDS)
            now = self._database.now(connection)
            begun = []
            for record in records:
                same = (SHARDS.run_id == record.run, SHARDS.shard == record.shard)
                last = connection.scalar(select(func.max(SHARDS.attempt)).where(*same)) or 0
                begun.append(record.model_copy(update={"attempt": last + 1, "begun_at": now}))
            connection.execute(insert(SHARDS.table), [_values(record) for record in begun])
            return begun

        return self._database.write(work) if records else []

    def end_shard(self, end: ShardEnd) -> None:
        """Once: an attempt that another process has given up meanwhile stays given up."""
        here = (SHARDS.run_id == end.run, SHARDS.shard == end.shard, SHARDS.attempt == end.attempt)

        def work(connection: Connection) -> None:
            row = connection.execute(select(SHARDS.table).where(*here).with_for_update()).one()
            if row.state == "running":
                self._close(connection, row, end.state, end.code, end.worker)
                self._lose(connection, row, end.worker, end.lost, end.grace)

        self._database.write(work)

    def abandon(self, own: str = "") -> None:
        """Gives up what was on its way when its controller died, and notes the hosts that workers may go on with.

        `own`: a run that this process has just taken over, and of which it has begun nothing yet.
        """
        candidates = select(SHARDS.run_id).where(
            SHARDS.state == "running", or_(SHARDS.grace.is_not(None), SHARDS.run_id == own)
        )

        def work(connection: Connection) -> None:
            now = self._database.now(connection)
            for run in sorted(set(connection.scalars(candidates).all())):
                row = run_row(connection, run)
                driver = driver_of(row)
                if run == own or not (driver and drives(driver, row.renewed or 0.0, now)):
                    self._abandon(connection, run)

        if self._database.rows(candidates.limit(1)):
            self._database.write(work)

    def shards(self, run: str) -> list[ShardRecord]:
        """In the order they were begun."""
        wanted = select(SHARDS.table).where(SHARDS.run_id == run)
        ordered = wanted.order_by(SHARDS.begun_at, SHARDS.shard, SHARDS.attempt)
        return [_record(row) for row in self._database.rows(ordered)]

    def lost(self, hosts: Sequence[str] | None = None) -> list[LostHost]:
        """Those of `hosts` (None: all) that are lost, by name."""

        def work(connection: Connection) -> list[LostHost]:
            now = self._database.now(connection)
            wanted = select(*_LOST).order_by(LOST_HOSTS.host)
            if hosts is None:
                return [_lost(row._asdict(), now) for row in connection.execute(wanted).all()]
            parts = (wanted.where(LOST_HOSTS.host.in_(part)) for part in batches(sorted(hosts)))
            return [_lost(row._asdict(), now) for part in parts for row in connection.execute(part).all()]

        return self._database.read(work)

    def found(self, hosts: Iterable[str]) -> None:
        """Nobody works on these hosts any more, as they said themselves."""
        names = sorted(hosts)

        def work(connection: Connection) -> None:
            for part in batches(names):
                connection.execute(delete(LOST_HOSTS.table).where(LOST_HOSTS.host.in_(part)))

        if names:
            self._database.write(work)

    def _abandon(self, connection: Connection, run: str) -> None:
        done = select(PROGRESS.host).where(PROGRESS.run_id == run, PROGRESS.state == "done")
        over = set(connection.scalars(done).all())
        on_way = select(SHARDS.table).where(SHARDS.run_id == run, SHARDS.state == "running")
        for row in connection.execute(on_way).all():
            if row.grace is None:
                self._close(connection, row, "cancelled", CONTROLLER_DIED, row.worker)
            else:
                self._close(connection, row, "lost", CONTROLLER_DIED, row.worker)
                hosts = [host for host in json.loads(row.hosts) if host not in over]
                self._lose(connection, row, row.worker, hosts, row.grace)

    def _close(self, connection: Connection, row: Row[Any], state: ShardState, code: str, worker: str) -> None:
        here = (SHARDS.run_id == row.run_id, SHARDS.shard == row.shard, SHARDS.attempt == row.attempt)
        ended = {"state": state, "code": code, "worker": worker, "ended_at": self._database.now(connection)}
        connection.execute(update(SHARDS.table).where(*here).values(**ended))

    def _lose(self, connection: Connection, row: Row[Any], worker: str, hosts: Iterable[str], grace: float) -> None:
        of_shard = {
            "run_id": row.run_id,
            "shard": row.shard,
            "attempt": row.attempt,
            "engine": row.engine,
            "worker": worker,
            "since": self._database.now(connection),
            "grace": grace,
        }
        for part in batches(sorted(hosts)):
            new = self._database.insert(LOST_HOSTS)
            upsert = new.on_conflict_do_update(
                index_elements=["host"], set_={name: new.excluded[name] for name in of_shard}
            )
            connection.execute(upsert, [{"host": host, **of_shard} for host in part])


def _values(record: ShardRecord) -> dict[str, Any]:
    values = record.model_dump(mode="json")
    return {**values, "run_id": values.pop("run"), "hosts": json.dumps(record.hosts, ensure_ascii=False)}


def _record(row: Row[Any]) -> ShardRecord:
    names = [name for name in ShardRecord.model_fields if name not in {"run", "hosts"}]
    values = {name: getattr(row, name) for name in names}
    return ShardRecord.model_validate({**values, "run": row.run_id, "hosts": json.loads(row.hosts)})


def _lost(values: dict[str, Any], now: float) -> LostHost:
    """One from the future is from before the clock was put back: it waits no longer than one that was lost just now."""
    grace = values.pop("grace")
    return LostHost.model_validate({**values, "wait": max(0.0, min(grace, grace - (now - values["since"])))})
