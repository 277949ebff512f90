"""Hosts that left the inventory: from the end of the run that found them gone on, they are not there any more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection, func, insert, select

from smartfleet.store.database import Part
from smartfleet.store.tables import GONE, JUDGEMENTS

_JUDGED = (JUDGEMENTS.compliant, JUDGEMENTS.profiles, JUDGEMENTS.on_new_server, JUDGEMENTS.on_old_server,
           JUDGEMENTS.document)  # fmt: skip


class Departures(Part):
    """Kept among the judgements, so that what stood at the end of any run can be told of them too."""

    def note_inventory(self, run: str, inventory: Collection[str]) -> None:
        """`inventory`: all hosts of it. Those judged before that are not in it are gone; those that are back stand as
        they were judged last. To be said before `add_judgements` of that run, which marks its end; in batches of 500.
        """
        for part in self._hosts_in(JUDGEMENTS.host):
            known = self._gone_or_not(part)
            left = [host for host in part if not known[host] and host not in inventory]
            back = [host for host in part if known[host] and host in inventory]
            if left or back:
                self._database.write(partial(_note, run, left, back))

    def _gone_or_not(self, hosts: Sequence[str]) -> Mapping[str, bool]:
        newest = select(func.max(JUDGEMENTS.id)).where(JUDGEMENTS.host.in_(hosts)).group_by(JUDGEMENTS.host)
        wanted = select(JUDGEMENTS.host, JUDGEMENTS.compliant).where(JUDGEMENTS.id.in_(newest))
        return {row.host: row.compliant == GONE for row in self._database.rows(wanted)}


def _note(run: str, left: Sequence[str], back: Sequence[str], connection: Connection) -> None:
    rows = [{"run_id": run, **row} for row in [*map(_departed, left), *_before(back, connection)]]
    connection.execute(insert(JUDGEMENTS.table), rows)


def _departed(host: str) -> dict[str, object]:
    nothing = {"profiles": 0, "on_new_server": 0, "on_old_server": 0, "document": ""}
    return {"host": host, "compliant": GONE, **nothing}


def _before(hosts: Sequence[str], connection: Connection) -> Iterator[dict[str, object]]:
    """What was known of them when they left."""
    there = select(func.max(JUDGEMENTS.id)).where(JUDGEMENTS.host.in_(hosts), JUDGEMENTS.compliant != GONE)
    wanted = select(JUDGEMENTS.host, *_JUDGED).where(JUDGEMENTS.id.in_(there.group_by(JUDGEMENTS.host)))
    return (dict(row) for row in connection.execute(wanted).mappings().all())
