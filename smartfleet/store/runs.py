"""Runs: written down before anything is done, driven by one process at a time, closed at their end."""

from __future__ import annotations

import secrets
import time
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from smartfleet.errors import StoreError
from smartfleet.model.campaign import RunSettings
from smartfleet.model.runs import RunSummary
from smartfleet.store.database import Database, Part
from smartfleet.store.documents import read_document
from smartfleet.store.lease import LEASE, RENEW, Owner, drives
from smartfleet.store.people import admin
from smartfleet.store.tables import HOST_LOCKS, RUNS
from smartfleet.text import visible

# nobody drives it
_NOBODY = dict.fromkeys(("driver_host", "driver_pid", "driver_started", "renewed"))


def new_run() -> str:
    """A name for a run: sortable, unique, fit for a file name."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"


class Runs(Part):
    """Every execution of a command, and which process goes on with it now."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._renewed: dict[tuple[str, Owner], float] = {}

    def begin(
        self, verb: str, hosts: int, plan_hash: str = "", *, settings: RunSettings | None = None, parent: str = ""
    ) -> str:
        """Writes down that a run begins, and names it. `hosts` is their number."""
        run = new_run()
        row = {
            "id": run,
            "verb": verb,
            "started": self._database.waits.clock(),
            "state": "running",
            "admin": admin(),
            "plan_hash": plan_hash,
            "hosts": hosts,
            "parent": parent,
            "settings": settings.model_dump_json() if settings else None,
            "until": settings.until if settings else None,
        }

        def work(connection: Connection) -> None:
            self._database.forget_marks(connection)
            last = connection.scalar(select(func.max(RUNS.number)))
            connection.execute(insert(RUNS.table), {**row, "number": (last or 0) + 1})

        self._database.write(work)
        return run

    def finish(self, run: str, state: str, owner: Owner | None = None, *, news: bool = True) -> None:
        """Closes a run and gives its hosts free. With `owner`: only if no other process drives it meanwhile.

        Without `news` nobody is to be told that it ended.
        """

        def work(connection: Connection) -> None:
            row = _row(connection, run)
            if owner and driver_of(row) not in {None, owner}:
                return
            told = 0 if news else row.told
            _change(connection, run, state=state, finished=self._database.waits.clock(), told=told, **_NOBODY)
            connection.execute(delete(HOST_LOCKS.table).where(HOST_LOCKS.run_id == run))

        self._database.write(work)

    def drive(self, run: str, owner: Owner) -> None:
        """`owner` goes on with the run from now. Raises store/run-alive while another process does."""

        def work(connection: Connection) -> None:
            row = _row(connection, run)
            now, driver = self._database.now(connection), driver_of(row)
            if driver and driver != owner and drives(driver, row.renewed or 0.0, now):
                raise _alive(row, driver)
            mine = {"driver_host": owner.host, "driver_pid": owner.pid, "driver_started": owner.started}
            _change(connection, run, **mine, renewed=now, state="running", finished=None)

        self._database.write(work)
        self._renewed[run, owner] = self._database.waits.clock()

    def beat(self, run: str, owner: Owner) -> None:
        """A sign of life, which keeps the locks of the run's hosts too: one row, however many hosts it holds.

        Cheap when called often, and after a clock that jumped.
        Raises store/run-lost when another process took the run over.
        """
        before, now = self._renewed.get((run, owner)), self._database.waits.clock()
        if before is not None and abs(now - before) < RENEW:
            return
        self._database.write(lambda connection: self._renew(connection, run, owner))
        self._renewed[run, owner] = now

    def driver(self, run: str) -> Owner | None:
        """The process that drives it now; None where there is none, or it is dead."""

        def work(connection: Connection) -> Owner | None:
            row = connection.execute(_one(run)).first()
            owner = driver_of(row) if row else None
            alive = row and owner and drives(owner, row.renewed or 0.0, self._database.now(connection))
            return owner if alive else None

        return self._database.read(work)

    def settings(self, run: str) -> RunSettings | None:
        """What it was begun with; None for runs that have no settings."""

        def work(connection: Connection) -> str | None:
            return connection.scalar(select(RUNS.settings).where(RUNS.id == run))

        text = self._database.read(work)
        return read_document(RunSettings, text) if text else None

    def set_settings(self, run: str, settings: RunSettings) -> None:
        """In place of those that it was begun with."""

        def work(connection: Connection) -> None:
            _row(connection, run)
            _change(connection, run, settings=settings.model_dump_json(), until=settings.until)

        self._database.write(work)

    def runs(self, limit: int = 20) -> list[RunSummary]:
        """The newest runs, newest first: those that were begun last, whatever the clock said."""
        newest = select(RUNS.table).order_by(RUNS.number.desc(), RUNS.id.desc()).limit(limit)

        def work(connection: Connection) -> list[RunSummary]:
            now = self._database.now(connection)
            return [_summary(row, now) for row in connection.execute(newest).all()]

        return self._database.read(work)

    def run(self, run: str) -> RunSummary | None:
        def work(connection: Connection) -> RunSummary | None:
            row = connection.execute(_one(run)).first()
            return _summary(row, self._database.now(connection)) if row else None

        return self._database.read(work)

    def _renew(self, connection: Connection, run: str, owner: Owner) -> None:
        row, now = _row(connection, run), self._database.now(connection)
        if driver_of(row) != owner:
            raise StoreError(
                "store/run-lost",
                f"another process goes on with run {visible(run)}",
                why="this one gave no sign of life for too long; two of them would work on the same hosts",
                do="look at it: smartfleet status",
            )
        _change(connection, run, renewed=now)


def driver_of(row: Row[Any]) -> Owner | None:
    """The process that drove it last and has not finished it, dead or alive."""
    if row.driver_host is None or row.driver_pid is None:
        return None
    return Owner(row.driver_host, row.driver_pid, row.driver_started or "")


def run_row(connection: Connection, run: str) -> Row[Any]:
    """Of a run that other rows name, so it is there."""
    return connection.execute(_one(run)).one()


def _one(run: str) -> Select[*tuple[Any, ...]]:
    return select(RUNS.table).where(RUNS.id == run)


def _change(connection: Connection, run: str, **values: object) -> None:
    connection.execute(update(RUNS.table).where(RUNS.id == run).values(**values))


def _row(connection: Connection, run: str) -> Row[Any]:
    """To be changed: nobody else changes it before this transaction ends."""
    row = connection.execute(_one(run).with_for_update()).first()
    if row is None:
        raise StoreError("store/no-run", f"there is no run {visible(run)}", do="see which there are: smartfleet status")
    return row


def _alive(row: Row[Any], driver: Owner) -> StoreError:
    where = f"process {driver.pid} on {visible(driver.host)}"
    last = time.strftime("%H:%M:%S", time.localtime(row.renewed or 0.0))
    return StoreError(
        "store/run-alive",
        f"run {row.id} of {visible(row.admin)} goes on: {where} gave its last sign of life at {last}",
        why="two that drive one run would work on the same hosts",
        do=f"wait for it, or stop it there (Ctrl-C); one that died is taken over after {LEASE:.0f} s",
    )


def _summary(row: Row[Any], now: float) -> RunSummary:
    driver = driver_of(row)
    return RunSummary(
        run=row.id,
        verb=row.verb,
        started=row.started,
        finished=row.finished,
        state=row.state,
        admin=row.admin,
        plan_hash=row.plan_hash,
        hosts=row.hosts,
        parent=row.parent,
        driven=bool(driver and drives(driver, row.renewed or 0.0, now)),
    )
