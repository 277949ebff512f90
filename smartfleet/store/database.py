"""Transactions. On a server that goes away each is tried again as a whole for a while, and never counts twice."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Engine, Executable, delete, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import SQLAlchemyError

from smartfleet.store.documents import BATCH
from smartfleet.store.errors import passes, store_error
from smartfleet.store.schema import WRITES
from smartfleet.store.tables import MARKS, TypedTable

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

Result = TypeVar("Result")
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0
_KEPT_SECONDS = 86_400.0


@dataclass(frozen=True)
class Waits:
    """How long a server that went away is waited for, and by which clocks."""

    patience: float = 60.0
    clock: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Database:
    """An engine and its transactions. Safe for several threads: it keeps nothing between two transactions."""

    engine: Engine
    waits: Waits = field(default_factory=Waits)

    @property
    def remote(self) -> bool:
        """A server that can go away, and that keeps the time for all who use it."""
        return self.engine.dialect.name != "sqlite"

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """`work` in a transaction that writes nothing. Raises StoreError."""

        def attempt() -> Result:
            with self.engine.begin() as connection:
                return work(connection)

        return self._patiently(attempt)

    def rows(self, query: Executable) -> Sequence[Any]:
        """What one query finds, in a transaction of its own. Raises StoreError."""
        return self.read(lambda connection: connection.execute(query).all())

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """`work` in a transaction, all of it or nothing. It must answer with plain data. Raises StoreError.

        A connection that is lost while it commits leaves open whether it did. So the transaction's own mark is
        written first: the next attempt finds it if the one before was committed after all.
        """
        mark = secrets.token_hex(16) if self.remote else ""
        answers: list[Result] = []

        def attempt() -> Result:
            with self.engine.execution_options(**{WRITES: True}).begin() as connection:
                if not mark or self._is_first(connection, mark):
                    answers[:] = [work(connection)]
            return answers[0]

        return self._patiently(attempt)

    def now(self, connection: Connection) -> float:
        """Seconds since the epoch by the clock that all users of the store share."""
        if self.remote:
            return float(connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())
        return self.waits.clock()

    def alone(self, connection: Connection, table: TypedTable) -> None:
        """No other transaction that asks for the same goes on before this one ends. On SQLite all that write wait.

        An advisory lock needs no right on the table, so that the trail's table can be one that is only added to.
        """
        if self.remote:
            name = f"smartfleet.{table.table.name}"
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))

    def insert(self, table: TypedTable) -> postgresql.Insert | sqlite.Insert:
        """Of the database's own kind: it knows what to do about rows that are there."""
        if not self.remote:
            return sqlite.insert(table.table)
        # a thirtieth of what a command imports, and few have it
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415

        return insert(table.table)

    def forget_marks(self, connection: Connection) -> None:
        """Those of transactions that nobody tries again any more. Called once a run: two that do it can collide."""
        connection.execute(delete(MARKS.table).where(MARKS.at < self.waits.clock() - _KEPT_SECONDS))

    def _is_first(self, connection: Connection, mark: str) -> bool:
        """Waits for an attempt that is still on its way; False if it was committed."""
        row = self.insert(MARKS).values(id=mark, at=self.waits.clock())
        return connection.execute(row.on_conflict_do_nothing().returning(MARKS.id)).first() is not None

    def _patiently(self, attempt: Callable[[], Result]) -> Result:
        waits, pause = self.waits, _FIRST_PAUSE
        end: float | None = None
        while True:
            try:
                return attempt()
            except SQLAlchemyError as error:
                end = waits.steady() + waits.patience if end is None else end
                if not self.remote or not passes(error) or waits.steady() + pause > end:
                    raise store_error(error, self.engine.url) from error
            waits.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


class Part:
    """A subject of the store. All parts share one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def _hosts_in(self, host: Column[str], *where: ColumnElement[bool]) -> Iterator[list[str]]:
        """All hosts that a table knows in that column, at most 500 at a time."""
        last = ""
        names = select(host).where(*where).group_by(host).order_by(host).limit(BATCH)
        while part := [row.host for row in self._database.rows(names.where(host > last))]:
            yield part
            last = part[-1]
