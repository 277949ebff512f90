"""A fleet that exists only in a test: hosts with a script of what they answer, a clock, and a store in a file."""

from __future__ import annotations

import functools
import random
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from smartfleet.campaign.base import Campaign, Clock
from smartfleet.campaign.carrying import Applied, carry_out
from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.runner import Controls, Run
from smartfleet.engines.answers import PROBE, Answer, RunAnswers, gather
from smartfleet.fleet import Fleet
from smartfleet.model.campaign import RunSettings
from smartfleet.model.events import Event
from smartfleet.model.facts import HostFacts
from smartfleet.paths import data_folder
from smartfleet.plan import make_plan
from smartfleet.store import Store
from smartfleet.store.database import Database, Result
from smartfleet.store.schema import open_engine
from smartfleet.words import Words, load_words
from tests.unit.builders import CONFIG_PATH, INSTANCE, TIME, Case, facts_of, fleet_config, profile

INTERRUPT = "ctrl-c"


@dataclass
class TestClock:
    """Time that passes only when somebody sleeps. `at` holds what happens at a time: it is called once."""

    __test__ = False

    time: float = TIME
    slept: list[float] = field(default_factory=list)
    at: dict[float, Callable[[], None]] = field(default_factory=dict)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        for moment in [moment for moment in self.at if moment <= self.time]:
            self.at.pop(moment)()


def facts_for(case: Case) -> HostFacts:
    """Of one user, or of the `users` of the case."""
    profiles = [profile({**case, **one}) for one in case.get("users", [{}])]
    return facts_of(case).model_copy(update={"profiles": profiles})


@dataclass
class Hosts:
    """What hosts answer, try after try; the last answer stays. "moved" where nothing is said.

    An answer is an outcome's name, ``outcome code``, "offline", "ctrl-c" (the admin stops before this host), or a
    function that is called and gives one of these. `later`: hosts whose users put the move off; `drift`: hosts whose
    folders do not match; `unseen`: those that cannot be verified.
    """

    script: Mapping[str, list[Any]] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    runs: list[list[str]] = field(default_factory=list)
    orders: list[Mapping[str, Any]] = field(default_factory=list)
    drift: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()
    verified: list[list[str]] = field(default_factory=list)
    fresh: Mapping[str, Case] = field(default_factory=dict)
    later: frozenset[str] = frozenset()

    def __call__(self, run: Run, controls: Controls) -> RunAnswers:
        if run.playbook.name == "verify.yml":
            self.verified.append(list(run.hosts))
            return self._gathered(run, [self._checked(host) for host in run.hosts])
        if run.playbook.name == "notify.yml":
            return self._gathered(run, [self._noticed(host) for host in run.hosts])
        self.runs.append([])
        self.orders.append(run.orders or {})
        told: list[Answer] = []
        for host in run.hosts:
            if not controls.keep_going():
                break
            said = self._next(host)
            if said == INTERRUPT:
                return RunAnswers(gather(run.hosts, told), interrupted=True, rc=1)
            self.runs[-1].append(host)
            for answer in self._answers(host, said):
                told.append(answer)
                controls.progress(answer)
        controls.keep_going()
        return self._gathered(run, told)

    def _gathered(self, run: Run, told: Iterable[Answer]) -> RunAnswers:
        return RunAnswers(gather(run.hosts, told), interrupted=False, rc=0)

    def _next(self, host: str) -> str:
        count = self.tries.get(host, 0)
        self.tries[host] = count + 1
        script = self.script.get(host, ["moved"])
        said = script[min(count, len(script) - 1)]
        return str(said() if callable(said) else said)

    def _answers(self, host: str, said: str) -> Iterable[Answer]:
        if said == "offline":
            yield Answer(host, PROBE, "unreachable", {"msg": "port 22 did not answer"})
            return
        yield Answer(host, "smartde.nextcloud.account_move", "ok", {"profiles": self._profiles(host, said)})
        seen = facts_for(self.fresh.get(host, {}))
        yield Answer(host, "smartde.nextcloud.client_facts", "ok", {"facts": seen.model_dump(mode="json")})

    def _profiles(self, host: str, said: str) -> list[dict[str, str]]:
        """What is said is of every user, or of the users that it names: ``eva failed, max moved``."""
        ordered = [(one["user"], one["config_path"]) for one in self.orders[-1][host]["profiles"]]
        words = {user: part for part in said.split(", ") for user, _ in ordered if part.startswith(f"{user} ")}
        told = [(user, config, words.get(user, f"{user} {said}").split(" ")) for user, config in ordered]
        return [
            {"user": user, "config_path": config, "outcome": part[1], "code": " ".join(part[2:])}
            for user, config, part in told
        ]

    def _noticed(self, host: str) -> Answer:
        answer = "later" if host in self.later else "go"
        shown = {"user": "eva", "state": "shown", "answer": answer}
        return Answer(host, "smartde.nextcloud.user_notice", "ok", {"notices": [shown]})

    def _checked(self, host: str) -> Answer:
        if host in self.unseen:
            return Answer(host, PROBE, "unreachable", {"msg": "port 22 did not answer"})
        lost = 1 if host in self.drift else 0
        made = {"done": True, "same": 5, "lost": lost}
        check = {
            "user": "eva",
            "config_path": CONFIG_PATH,
            "account": "0",
            "group": "Folders",
            "alias": "0",
            "local_path": "/home/eva/Nextcloud/",
            "url": "https://mein.smartde.coop",
            "state": "ok",
            "level": "journal",
            "files": 5,
            "before": made,
            "journal": made,
            "server": {"done": False},
        }
        return Answer(host, "smartde.nextcloud.tree_manifest", "ok", {"folders": [check], "problems": []})


@dataclass(frozen=True)
class WorldCampaign(Campaign):
    """An inventory without Ansible."""

    inventory: list[InventoryHost] = field(default_factory=list)

    def hosts(self, limit: str | None) -> list[InventoryHost]:
        assert limit is None
        return self.inventory

    def listed(self, names: Collection[str]) -> list[InventoryHost]:  # noqa: ARG002 - as in Campaign
        return self.inventory

    def whole(self) -> list[InventoryHost]:
        return self.inventory


class Killed(BaseException):
    """As kill -9: whatever the process would still write comes to nothing."""


@dataclass
class Deaths:
    """`begun` counts the commits."""

    at: int
    when: str
    begun: int = 0

    def reached(self, when: str) -> bool:
        return 0 < self.at < self.begun or (self.begun == self.at and when == self.when)


@dataclass(frozen=True)
class Dying(Database):
    """A store whose process dies at one of its commits."""

    deaths: Deaths = field(default_factory=lambda: Deaths(0, "before"))

    def write(self, work: Callable[[Connection], Result]) -> Result:
        self.deaths.begun += 1
        if self.deaths.reached("before"):
            raise Killed
        answer = super().write(work)
        if self.deaths.reached("after"):
            raise Killed
        return answer


@dataclass
class World:
    """A fleet whose hosts each have one profile that can be moved."""

    folder: Path
    names: list[str]
    hosts: Hosts = field(default_factory=Hosts)
    clock: TestClock = field(default_factory=TestClock)
    cases: Mapping[str, Case] = field(default_factory=dict)
    answers: list[bool] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    notices: Mapping[str, Any] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    sites: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "store.db").write_bytes(empty_store())
        self.store = Store(Database(self._engine()))
        facts = {name: (TIME, facts_for(self.cases.get(name, {}))) for name in self.names}
        self.store.add_facts(self.store.begin("audit", len(facts)), facts)
        self.plan = make_plan(facts, fleet_config(), created=TIME, instance_id=INSTANCE)

    def _engine(self) -> Engine:
        """Without waiting for the disk: a test's store need not survive the machine."""
        engine = open_engine(f"sqlite:///{self.folder / 'store.db'}")
        engine.dispose()
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        return engine

    def dying(self, commit: int, when: str) -> None:
        """From now on the process dies at this commit of the store, before it or right after; 0: at none."""
        self.store = Store(Dying(self._engine(), deaths=Deaths(commit, when)))

    def revived(self) -> None:
        """Another process goes on."""
        self.store = Store(Database(self._engine()))

    def campaign(self) -> Campaign:
        fleet = Fleet(self.folder, fleet_config(notices=self.notices))
        clock = Clock(self.clock.now, self.clock.sleep, random.Random(7))  # noqa: S311 - for a test
        controls = Controls(notify=self.told.append)
        listed = [
            InventoryHost(name, name, vars={"smartfleet_site": self.sites.get(name, "berlin")})
            for name in self.names
            if name not in self.gone
        ]
        return WorldCampaign(fleet, self.store, controls, self.hosts, clock, self._ask, inventory=listed, words=english)

    def apply(self, settings: Mapping[str, Any] | None = None, **how: Any) -> Applied:
        made = RunSettings.model_validate(settings or {})
        return carry_out(self.campaign(), self.plan, made, watch=self.events.append, **how)

    def resume(self, run: str) -> Applied:
        settings = self.store.settings(run)
        assert settings is not None
        return carry_out(self.campaign(), self.plan, settings, watch=self.events.append, resume=run)

    def states(self, run: str) -> dict[str, str]:
        return {row.host: row.state for row in self.store.progress(run)}

    def _ask(self, question: str) -> bool:
        self.asked.append(question)
        return self.answers.pop(0)


@functools.cache
def english() -> Words:
    """Reading the catalogs takes longer than most campaigns here."""
    return load_words("en", data_folder("templates"))


@functools.cache
def empty_store() -> bytes:
    """Making the tables takes most of a test's time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        Store.open(f"sqlite:///{path}").close()
        return path.read_bytes()


def outcomes(applied: Applied) -> dict[str, str]:
    return {one.host: one.outcome for one in applied.outcomes}
