"""What is Dask's alone: the strict profile and what Dask does with tasks, against a real scheduler and real workers."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, Scheduler, versions

from smartfleet.engines.answers import Answer
from smartfleet.engines.dask import adapter
from smartfleet.engines.dask.cluster import Cluster
from smartfleet.engines.dask.link import DaskLink
from smartfleet.engines.dask.profile import WorkerState
from smartfleet.errors import EngineError
from tests.integration.engines.carrying import Carrier, until
from tests.integration.engines.dask_ground import DaskGround, dask_cluster, dask_ground
from tests.integration.engines.hosts import Hosts

pytestmark = pytest.mark.once
SECRETS = ("planted-in-the-inventory", "planted-for-sudo")


@contextmanager
def short_ground(*names: str) -> Iterator[DaskGround]:
    """In a folder with a short name, for sockets lie in it."""
    with (
        tempfile.TemporaryDirectory(prefix="sf-", dir="/tmp", ignore_cleanup_errors=True) as folder,
        dask_ground(Path(folder), names) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def ground() -> Iterator[DaskGround]:
    with short_ground("w1", "w2") as found:
        yield found


def refused(ground: DaskGround, **settings: Any) -> EngineError:
    engine = ground.another(**settings)
    try:
        with pytest.raises(EngineError) as caught:
            engine.check()
    finally:
        engine.close()
    return caught.value


def marks(ground: DaskGround) -> int:
    """How many attempts worker programs began, on all machines of the cluster."""
    return len([path for path in ground.cluster.folder.rglob("smartfleet/attempts/*") if path.is_file()])


def test_every_worker_says_what_it_is(ground: DaskGround) -> None:
    assert list(ground.engine.check()) == ["w1", "w2"]


def test_another_python_there_is_no_trouble(ground: DaskGround, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask warns of it with a table, and a warning would fail this test: what must be alike is asked of the workers."""
    told = versions.get_versions()
    told["packages"]["python"] = "3.99.0.final.0"
    monkeypatch.setattr(versions, "get_versions", lambda: told)
    engine = ground.another()
    try:
        assert list(engine.check()) == ["w1", "w2"]
    finally:
        engine.close()


def test_a_worker_that_would_refuse_does_not_hide_the_others(
    ground: DaskGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = adapter._beside

    def one_is_full(cluster: Cluster, state: WorkerState) -> DaskLink:
        if state.name == "w2":
            raise EngineError("worker/disk", "no room")
        return beside(cluster, state)

    monkeypatch.setattr(adapter, "_beside", one_is_full)
    told = ground.engine.check()
    assert not isinstance(told["w1"], EngineError)
    assert isinstance(told["w2"], EngineError)
    assert told["w2"].code == "worker/disk"


def test_a_site_that_no_worker_offers_is_told_when_they_are_asked(ground: DaskGround) -> None:
    engine = ground.another(sites=["north", "south"])
    try:
        with pytest.raises(EngineError, match="2 workers, none of which offers site-south") as caught:
            engine.check()
    finally:
        engine.close()
    assert caught.value.code == "engine/no-worker"


def test_answers_come_while_others_are_still_awaited(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("quick")
    hosts.add("slow", seconds=120)
    attempt, told = carrier.submit(carrier.order("audit"), carrier.shard("audit"))
    event = told.queue.get(timeout=600)
    while isinstance(event.said, Answer) and not (event.said.ours and event.said.host == "quick"):
        event = told.queue.get(timeout=600)
    assert isinstance(event.said, Answer)
    assert until(lambda: hosts.begun("slow"))
    attempt.cancel()
    assert carrier.nothing_left()


def test_no_order_is_kept_or_shown_by_dask(ground: DaskGround, carrier: Carrier, hosts: Hosts, tmp_path: Path) -> None:
    """Looked at while the shard is worked on."""
    hosts.add("slow", seconds=120, some_password=SECRETS[0])
    order, shard = carrier.order(password=SECRETS[1]), carrier.shard()
    cluster = ground.cluster
    attempt, told = carrier.submit(order, shard)
    assert until(lambda: hosts.begun("slow"))
    with Client(cluster.address, security=cluster.security()) as client:  # type: ignore[no-untyped-call]
        client.dump_cluster_state(str(tmp_path / "dump"), format="yaml")
        shown = [str(client.get_events()), str(client.get_scheduler_logs()), str(client.get_worker_logs())]
    attempt.cancel()
    assert told.end().state == "cancelled"
    dump = (tmp_path / "dump.yaml").read_text()
    assert shard.key in dump
    shown += [dump, *(cluster.log(name) for name in ("scheduler", "w1", "w2"))]
    # of the archive as it travels; its beginning is the same for all archives
    archive = b"".join(order.chunks())[len(order.head) :].decode()
    for text in shown:
        assert not [secret for secret in SECRETS if secret in text]
        assert archive[40:80] not in text


def test_a_task_that_dask_runs_a_second_time_has_nothing_to_work_on(
    ground: DaskGround, carrier: Carrier, hosts: Hosts, tmp_path: Path
) -> None:
    """Measured: a worker that is retired loses its task to another at once, though no failure is allowed."""
    hosts.add("slow", seconds=120)
    cluster, before = ground.cluster, marks(ground)
    attempt, told = carrier.submit()
    assert until(lambda: hosts.begun("slow"))
    first = attempt.worker
    with Client(cluster.address, security=cluster.security()) as client:  # type: ignore[no-untyped-call]
        client.retire_workers(names=[first])
    assert told.end().state in {"lost", "cancelled"}
    assert until(lambda: not ground.processes())
    assert (marks(ground) - before, hosts.begun("slow"), hosts.ended("slow")) == (1, 1, 0)
    # the second run of the task does not keep the other worker
    cluster.kill(first)
    later = Carrier(ground, Hosts(tmp_path / "later"), tmp_path)
    later.hosts.add("quick")
    _, told = later.submit(later.order("audit"), later.shard("audit"))
    end = told.end()
    cluster.start_worker(first)
    cluster.wait_for(first)
    assert end.state == "done"


def test_a_shard_that_waits_for_a_worker_can_be_cancelled(ground: DaskGround, carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("slow", seconds=120)
    before = marks(ground)
    busy = [carrier.submit() for _ in ground.cluster.names]
    assert until(lambda: hosts.begun("slow") == len(busy))
    third, waiting = carrier.submit()
    third.cancel()
    end = waiting.end()
    assert (end.state, end.begun) == ("cancelled", False)
    for attempt, told in busy:
        attempt.cancel()
        assert told.end().state == "cancelled"
    assert carrier.nothing_left()
    assert marks(ground) - before == len(busy)


def test_two_controllers_cannot_have_the_same_attempt(ground: DaskGround, carrier: Carrier, hosts: Hosts) -> None:
    """Not from the worker that is free either, which has no note of it; and not later."""
    hosts.add("slow", seconds=120)
    shard, before = carrier.shard(), marks(ground)
    attempt, told = carrier.submit(shard=shard)
    assert until(lambda: hosts.begun("slow"))
    other = ground.another()
    try:
        while_at_work = carrier.submit(shard=shard, engine=other)[1].end()
    finally:
        other.close()
    attempt.cancel()
    assert told.end().state == "cancelled"
    other = ground.another()
    try:
        later = carrier.submit(shard=shard, engine=other)[1].end()
    finally:
        other.close()
    for end in (while_at_work, later):
        assert (end.state, end.begun, end.code) == ("failed", False, "worker/same-attempt")
    assert (hosts.begun("slow"), marks(ground) - before) == (1, 1)


def test_a_site_without_a_worker_is_refused(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("a")
    with pytest.raises(EngineError, match="south") as caught:
        carrier.submit(shard=replace(carrier.shard(), site="south"))
    assert caught.value.code == "engine/no-worker"


def test_a_shard_goes_to_a_worker_that_reaches_its_site(ground: DaskGround, carrier: Carrier, hosts: Hosts) -> None:
    """One after the other: the workers that are idle meanwhile do not reach it."""
    hosts.add("a")
    ground.cluster.start_worker("far", "--resources", "site-south=1")
    ground.cluster.wait_for("far")
    taken = []
    try:
        for _ in range(3):
            attempt, told = carrier.submit(carrier.order("audit"), replace(carrier.shard("audit"), site="south"))
            assert told.end().state == "done"
            taken.append(attempt.worker)
    finally:
        ground.cluster.end("far")
    assert taken == ["far"] * 3


def test_a_worker_with_a_nanny_and_two_threads_is_refused(ground: DaskGround) -> None:
    """By whoever connects then, and by whoever was there before."""
    ground.engine.check()
    ground.cluster.start_worker("odd", "--nanny", "--nthreads", "2", "--lifetime", "1 hour")
    ground.cluster.wait_for("odd")
    try:
        error = refused(ground)
        with pytest.raises(EngineError) as caught:
            ground.engine.check()
    finally:
        ground.cluster.end("odd")
    assert (error.code, caught.value.code) == ("engine/dask-threads", "engine/dask-threads")
    assert all(word in error.message for word in ("odd", "2 shards at once", "nanny", "lifetime"))


def test_a_scheduler_that_is_otherwise_is_refused_with_all_that_is_wrong(tmp_path: Path) -> None:
    changes = {
        "scheduler": {
            "allowed-failures": 3,
            "work-stealing": True,
            "http": {"routes": ["distributed.http.scheduler.info"]},
        },
        "comm": {"require-encryption": False},
    }
    loose = dask_cluster(tmp_path, [], changes=changes, environment={"DASK_LOGGING__DISTRIBUTED": "debug"})
    with loose:
        ground = DaskGround(loose)
        error, with_dashboard = refused(ground), refused(ground, dashboard=True)
    for word in ("allowed-failures", "work-stealing", "require-encryption", "debug", "http"):
        assert word in error.message
    assert "http" not in with_dashboard.message


def test_a_scheduler_on_plain_tcp_gets_no_word(ground: DaskGround) -> None:
    async def ask() -> EngineError:
        async with Scheduler(
            protocol="tcp", host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0"
        ) as scheduler:
            address = scheduler.address.replace("tcp://", "tls://")
            return await asyncio.to_thread(refused, ground, scheduler=address)

    assert asyncio.run(ask()).code == "engine/no-tls"


def test_a_certificate_of_another_authority_opens_nothing(ground: DaskGround, tmp_path: Path) -> None:
    with dask_cluster(tmp_path, []) as other:
        stranger = {"certificate_file": str(other.certificate_file), "key_file": str(other.key_file)}
        assert refused(ground, **stranger).code == "engine/certificate-refused"
        assert refused(ground, scheduler=other.address).code == "engine/scheduler-certificate"


def test_a_scheduler_that_hangs_loses_the_shard_and_its_worker_ends_the_program(
    ground: DaskGround, carrier: Carrier, hosts: Hosts
) -> None:
    """It stands still and then goes on, as a machine that swaps: nobody has to be started again."""
    hosts.add("slow", seconds=120)
    _, told = carrier.submit()
    assert until(lambda: hosts.begun("slow"))
    ground.freeze("scheduler")
    end = told.end()
    assert (end.state, end.code, end.begun) == ("lost", "worker/silent", True)
    assert carrier.nothing_left()
    assert (hosts.begun("slow"), hosts.ended("slow")) == (1, 0)
    assert list(ground.engine.check()) == ["w1", "w2"]


def test_a_scheduler_that_dies_loses_the_shard_and_its_worker_ends_the_program(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("slow", seconds=120)
    with short_ground("w1") as own:
        _, told = carrier.submit(engine=own.engine)
        assert until(lambda: hosts.begun("slow"))
        own.cluster.kill("scheduler")
        end = told.end()
        assert (end.state, end.code, end.begun) == ("lost", "engine/scheduler-lost", True)
        assert until(lambda: not own.processes())
        with pytest.raises(EngineError) as caught:
            carrier.submit(engine=own.engine)
        assert caught.value.code == "engine/no-scheduler"
    assert (hosts.begun("slow"), hosts.ended("slow")) == (1, 0)
