"""Several processes on one store: nothing is lost, nothing is taken twice, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from smartfleet.store import Owner, Store
from tests.integration.postgres import Server

pytestmark = pytest.mark.once

WRITERS = 3


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    server: Server = request.getfixturevalue("server")
    return server.url(server.database())


def at_once(url: str, program: str, *arguments: str) -> list[str]:
    """`program` in several processes that begin together; what each printed. It has `store` and `number`."""
    head = (
        "import sys, json\nfrom smartfleet.store import Owner, Store\nnumber = int(sys.argv[2])\nsys.stdin.readline()\n"
    )
    text = head + "store = Store.open(sys.argv[1])\n" + textwrap.dedent(program)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", text, url, str(number), *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(WRITERS)
    ]  # fmt: skip
    answers = []
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        told, errors = child.communicate(timeout=600)
        assert child.returncode == 0, errors
        answers.append(told)
    return answers


def test_a_new_store_is_made_once(url: str) -> None:
    runs = at_once(url, "print(store.begin('audit', 1))")
    store = Store.open(url)
    assert {run.run for run in store.runs()} == {run.strip() for run in runs}
    store.close()


def test_all_lines_of_the_trail_follow_each_other(url: str) -> None:
    at_once(url, "for line in range(25):\n    store.add_trail('begun', detail=f'{number} {line}')")
    store = Store.open(url)
    checked = store.check_trail()
    assert (checked.ok, checked.entries) == (True, 25 * WRITERS)
    told = [line.detail for line in store.trail()]
    assert sorted(told) == sorted(f"{writer} {line}" for writer in range(WRITERS) for line in range(25))
    for writer in range(WRITERS):
        own = [detail for detail in told if detail.startswith(f"{writer} ")]
        assert own == [f"{writer} {line}" for line in range(25)]
    store.close()


def test_each_host_is_held_by_one_run(url: str) -> None:
    answers = at_once(
        url,
        """
        me = Owner("machine %d" % number, 1, "")
        run = store.begin("apply", 1)
        store.drive(run, me)
        won = []
        for start in range(0, 600, 20):
            # each begins elsewhere, so that they meet
            hosts = ["pc-%d" % ((start + 200 * number + step) % 600) for step in range(40)]
            others = store.lock(run, hosts, 90, me)
            won += [host for host in hosts if host not in others]
        print(json.dumps([run, sorted(set(won))]))
        """,
    )
    won = dict(json.loads(answer) for answer in answers)
    holders = Counter(host for hosts in won.values() for host in hosts)
    assert len(holders) == 600
    assert set(holders.values()) == {1}
    store = Store.open(url)
    assert {lock.host: lock.run for lock in store.locks()} == {
        host: run for run, hosts in won.items() for host in hosts
    }
    store.close()


def test_a_run_is_driven_by_one_process(url: str) -> None:
    store = Store.open(url)
    run = store.begin("apply", 1)
    answers = at_once(
        url,
        """
        from smartfleet.errors import StoreError
        me = Owner("machine %d" % number, 1, "")
        try:
            store.drive(sys.argv[3], me)
            print(me.host)
        except StoreError as error:
            assert error.code == "store/run-alive"
        """,
        run,
    )
    (winner,) = [answer.strip() for answer in answers if answer]
    assert store.driver(run) == Owner(winner, 1, "")
    store.close()


def test_progress_of_one_run_from_several_processes(url: str) -> None:
    store = Store.open(url)
    run = store.begin("apply", 1)
    at_once(
        url,
        """
        from smartfleet.model.campaign import HostProgress
        for attempt in range(10):
            # the same hosts, in another order each
            hosts = ["pc-%d" % ((step * (2 * number + 1)) % 64) for step in range(64)]
            store.set_progress(HostProgress(run=sys.argv[3], host=host, wave=0, attempts=attempt) for host in hosts)
        """,
        run,
    )
    assert {(row.host, row.attempts) for row in store.progress(run)} == {(f"pc-{number}", 9) for number in range(64)}
    store.close()
