"""A store with years of runs in it, on a clock that a test sets; and what has to be the same after it was thinned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, func, select

from smartfleet.model.campaign import HostProgress, Wave
from smartfleet.model.judged import JudgedHost
from smartfleet.model.plan import HostPlan, Plan
from smartfleet.model.results import Outcome, Verdict
from smartfleet.model.shards import ShardRecord
from smartfleet.plan.file import sealed
from smartfleet.store import Store
from smartfleet.store.database import Database, Waits
from smartfleet.store.retention import Limits
from smartfleet.store.shards import ShardEnd
from smartfleet.store.tables import FACTS, TypedTable
from tests.unit.builders import facts_of

DAY = 86_400.0
TODAY = 20_000 * DAY
FOREVER = 3600.0


@dataclass
class Years:
    """Runs on days before today (0)."""

    engine: Engine
    now: float = TODAY
    steps: float = 0.0
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        waits = Waits(clock=lambda: self.now, steady=self._steady)
        self.store = Store(Database(self.engine, waits))

    def _steady(self) -> float:
        """Each look at it takes `steps` seconds."""
        self._passed = getattr(self, "_passed", 0.0) + self.steps
        return self._passed

    def thin(self, *, facts: int = 30, weekly: int = 100, runs: int = 300, seconds: float = FOREVER) -> dict[str, int]:
        self.now = TODAY
        return self.store.thin(Limits(*(TODAY - days * DAY for days in (facts, weekly, runs))), seconds)

    def run(self, day: float, verb: str = "audit", state: str = "done", **more: Any) -> str:
        """Begun and, unless it goes on, finished on that day."""
        self.now = TODAY - day * DAY
        run = self.store.begin(verb, 1, **more)
        if state not in {"running", "waiting"}:
            self.store.finish(run, state)
        return run

    def audit(self, day: float, *hosts: str, judged: Iterable[JudgedHost] = ()) -> str:
        run = self.run(day)
        self.store.add_facts(run, {host: (self.now, facts_of({})) for host in hosts})
        rows = list(judged)
        if rows:
            self.store.add_judgements(run, rows)
        return run

    def moved(self, day: float, *hosts: str, state: str = "done", outcome: str = "moved", plan: str = "") -> str:
        """A run of apply in one wave."""
        run = self.run(day, "apply", state, plan_hash=plan)
        self.store.add_outcomes(run, [outcome_of(host, outcome) for host in hosts])
        self.store.set_progress([HostProgress(run=run, host=host, wave=0, state="done") for host in hosts])
        self.store.set_waves(run, [Wave(number=0, name="all", hosts=list(hosts))])
        shard = ShardRecord(run=run, shard="all-0", engine="dask", playbook="apply", hosts=list(hosts), grace=75.0)
        self.store.begin_shards([shard])
        self.store.end_shard(ShardEnd(run, "all-0", 1, "lost", lost=hosts[:1], grace=75.0))
        return run

    def verified(self, day: float, *hosts: str, verdict: str = "match") -> str:
        run = self.run(day, "verify")
        self.store.add_verdicts(run, [verdict_of(host, verdict) for host in hosts])
        return run

    def planned(self, day: float, *hosts: str) -> str:
        created = TODAY - day * DAY
        rows = [HostPlan(host=host, os="linux", facts_taken=created, profiles=[]) for host in hosts]
        plan = sealed(
            Plan(
                created=created, old_servers=["https://a"], new_server="b", strategy="move", instance_id="", hosts=rows
            )
        )
        self.store.add_plan(plan)
        return plan.hash

    def days(self, host: str) -> list[int]:
        """Of the facts that are left of a host."""
        wanted = select(FACTS.taken).where(FACTS.host == host).order_by(FACTS.id)
        with self.engine.connect() as connection:
            return [round((TODAY - taken) / DAY) for taken in connection.scalars(wanted)]

    def count(self, table: TypedTable) -> int:
        with self.engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(table.table)) or 0)

    def names(self) -> set[str]:
        return {run.run for run in self.store.runs(10_000)}

    def newest(self) -> Any:
        """What reports and plans are made of."""
        store = self.store
        hosts = store.audited()
        return (
            store.facts(), {host: taken for host, taken, _ in store.each_first_facts(hosts)}, store.outcomes(),
            store.verdicts(), store.judged(), store.last_seen(hosts), store.waves_of(hosts),
            {host: store.last_progress(host) for host in hosts}, store.check_trail(),
        )  # fmt: skip


def outcome_of(host: str, name: str) -> Outcome:
    return Outcome.model_validate({"host": host, "user": "eva", "config_path": "/c", "outcome": name})


def verdict_of(host: str, name: str) -> Verdict:
    return Verdict.model_validate(
        {
            "host": host, "user": "eva", "config_path": "/c", "account": "0", "alias": "0", "local_path": "/n",
            "level": "size", "verdict": name, "reason": "",
        }
    )  # fmt: skip


def judged_of(host: str, number: int) -> JudgedHost:
    """A host that is another for each number."""
    profile = {"user": "eva", "config_path": "/c", "state": "new" if number % 2 else "old"}
    answers = {"signed-in": "fail"} if number % 3 else {}
    return JudgedHost.model_validate(
        {"host": host, "compliant": not answers, "answers": answers, "profiles": [profile]}
    )
