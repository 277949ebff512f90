"""When hosts last answered, when their folders were verified, and in which wave of a campaign they were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select

from smartfleet.policy.evidence import FolderPlace
from smartfleet.store.database import Part
from smartfleet.store.documents import batches
from smartfleet.store.seen import VERDICT_KEY
from smartfleet.store.tables import FACTS, PROGRESS, RUNS, VERDICTS, WAVES


class Presence(Part):
    """Reads go in batches of 500 hosts."""

    def last_seen(self, hosts: Sequence[str]) -> dict[str, float]:
        """Seconds since the epoch, of hosts that ever answered.

        Audits, moves and rollbacks leave facts, which know when the oldest of them were taken. They and verdicts know
        when their run began: a host answered then or later.
        """
        found: dict[str, float] = {}
        for part in batches(hosts):
            newest = select(func.max(FACTS.id)).where(FACTS.host.in_(part)).group_by(FACTS.host)
            of_facts = (
                select(FACTS.host, FACTS.taken, RUNS.started)
                .join(RUNS.table, RUNS.id == FACTS.run_id)
                .where(FACTS.id.in_(newest))
            )
            facts = [(host, max(taken, started)) for host, taken, started in self._database.rows(of_facts)]
            checked = select(func.max(VERDICTS.id)).where(VERDICTS.host.in_(part)).group_by(VERDICTS.host)
            verdicts = (
                select(VERDICTS.host, RUNS.started)
                .join(RUNS.table, RUNS.id == VERDICTS.run_id)
                .where(VERDICTS.id.in_(checked))
            )
            for host, at in [*facts, *self._database.rows(verdicts)]:
                found[host] = max(found.get(host, at), at)
        return found

    def verified(self, hosts: Sequence[str]) -> dict[str, dict[FolderPlace, float]]:
        """By host: when the runs began in which its folders were verified last, seconds since the epoch."""
        found: dict[str, dict[FolderPlace, float]] = defaultdict(dict)
        for part in batches(hosts):
            newest = select(func.max(VERDICTS.id)).where(VERDICTS.host.in_(part)).group_by(*VERDICT_KEY)
            wanted = (
                select(*VERDICT_KEY, RUNS.started)
                .join(RUNS.table, RUNS.id == VERDICTS.run_id)
                .where(VERDICTS.id.in_(newest))
            )
            for host, user, path, account, alias, at in self._database.rows(wanted):
                found[host][FolderPlace(user, path, account, alias)] = at
        return found

    def waves_of(self, hosts: Sequence[str]) -> dict[str, str]:
        """The name of each host's wave in the newest run of apply that named it."""
        found = {}
        for part in batches(hosts):
            newest = (
                select(PROGRESS.host, func.max(RUNS.number).label("number"))
                .join(RUNS.table, RUNS.id == PROGRESS.run_id)
                .where(PROGRESS.host.in_(part))
                .group_by(PROGRESS.host)
                .subquery()
            )
            wanted = (
                select(PROGRESS.host, WAVES.name)
                .join(RUNS.table, RUNS.id == PROGRESS.run_id)
                .join(newest, (newest.c.host == PROGRESS.host) & (newest.c.number == RUNS.number))
                .join(WAVES.table, (WAVES.run_id == PROGRESS.run_id) & (WAVES.number == PROGRESS.wave))
            )
            found.update({row.host: row.name for row in self._database.rows(wanted)})
        return found
