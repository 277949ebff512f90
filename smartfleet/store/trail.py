"""The audit trail: who did what, from where, with which plan, over which hosts, and what came of it."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, insert, select

from smartfleet.model.campaign import TrailEntry
from smartfleet.model.history import TrailCheck
from smartfleet.store.chain import START, Line, check, entry, sealed
from smartfleet.store.database import Part
from smartfleet.store.documents import BATCH
from smartfleet.store.people import admin
from smartfleet.store.tables import TRAIL

_COLUMNS = (TRAIL.number, TRAIL.previous, TRAIL.hash, TRAIL.document)


class Trail(Part):
    """Lines are added and read, never changed: the database's triggers see to it, and the chain shows who got round."""

    def add_trail(
        self,
        event: str,
        *,
        run: str = "",
        verb: str = "",
        plan_hash: str = "",
        hosts: Iterable[str] = (),
        outcomes: Mapping[str, int] | None = None,
        detail: str = "",
    ) -> TrailEntry:
        """Writes a line and answers with it."""
        values: dict[str, object] = {
            "time": self._database.waits.clock(),
            "admin": admin(),
            "where": socket.gethostname(),
            "event": event,
            "run": run,
            "verb": verb,
            "plan_hash": plan_hash,
            "hosts": list(hosts),
            "outcomes": dict(outcomes or {}),
            "detail": detail,
        }

        def work(connection: Connection) -> Line:
            self._database.alone(connection, TRAIL)
            newest = select(TRAIL.number, TRAIL.hash).order_by(TRAIL.number.desc()).limit(1)
            last = connection.execute(newest).first()
            line = sealed(values, last.number + 1 if last else 1, last.hash if last else START)
            row = {"number": line.number, "previous": line.previous, "hash": line.hash, "document": line.document}
            connection.execute(insert(TRAIL.table), [row])
            return line

        return entry(self._database.write(work))

    def trail(self, limit: int | None = None) -> list[TrailEntry]:
        """The newest `limit` lines, or all; oldest first."""
        newest = select(*_COLUMNS).order_by(TRAIL.number.desc()).limit(limit)
        rows = self._database.rows(newest)
        return [entry(Line(*row)) for row in reversed(rows)]

    def check_trail(self, anchor: str = "") -> TrailCheck:
        """Reads all lines and follows the chain; `anchor` is a hash that an earlier check told."""
        return check(self.trail_lines(), anchor)

    def trail_lines(self) -> Iterator[Line]:
        """All lines as they are kept, oldest first, read in batches."""
        last = None
        while True:
            wanted = select(*_COLUMNS).order_by(TRAIL.number).limit(BATCH)
            after = wanted if last is None else wanted.where(TRAIL.number > last)
            rows = self._database.rows(after)
            if not rows:
                return
            yield from (Line(*row) for row in rows)
            last = rows[-1].number
