"""Which run holds which host."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, delete, insert, select

from smartfleet.model.campaign import Lock
from smartfleet.store.database import Part
from smartfleet.store.documents import batches
from smartfleet.store.lease import LEASE, Life, Owner
from smartfleet.store.people import admin
from smartfleet.store.runs import driver_of, run_row
from smartfleet.store.tables import HOST_LOCKS

# named as in the model
_COLUMNS = (
    HOST_LOCKS.host,
    HOST_LOCKS.run_id.label("run"),
    HOST_LOCKS.admin,
    HOST_LOCKS.where,
    HOST_LOCKS.taken,
    HOST_LOCKS.until,
)


class Locks(Part):
    """A lock holds until it expires, and on with the signs of life of its run's driver.

    That of a run whose driver is seen to live from here holds, of one that is seen to be dead no more.
    """

    def lock(self, run: str, hosts: Iterable[str], seconds: float, owner: Owner) -> dict[str, Lock]:
        """Takes `hosts` for `seconds`. Answers with the locks of those that other runs hold; all others are ours now.

        They hold on with each sign of life of the run, `drive` and `beat`.
        """
        names = sorted(set(hosts))

        def work(connection: Connection) -> dict[str, Lock]:
            self._database.alone(connection, HOST_LOCKS)
            now = self._database.now(connection)
            others: dict[str, Lock] = {}
            mine = {"run_id": run, "admin": admin(), "where": owner.host, "taken": now, "until": now + seconds}
            for part in batches(names):
                held = {lock.host: lock for lock in _held(connection, part, now) if lock.run != run}
                free = [host for host in part if host not in held]
                connection.execute(delete(HOST_LOCKS.table).where(HOST_LOCKS.host.in_(free)))
                if free:
                    connection.execute(insert(HOST_LOCKS.table), [{"host": host, **mine} for host in free])
                others |= held
            return others

        return self._database.write(work)

    def unlock(self, run: str, hosts: Sequence[str] | None = None, owner: Owner | None = None) -> None:
        """Gives the hosts of a run free, or some of them. With `owner`: unless another process drives it."""

        def work(connection: Connection) -> None:
            if owner and driver_of(run_row(connection, run)) not in {None, owner}:
                return
            own = delete(HOST_LOCKS.table).where(HOST_LOCKS.run_id == run)
            if hosts is None:
                connection.execute(own)
                return
            for part in batches(sorted(hosts)):
                connection.execute(own.where(HOST_LOCKS.host.in_(part)))

        self._database.write(work)

    def locks(self, hosts: Sequence[str] | None = None) -> list[Lock]:
        """Those that hold now, by host."""

        def work(connection: Connection) -> list[Lock]:
            now = self._database.now(connection)
            if hosts is None:
                return _held(connection, None, now)
            return [lock for part in batches(sorted(hosts)) for lock in _held(connection, part, now)]

        return self._database.read(work)

    def break_lock(self, host: str, run: str) -> Lock | None:
        """Takes a host's lock away from `run`, and tells it; None if another run has the host by now, or none."""
        here = (HOST_LOCKS.host == host, HOST_LOCKS.run_id == run)

        def work(connection: Connection) -> Lock | None:
            row = connection.execute(select(*_COLUMNS).where(*here).with_for_update()).mappings().first()
            connection.execute(delete(HOST_LOCKS.table).where(*here))
            return _told(row, _sign(connection, run)) if row else None

        return self._database.write(work)


class _Sign(NamedTuple):
    """What is known of a run's driver: the locks of a run are renewed by this alone, and never one by one."""

    life: Life
    renewed: float


def _held(connection: Connection, hosts: Sequence[str] | None, now: float) -> list[Lock]:
    wanted = select(*_COLUMNS).order_by(HOST_LOCKS.host)
    if hosts is not None:
        wanted = wanted.where(HOST_LOCKS.host.in_(hosts))
    rows = connection.execute(wanted).mappings().all()
    signs = {run: _sign(connection, run) for run in {row["run"] for row in rows}}
    return [_told(row, signs[row["run"]]) for row in rows if _holds(row, signs[row["run"]], now)]


def _sign(connection: Connection, run: str) -> _Sign:
    row = run_row(connection, run)
    driver = driver_of(row)
    return _Sign(driver.life if driver else "unknown", (row.renewed or 0.0) if driver else 0.0)


def _holds(row: RowMapping, sign: _Sign, now: float) -> bool:
    """A lock, or a sign of life, from the future is from before the clock jumped back: its end says nothing."""
    if sign.life == "unknown":
        return row["taken"] - LEASE < now < row["until"] or abs(now - sign.renewed) < LEASE
    return sign.life == "alive"


def _told(row: RowMapping, sign: _Sign) -> Lock:
    return Lock.model_validate({**row, "until": max(row["until"], sign.renewed + LEASE)})
