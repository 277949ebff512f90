"""Plans, with a row for each host: a wave needs some of them, and a fleet's plan is large."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select

from smartfleet.model.plan import HostPlan, Plan
from smartfleet.store.database import Part
from smartfleet.store.documents import batches, read_document
from smartfleet.store.tables import OUTCOMES, PLAN_HOSTS, PLANS, RUNS


class Plans(Part):
    """Plans by their hash. One that is kept never changes."""

    def add_plan(self, plan: Plan) -> None:
        """Keeps it under its hash; one that is there already stays as it is."""
        header = plan.model_copy(update={"hosts": []}).model_dump_json()

        def work(connection: Connection) -> None:
            if connection.scalar(select(PLANS.hash).where(PLANS.hash == plan.hash)):
                return
            row = {"hash": plan.hash, "created": plan.created, "document": header}
            connection.execute(insert(PLANS.table), row)
            for part in batches(enumerate(plan.hosts)):
                rows = [_host_row(plan.hash, number, host) for number, host in part]
                connection.execute(insert(PLAN_HOSTS.table), rows)

        self._database.write(work)

    def plan(self, plan_hash: str) -> Plan | None:
        """All of it."""

        def work(connection: Connection) -> str | None:
            return connection.scalar(select(PLANS.document).where(PLANS.hash == plan_hash))

        header = self._database.read(work)
        if header is None:
            return None
        return read_document(Plan, header).model_copy(update={"hosts": self._hosts(plan_hash, None)})

    def plan_hosts(self, plan_hash: str, hosts: Sequence[str]) -> list[HostPlan]:
        """Those of `hosts` that the plan has, in the order of the plan within every 500."""
        return [host for part in batches(hosts) for host in self._hosts(plan_hash, part)]

    def plans_behind(self, hosts: Sequence[str]) -> list[str]:
        """Hashes of the plans that the newest outcome of each profile of `hosts` came from, in order."""
        found: set[str] = set()
        for part in batches(hosts):
            newest = (
                select(func.max(OUTCOMES.id))
                .where(OUTCOMES.host.in_(part))
                .group_by(OUTCOMES.host, OUTCOMES.user, OUTCOMES.config_path)
            )
            wanted = (
                select(RUNS.plan_hash)
                .join(OUTCOMES.table, OUTCOMES.run_id == RUNS.id)
                .where(OUTCOMES.id.in_(newest), RUNS.plan_hash != "")
                .distinct()
            )
            found.update(row.plan_hash for row in self._database.rows(wanted))
        return sorted(found)

    def _hosts(self, plan_hash: str, hosts: Sequence[str] | None) -> list[HostPlan]:
        wanted = select(PLAN_HOSTS.document).where(PLAN_HOSTS.plan_hash == plan_hash).order_by(PLAN_HOSTS.number)
        if hosts is not None:
            wanted = wanted.where(PLAN_HOSTS.host.in_(hosts))

        def work(connection: Connection) -> list[HostPlan]:
            texts = connection.scalars(wanted.execution_options(yield_per=500))
            return [read_document(HostPlan, text) for text in texts]

        return self._database.read(work)


def _host_row(plan_hash: str, number: int, host: HostPlan) -> dict[str, object]:
    return {"plan_hash": plan_hash, "number": number, "host": host.host, "document": host.model_dump_json()}
