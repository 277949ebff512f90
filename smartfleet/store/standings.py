"""What is counted of hosts, kept with what it was judged by, so that a fleet need not be judged for each look at it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from smartfleet.store.database import Part
from smartfleet.store.documents import batches
from smartfleet.store.folders import digest_of_text
from smartfleet.store.seen import Kept
from smartfleet.store.tables import FACTS, FOLDER_PAST, OUTCOMES, STANDINGS, VERDICTS


class Marks(NamedTuple):
    """What the store knows of a host: the newest ids, and a digest of its folders' past. 0 and "" for none."""

    facts_id: int = 0
    outcome_id: int = 0
    verdict_id: int = 0
    past: str = ""


class Standing(NamedTuple):
    """A row of the table, which tells of each."""

    host: str
    marks: Marks
    ruler: str
    unchecked: bool
    since: float
    until: float
    after_day: str
    last_day: str
    bytes: int
    document: str


_ROWS = select(STANDINGS.table)


class Standings(Part):
    """By host. Reads go in batches of 500 hosts, each a transaction of its own."""

    def marks(self, hosts: Sequence[str]) -> dict[str, Marks]:
        """Of those of `hosts` that anything is known of."""
        found: dict[str, Marks] = {}
        for part in batches(hosts):
            found |= self._database.read(partial(_marks, part))
        return found

    def standings(self, hosts: Sequence[str]) -> dict[str, Standing]:
        """Of those of `hosts` that have one, whether it still stands or not."""
        found = {}
        for part in batches(hosts):
            for row in self._database.rows(_ROWS.where(STANDINGS.host.in_(part))):
                host, facts, outcome, verdict, past, ruler, unchecked, since, until, after, last, size, document = row
                marks = Marks(facts, outcome, verdict, past)
                found[host] = Standing(
                    host, marks, ruler, bool(unchecked), since, until, after, last, int(size), document
                )
        return found

    def set_standings(self, standings: Sequence[Standing]) -> None:
        """In place of those that these hosts had; all in one transaction."""
        if not standings:
            return

        def work(connection: Connection) -> None:
            self._database.alone(connection, STANDINGS)
            for part in batches(standings):
                rows = [_row(one) for one in part]
                connection.execute(delete(STANDINGS.table).where(STANDINGS.host.in_([one.host for one in part])))
                connection.execute(insert(STANDINGS.table), rows)

        self._database.write(work)


def _marks(hosts: Sequence[str], connection: Connection) -> dict[str, Marks]:
    facts, outcomes, verdicts = (_newest(table, hosts, connection) for table in (FACTS, OUTCOMES, VERDICTS))
    kept = select(FOLDER_PAST.host, FOLDER_PAST.document).where(FOLDER_PAST.host.in_(hosts))
    pasts = {host: digest_of_text(document) for host, document in connection.execute(kept).all()}
    known = {*facts, *outcomes, *verdicts, *pasts}
    return {
        host: Marks(facts.get(host, 0), outcomes.get(host, 0), verdicts.get(host, 0), pasts.get(host, ""))
        for host in known
    }


def _newest(table: Kept, hosts: Sequence[str], connection: Connection) -> dict[str, int]:
    newest = select(table.host, func.max(table.id).label("newest")).where(table.host.in_(hosts)).group_by(table.host)
    return {row.host: row.newest for row in connection.execute(newest).all()}


def _row(one: Standing) -> dict[str, Any]:
    values = one._asdict()
    return {**values.pop("marks")._asdict(), **values, "unchecked": int(one.unchecked), "bytes": str(one.bytes)}
