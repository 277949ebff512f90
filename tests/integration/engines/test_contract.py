"""What every engine keeps to, with real processes: once, without a gap, to one end, and nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from smartfleet.engines import dialogue, wire
from smartfleet.engines.protocol import Ended
from smartfleet.errors import EngineError
from smartfleet.paths import data_folder
from tests.integration.engines.carrying import Carrier, until
from tests.integration.engines.grounds import Ground, worker_programs
from tests.integration.engines.hosts import Hosts
from tests.integration.written import written

pytestmark = pytest.mark.once

SECRETS = ("planted-in-the-inventory", "planted-for-sudo")
MOVED = [("account_move", "ok"), ("client_facts", "ok")]


@pytest.fixture(autouse=True)
def tidy(ground: Ground) -> Iterator[None]:
    """Whatever a test did, no process of a shard outlives it."""
    yield
    assert until(lambda: not ground.processes()), ground.processes()


def test_events_come_without_a_gap_to_one_end(carrier: Carrier, hosts: Hosts) -> None:
    for name in ("a", "b c", "ü"):
        hosts.add(name)
    attempt, told = carrier.submit()
    end = told.end()
    assert (end.state, end.begun, end.rc) == ("done", True, 0), end
    assert {name: told.answers(name) for name in hosts.names} == dict.fromkeys(hosts.names, MOVED)
    assert attempt.worker
    assert carrier.nothing_left()
    assert told.nothing_after_the_end


def test_a_reading_playbook_goes_the_same_way(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("a")
    _, told = carrier.submit(carrier.order("audit"), carrier.shard("audit"))
    end = told.end()
    assert (end.state, end.rc, told.answers("a")) == ("done", 0, [("client_facts", "ok")]), end


def test_a_worker_that_is_killed_is_lost_and_its_playbook_was_started_once(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("quick")
    hosts.add("slow", seconds=120)
    _, told = carrier.submit()
    assert until(lambda: hosts.begun("slow") and hosts.ended("quick"))
    os.kill(worker_programs(carrier.ground.processes())[0], signal.SIGKILL)
    end = told.end()
    assert (end.state, end.begun) == ("lost", True), end
    assert end.code
    assert end.do
    assert carrier.nothing_left()
    assert (hosts.begun("slow"), hosts.ended("slow")) == (1, 0)
    assert told.nothing_after_the_end


def test_nothing_outlives_a_worker_that_is_killed_with_its_watcher(carrier: Carrier, hosts: Hosts) -> None:
    """As by whoever kills all that is called so: what is below them sees it, and touches no further host."""
    for name in ("a", "b"):
        hosts.add(name, seconds=4)
    _, told = carrier.submit(carrier.order(forks=1))
    assert until(lambda: hosts.begun("a"))
    for pid in worker_programs(carrier.ground.processes()):
        os.kill(pid, signal.SIGKILL)
    assert until(lambda: not carrier.ground.processes()), carrier.ground.processes()
    end = told.end()
    assert (end.state, end.begun) == ("lost", True), end
    assert (hosts.begun("a"), hosts.begun("b")) == (1, 0)


def test_an_ansible_that_is_killed_is_a_loss(carrier: Carrier, hosts: Hosts) -> None:
    """As by a machine that has no memory left: the worker itself lives."""
    hosts.add("quick")
    hosts.add("slow", seconds=120)
    _, told = carrier.submit()
    assert until(lambda: hosts.begun("slow") and hosts.ended("quick"))
    playbooks = [pid for pid, line in carrier.ground.processes().items() if "/ansible-playbook" in line]
    os.kill(min(playbooks), signal.SIGKILL)
    end = told.end()
    assert (end.state, end.begun, end.code) == ("lost", True, "worker/runner"), end
    assert carrier.nothing_left()
    assert hosts.ended("slow") == 0


def test_a_worker_that_its_machine_ends_is_lost(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("slow", seconds=120)
    _, told = carrier.submit()
    assert until(lambda: hosts.begun("slow"))
    os.kill(worker_programs(carrier.ground.processes())[0], signal.SIGTERM)
    end = told.end()
    assert (end.state, end.begun, end.code) == ("lost", True, "worker/terminated"), end
    assert carrier.nothing_left()


def test_cancelling_leaves_no_process(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("slow", seconds=120)
    attempt, told = carrier.submit()
    assert until(lambda: hosts.begun("slow"))
    assert any("ansible-playbook" in line for line in carrier.ground.processes().values())
    attempt.cancel()
    attempt.cancel()
    end = told.end()
    assert (end.state, end.begun) == ("cancelled", True), end
    assert carrier.nothing_left()
    assert hosts.ended("slow") == 0


def test_cancelling_at_once_begins_nothing(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("a")
    attempt, told = carrier.submit()
    attempt.cancel()
    end = told.end()
    assert (end.state, end.begun) == ("cancelled", False), end
    assert carrier.nothing_left()
    assert hosts.begun("a") == 0


def test_stopping_lets_running_hosts_finish_and_begins_no_other(carrier: Carrier, hosts: Hosts) -> None:
    for name in ("a", "b", "c"):
        hosts.add(name, seconds=3)
    attempt, told = carrier.submit(carrier.order("audit", forks=1), carrier.shard("audit"))
    assert until(lambda: hosts.begun("a"))
    attempt.stop()
    end = told.end()
    assert (end.state, told.answers("a")) == ("done", [("client_facts", "ok")]), end
    assert (hosts.begun("b"), hosts.begun("c")) == (0, 0)


def test_no_host_is_begun_after_the_deadline(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("a")
    _, told = carrier.submit(shard=carrier.shard(deadline=time.time() - 1))
    assert told.end().state == "done"
    assert hosts.begun("a") == 0


def test_no_secret_is_in_a_file_or_an_argument(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("a", seconds=2, some_password=SECRETS[0])
    order = carrier.order(password=SECRETS[1])
    assert not [secret for secret in SECRETS if secret in repr(order)]
    _, told = carrier.submit(order)
    seen: set[bytes] = set()
    while not hosts.ended("a"):
        seen |= set().union(*map(written, carrier.ground.places))
        seen |= {line.encode() for line in carrier.ground.processes().values()}
    assert told.end().state == "done"
    seen |= set().union(*map(written, carrier.ground.places))
    # it was looked where workers write, and at what they run
    assert [content for content in seen if b"nextcloud.cfg" in content]
    assert [content for content in seen if b"ansible-playbook" in content]
    assert not [content for content in seen for secret in SECRETS if secret.encode() in content]
    assert not [event for event in told.events for secret in SECRETS if secret in repr(event)]


def test_a_payload_that_is_not_what_was_sent_begins_nothing(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("a")
    end, _ = carrier.carry(sha256="0" * 64)
    assert (end.state, end.begun, end.code) == ("failed", False, "worker/damaged"), end
    assert hosts.begun("a") == 0


def test_a_worker_of_another_version_refuses(carrier: Carrier, hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "__version__", "9.9.9")
    _refuses(carrier, hosts, "worker/version", "9.9.9")


def test_a_worker_with_other_playbooks_refuses(carrier: Carrier, hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "playbooks_digest", lambda: "another")
    _refuses(carrier, hosts, "worker/playbooks", "playbooks")


def test_a_worker_whose_clock_is_wrong_refuses(carrier: Carrier, hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        dialogue, "header", lambda shard, order, digest, now: wire.header(shard, order, digest, now + 3600)
    )
    _refuses(carrier, hosts, "worker/clock", "behind")


def test_a_worker_without_a_collection_refuses(carrier: Carrier, hosts: Hosts) -> None:
    """Ansible itself is asked before it says a word, which takes long on a busy machine."""
    _refuses(carrier, hosts, "worker/collection", "no.such", needs=("no.such",), silence=30.0)


def test_a_worker_whose_disk_is_full_refuses(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("a")
    # it lies on the controller's own disk
    order = carrier.order()
    with _full(carrier.ground.disks):
        _, told = carrier.submit(order)
        end = told.end()
    _is_refusal(end, "worker/disk", "free")
    assert hosts.begun("a") == 0
    assert len(told.events) == 1


@contextmanager
def _full(folders: Sequence[Path]) -> Iterator[None]:
    """A disk of their own for each, with next to no room."""
    with ExitStack() as mounted:
        for folder in folders:
            words = ["mount", "-t", "tmpfs", "-o", "size=64k", "smartfleet-test", str(folder)]
            done = subprocess.run(words, check=False, capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
            mounted.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=True)
        yield


def _refuses(carrier: Carrier, hosts: Hosts, code: str, word: str, **changes: object) -> None:
    hosts.add("a")
    end, told = carrier.carry(**changes)
    _is_refusal(end, code, word)
    assert hosts.begun("a") == 0
    assert len(told.events) == 1


def _is_refusal(end: Ended, code: str, word: str) -> None:
    assert (end.state, end.begun, end.code) == ("failed", False, code), end
    assert word in end.message
    assert end.why
    assert end.do


def test_the_same_attempt_is_carried_once(carrier: Carrier, hosts: Hosts) -> None:
    """Whether this controller sends it again, or one that was started anew."""
    hosts.add("a")
    shard = carrier.shard()
    _, told = carrier.submit(shard=shard)
    with pytest.raises(EngineError, match="submitted before"):
        carrier.submit(shard=shard)
    assert told.end().state == "done"
    again = carrier.ground.another()
    try:
        _, told = carrier.submit(shard=shard, engine=again)
        end = told.end()
    finally:
        again.close()
    assert (end.state, end.begun, end.code) == ("failed", False, "worker/same-attempt"), end
    assert hosts.begun("a") == 2


def test_a_worker_that_cannot_be_heard_is_lost_and_ends_all_by_itself(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("slow", seconds=120)
    _, told = carrier.submit()
    assert until(lambda: hosts.begun("slow"))
    carrier.ground.sever()
    end = told.end()
    assert (end.state, end.begun) == ("lost", True), end
    assert carrier.nothing_left()
    assert (hosts.begun("slow"), hosts.ended("slow")) == (1, 0)


def test_an_engine_that_is_closed_leaves_nothing(carrier: Carrier, hosts: Hosts) -> None:
    hosts.add("slow", seconds=120)
    engine = carrier.ground.another()
    _, told = carrier.submit(engine=engine)
    assert until(lambda: hosts.begun("slow"))
    engine.close()
    assert told.end().state == "cancelled"
    assert carrier.nothing_left()


def test_workers_say_what_they_are(ground: Ground) -> None:
    told = ground.engine.check()
    assert told
    for about in told.values():
        assert isinstance(about, dict)
        assert {"name", "smartfleet", "ansible_core", "collections", "free_bytes", "ahead"} <= set(about)


HOLDER = """#!{python}
import os, pathlib, sys, time
sys.path.insert(0, {collections!r})
from ansible_collections.smartde.nextcloud.plugins.module_utils.lock import host_lock
sys.stdin.read()
with host_lock({root!r}, "first"):
    pathlib.Path({note!r}).write_text(str(os.getpid()))
    time.sleep(120)
"""


def test_two_workers_never_work_on_a_host_at_once(carrier: Carrier, hosts: Hosts, tmp_path: Path) -> None:
    """The way to the first is cut while its module is at work; the second one's module waits for the machine's lock."""
    root, note, holder = tmp_path / "machine", tmp_path / "holder.pid", tmp_path / "holder"
    root.mkdir()
    collections = str(data_folder("playbooks") / "collections")
    holder.write_text(HOLDER.format(python=sys.executable, collections=collections, root=str(root), note=str(note)))
    holder.chmod(0o755)
    hosts.add("pc", ansible_python_interpreter=str(holder))
    _, first = carrier.submit()
    assert until(lambda: note.exists() and note.read_text())
    carrier.ground.sever()
    same = Hosts(tmp_path / "again")
    same.add("pc", ansible_python_interpreter=sys.executable, smartfleet_root=str(root))
    engine = carrier.ground.another()
    try:
        _, second = Carrier(carrier.ground, same, tmp_path).submit(engine=engine)
        second.hear("pc")
        # the first word of its module: by now the other one's is no more
        assert second.answers("pc")[0][0] == "account_move"
        assert int(note.read_text()) not in carrier.ground.processes()
        assert second.end().state == "done"
    finally:
        engine.close()
    assert first.end().state == "lost"
    assert carrier.nothing_left()
