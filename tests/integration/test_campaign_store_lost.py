"""A run whose store fails in the middle: it goes on when the store is soon back, and can be resumed when it is not.

The hosts exist only in the test; the server and the full database are real.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import event

from smartfleet.errors import StoreError
from smartfleet.store import Store
from smartfleet.store.database import Database, Waits
from smartfleet.store.schema import open_engine
from tests.integration.postgres import Server
from tests.unit.builders import TIME, facts_of
from tests.unit.campaign_world import Hosts, World, outcomes

pytestmark = pytest.mark.once

NAMES = [f"pc-{number}" for number in range(6)]
TWO_WAVES = {"campaign": {"waves": [3], "verify": "none"}}
MOVED = dict.fromkeys(NAMES, "moved")


def world_on(store: Store, folder: Path, hosts: Hosts, names: list[str] = NAMES) -> World:
    world = World(folder, names, hosts)
    world.store.close()
    world.store = store
    store.add_facts(store.begin("audit", len(names)), {name: (TIME, facts_of({})) for name in names})
    return world


def told_once(world: World, run: str) -> None:
    """The store knows each host once, at its end, and the trail is whole."""
    known = {row.host: (row.state, row.outcome) for row in world.store.progress(run)}
    assert known == dict.fromkeys(world.names, ("done", "moved"))
    assert sorted(one.host for one in world.store.outcomes(run=run)) == sorted(world.names)
    assert world.store.locks() == []
    assert world.store.check_trail().ok
    assert [line.event for line in world.store.trail() if line.run == run][-1] == "ended"


def test_a_server_that_is_restarted_holds_the_run_up_and_no_more(server: Server, tmp_path: Path) -> None:
    def restart() -> str:
        server.stop("fast")
        threading.Timer(1.0, server.start).start()
        return "moved"

    store = Store.open(server.url(server.database()))
    world = world_on(store, tmp_path, Hosts({"pc-1": [restart]}))
    done = world.apply(TWO_WAVES)
    assert (done.state, outcomes(done)) == ("done", MOVED)
    assert world.hosts.tries == dict.fromkeys(NAMES, 1)
    told_once(world, done.run)
    store.close()


def test_a_server_that_stays_away_stops_the_run_and_a_resume_goes_on(server: Server, tmp_path: Path) -> None:
    def stop() -> str:
        server.stop()
        return "moved"

    name = server.database()
    store = Store.open(server.url(name), Waits(patience=0.5))
    world = world_on(store, tmp_path, Hosts({"pc-1": [stop, "moved"]}))
    with pytest.raises(StoreError) as caught:
        world.apply(TWO_WAVES)
    assert caught.value.code == "store/away"
    # nothing new was begun without the store
    assert len(world.hosts.runs) == 1
    assert any("apply --resume" in told for told in world.told)
    server.start()
    (run,) = [run for run in store.runs() if run.verb == "apply"]
    assert run.state == "running"
    done = world.resume(run.run)
    assert (done.state, outcomes(done)) == ("done", MOVED)
    told_once(world, run.run)
    store.close()


def test_a_database_that_is_full_stops_the_run_and_a_resume_goes_on(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/full.db")
    pages = [1 << 30]
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(f"pragma max_page_count = {pages[-1]}"))
    store = Store(Database(engine))

    def fill() -> str:
        # the file does not grow any more, and what is left in it is used up
        pages.append(1)
        with suppress(StoreError):
            while store.add_trail("filling", detail="x" * 1000):
                pass
        return "moved"

    names = [f"pc-{number}" for number in range(60)]
    world = world_on(store, tmp_path, Hosts({"pc-1": [fill, "moved"]}), names)
    with pytest.raises(StoreError) as caught:
        world.apply({"campaign": {"waves": [30], "verify": "none"}})
    assert caught.value.code == "store/full"
    assert len(world.hosts.runs) == 1
    (run,) = [run for run in store.runs() if run.verb == "apply"]
    # the word that it failed may still have found room
    assert run.state in {"running", "failed"}
    pages.append(1 << 30)
    done = world.resume(run.run)
    assert (done.state, outcomes(done)) == ("done", dict.fromkeys(names, "moved"))
    told_once(world, run.run)
    store.close()
