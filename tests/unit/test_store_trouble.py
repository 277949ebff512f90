"""A store that is full, busy, read-only, of another version, or half broken: a clear error, and nothing lost."""

from __future__ import annotations

import os
import pwd
import re
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from smartfleet.errors import StoreError
from smartfleet.model.campaign import HostProgress
from smartfleet.model.plan import HostPlan, Plan
from smartfleet.plan.file import plan_hash, sealed
from smartfleet.store import Owner, Store, schema
from smartfleet.store.database import Database, Waits
from smartfleet.store.errors import passes, store_error
from smartfleet.store.schema import open_engine
from smartfleet.store.standings import Marks
from tests.unit.builders import facts_of

FULL = 80
"""Pages of the database file: room for its tables and a little more."""


def full_up(connection: Any, _record: object) -> None:
    connection.execute(f"pragma max_page_count = {FULL}")


def test_a_full_disk_stops_a_run_that_then_goes_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    engine = open_engine(url)
    engine.dispose()
    event.listen(engine, "connect", full_up)
    store = Store(Database(engine))
    run = store.begin("apply", 1)
    store.drive(run, Owner.mine())
    rows = [HostProgress(run=run, host=f"pc-{number:06}", wave=0) for number in range(5_000)]
    store.set_progress(rows[:5])
    with pytest.raises(StoreError) as caught:
        store.set_progress(rows)
    assert caught.value.code == "store/full"
    assert "apply --resume" in caught.value.do
    # all of it or nothing, and what was there before is there
    assert store.progress(run) == rows[:5]
    with pytest.raises(StoreError) as caught:
        store.add_facts(run, dict.fromkeys([row.host for row in rows], (1.0, facts_of({}))))
    assert caught.value.code == "store/full"
    store.close()
    # room was made
    again = Store.open(url)
    again.drive(run, Owner.mine())
    again.set_progress(rows)
    assert again.progress(run) == rows
    again.close()
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder = Path(tempfile.mkdtemp(prefix="sf-disk-", dir="/tmp"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False)
    if mounted.returncode:
        folder.rmdir()
        pytest.skip("this machine mounts nothing")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()


@pytest.mark.parametrize(("size", "code"), [("8k", "store/unusable"), ("100k", "store/full")])
def test_a_disk_without_room_for_a_new_store(size: str, code: str) -> None:
    with small_disk(size) as disk, pytest.raises(StoreError) as caught:
        Store.open(f"sqlite:///{disk}/store.db")
    # SQLite says "disk I/O error" when there is no room for its shared memory
    assert caught.value.code == code
    assert "full" in str(caught.value) or "no room" in str(caught.value)


def fill(store: Store) -> None:
    for _ in range(10_000):
        store.add_trail("begun", hosts=["pc"] * 300)


@pytest.mark.parametrize("size", ["300k", "600k"])
def test_a_disk_that_fills_up(size: str) -> None:
    with small_disk(size) as disk:
        store = Store.open(f"sqlite:///{disk}/store.db")
        with pytest.raises(StoreError) as caught:
            fill(store)
        assert caught.value.code == "store/full"
        assert store.check_trail().ok
        assert store.trail()
        store.close()


def test_another_process_that_keeps_it_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_BUSY_SECONDS", 0.1)
    store = Store.open(f"sqlite:///{tmp_path}/store.db")
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(StoreError) as caught:
            store.begin("audit", 1)
        assert caught.value.code == "store/busy"
        # reading waits for nobody
        assert store.runs() == []
        other.execute("rollback")
    store.begin("audit", 1)


@pytest.mark.parametrize("folder", [0o755, 0o555, 0o700])
def test_a_store_of_somebody_else_is_an_error(folder: int) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can be two people")
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(prefix="sf-store-", dir="/tmp") as name:
        place = Path(name)
        Store.open(f"sqlite:///{place}/store.db").close()
        (place / "store.db").chmod(0o644)
        place.chmod(folder)
        child = os.fork()
        if not child:
            os.setgroups([])
            os.setuid(nobody.pw_uid)
            try:
                Store.open(f"sqlite:///{place}/store.db").begin("audit", 1)
            except StoreError as error:
                os._exit(0 if error.code in {"store/read-only", "store/unwritable"} and error.do else 2)
            finally:
                os._exit(3)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def older(file: Path, *, upto: str) -> None:
    """A store as the version before left it."""
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, upto)
    engine.dispose()


def test_a_store_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    older(file, upto="0001")
    hosts = [HostPlan(host=host, os="linux", facts_taken=1.5, profiles=[]) for host in ("pc-2", "größer", "pc-1")]
    plan = sealed(
        Plan(created=1.0, old_servers=["https://ä"], new_server="b", strategy="move", instance_id="", hosts=hosts)
    )
    empty = sealed(plan.model_copy(update={"hosts": []}))
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("insert into runs values ('r', 'apply', 1.0, null, 'running', 'eva', ?, 3)", [plan.hash])
        connection.execute("insert into runs values ('q', 'audit', 0.5, 1.0, 'done', 'eva', '', 3)")
        for one in (plan, empty):
            connection.execute("insert into plans values (?, 1.0, ?)", [one.hash, one.model_dump_json()])
        document = facts_of({}).model_dump_json()
        connection.execute("insert into facts values (1, 'r', 'pc-1', 1.0, ?)", [document])
    store = Store.open(f"sqlite:///{file}")
    kept = store.plan(plan.hash)
    assert kept == plan
    assert plan_hash(plan) == plan_hash(kept)
    assert store.plan(empty.hash) == empty
    assert [host.host for host in store.plan_hosts(plan.hash, ["pc-1", "pc-2"])] == ["pc-2", "pc-1"]
    assert store.facts() == {"pc-1": (1.0, facts_of({}))}
    assert [(run.run, run.parent, run.driven) for run in store.runs()] == [("r", "", False), ("q", "", False)]
    # a run from before can be closed by whoever comes next
    store.drive("r", Owner.mine())
    store.finish("r", "failed")
    store.close()


def test_a_store_of_the_second_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """What was seen before judgements were kept is there to be judged, the oldest too."""
    file = tmp_path / "store.db"
    older(file, upto="0002")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "insert into runs (id, verb, started, finished, state, admin, plan_hash, hosts, number)"
            " values ('r', 'audit', 1.0, 2.0, 'done', 'eva', '', 1, 1)"
        )
        for number in (1, 2):
            document = facts_of({"user": f"eva{number}"}).model_dump_json()
            connection.execute("insert into facts values (?, 'r', 'pc-1', ?, ?)", [number, float(number), document])
    store = Store.open(f"sqlite:///{file}")
    assert (store.judged(), store.history(9), store.first_moment(), store.folder_past(["pc-1"])) == ({}, [], None, {})
    assert list(store.each_first_facts(["pc-1"])) == [("pc-1", 1.0, facts_of({"user": "eva1"}))]
    assert store.last_seen(["pc-1"]) == {"pc-1": 2.0}
    store.add_judgements("r", [])
    assert store.judged(run="r") == {}
    store.close()


def test_a_store_of_the_fourth_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """Nothing is kept of what is counted, and nobody waits to be told of old runs."""
    file = tmp_path / "store.db"
    older(file, upto="0004")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "insert into runs (id, verb, started, finished, state, admin, plan_hash, hosts, number, parent)"
            " values ('r', 'audit', 1.0, 2.0, 'done', 'eva', '', 1, 1, '')"
        )
        connection.execute("insert into facts values (7, 'r', 'pc-1', 1.0, ?)", [facts_of({}).model_dump_json()])
    store = Store.open(f"sqlite:///{file}")
    assert (store.standings(["pc-1"]), store.untold(0.0)) == ({}, [])
    assert store.marks(["pc-1", "pc-2"]) == {"pc-1": Marks(facts_id=7)}
    store.finish("r", "done")
    assert store.untold(0.0) == ["r"]
    store.close()


def test_an_upgrade_that_breaks_off_leaves_the_old_store(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    older(file, upto="0001")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("insert into plans values ('x', 1.0, 'no JSON')")
    before = _tables(file)
    with pytest.raises(StoreError) as caught:
        Store.open(f"sqlite:///{file}")
    assert caught.value.code == "store/damaged"
    assert _tables(file) == before


def _tables(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {row[0] for row in connection.execute("select sql from sqlite_master")}


class AwayError(Exception):
    """As psycopg tells that a server is away: with its code, or without one when nothing answered."""

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("kind", "message", "state", "passing", "code"),
    [
        (OperationalError, "connection refused", None, True, "store/away"),
        (InterfaceError, "the connection is closed", None, True, "store/away"),
        (OperationalError, "terminating connection due to administrator command", "57P01", True, "store/away"),
        (OperationalError, "the database system is starting up", "57P03", True, "store/away"),
        (OperationalError, "sorry, too many clients already", "53300", True, "store/away"),
        (OperationalError, "deadlock detected", "40P01", True, "store/away"),
        (OperationalError, "connection exception", "08006", True, "store/away"),
        (OperationalError, "could not extend file: No space left on device", "53100", False, "store/full"),
        (OperationalError, "cannot execute INSERT in a read-only transaction", "25006", False, "store/read-only"),
        (OperationalError, "permission denied for table runs", "42501", False, "store/read-only"),
        (IntegrityError, "duplicate key\nDETAIL: s3cret", "23505", False, "store/unusable"),
    ],
)
def test_what_a_server_says(
    kind: type[OperationalError], message: str, state: str | None, code: str, *, passing: bool
) -> None:
    error = kind("select s3cret", {}, AwayError(message, state))
    told = store_error(error, create_engine("postgresql+psycopg://fleet:s3cret@127.0.0.1/fleet").url)
    assert (passes(error), told.code) == (passing, code)
    assert "s3cret" not in str(told)


class Restarting:
    """A server that is away for some attempts, with a clock of its own."""

    def __init__(self, away: int, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        self.away = away
        self.now = 0.0
        self.attempts = 0
        monkeypatch.setattr(Database, "remote", property(lambda _self: True))
        monkeypatch.setattr(Database, "now", lambda _self, _session: 0.0)
        monkeypatch.setattr(Database, "_is_first", lambda _self, _session, _mark: True)
        self.engine = open_engine(url)
        event.listen(self.engine, "begin", self._refuse)

    def _refuse(self, _connection: Connection) -> None:
        self.attempts += 1
        if self.attempts <= self.away:
            raise OperationalError("select 1", {}, AwayError("connection refused"))

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def database(self) -> Database:
        return Database(self.engine, Waits(patience=60.0, steady=lambda: self.now, sleep=self.sleep))


@pytest.mark.parametrize(("away", "seconds", "works"), [(0, 0.0, True), (3, 0.7, True), (1000, 60.0, False)])
def test_how_long_a_server_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, away: int, seconds: float, *, works: bool
) -> None:
    server = Restarting(away, monkeypatch, f"sqlite:///{tmp_path}/store.db")
    database = server.database()
    try:
        assert database.read(lambda session: session.scalar(text("select 1"))) == 1
        done = True
    except StoreError as error:
        done = error.code != "store/unusable"
    assert (done, server.attempts > away) == (works, works)
    assert seconds - 2 <= server.now <= seconds + 0.01
    server.engine.dispose()


def test_every_code_is_in_the_docs_and_no_other() -> None:
    root = Path(__file__).parents[2]
    sources = [*(root / "smartfleet" / "store").glob("*.py"), root / "smartfleet" / "cli" / "history.py"]
    raised = {code for path in sources for code in re.findall(r'"(store/[a-z-]+)"', path.read_text("utf-8"))}
    told = set(re.findall(r"^\| `(store/[a-z-]+)` \|", (root / "docs" / "store.md").read_text("utf-8"), re.MULTILINE))
    assert raised == told
