"""Whose turn it is, which processes a thread has begun, which masters are ended, and how events are told."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from smartfleet.reading.children import Children, GivenUpError, noting
from smartfleet.reading.ending import CancelledError, Ending
from smartfleet.reading.events import Events, Said
from smartfleet.reading.masters import Masters
from smartfleet.reading.turn import Turn

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_nobody_else_works_while_it_is_ones_turn_and_others_do_while_one_waits() -> None:
    turn, at_work, most, done = Turn(), [0], [0], [0]

    def work() -> None:
        for _ in range(20):
            with turn.held():
                at_work[0] += 1
                most[0] = max(most[0], at_work[0])
                time.sleep(0.0001)
                at_work[0] -= 1
                with turn.lent(), turn.lent():
                    time.sleep(0.0001)
                done[0] += 1

    for thread in [in_thread(work) for _ in range(8)]:
        thread.join()
    assert (most[0], done[0]) == (1, 160)


def test_a_turn_comes_back_when_what_was_waited_for_fails() -> None:
    turn = Turn()

    def fail() -> None:
        with turn.held(), turn.lent():
            raise ConnectionError

    with pytest.raises(ConnectionError):
        fail()
    with turn.held():
        pass


def test_lending_what_one_does_not_have_means_nothing() -> None:
    turn = Turn()
    with turn.held():
        lent: list[bool] = []

        def lend() -> None:
            with turn.lent():
                lent.append(turn._lock.locked())

        in_thread(lend).join()
    assert lent == [True]


@pytest.fixture
def children() -> Iterator[Children]:
    made = Children()
    yield made
    made.give_up_all()


def test_a_thread_that_is_given_up_loses_its_processes_and_begins_no_other(children: Children) -> None:
    popen, begun, ends = noting(children, contextlib.nullcontext), [], []
    ready, go = threading.Event(), threading.Event()

    def work() -> None:
        begun.append(popen(SLEEP))
        ready.set()
        begun[0].wait()
        go.wait()
        try:
            popen(SLEEP)
        except GivenUpError:
            ends.append("given up")
        finally:
            children.finished()

    thread = in_thread(work)
    mine = popen(SLEEP)
    ready.wait()
    children.give_up(thread)
    go.set()
    thread.join(timeout=60)
    assert (ends, begun[0].returncode, mine.poll()) == (["given up"], -9, None)
    children.give_up_all()
    assert mine.wait(timeout=60) == -9
    with pytest.raises(GivenUpError):
        popen(SLEEP)


def test_what_a_process_has_begun_itself_ends_with_it(children: Children) -> None:
    popen = noting(children, contextlib.nullcontext)
    program = f"import subprocess; p = subprocess.Popen({SLEEP!r}); print(p.pid, flush=True); p.wait()"
    with popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        below = int(process.stdout.readline())
        children.give_up_all()
    deadline = time.monotonic() + 60
    while _state(below) not in {"", "Z", "X"}:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def ending() -> Iterator[Ending]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    made = Ending()
    made.heed()
    yield made
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("ending")
def test_a_signal_ends_at_once_and_a_further_one_does_not_cut_the_end_short() -> None:
    with pytest.raises(CancelledError):
        os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)


def test_a_signal_while_a_process_begins_leaves_none_that_nobody_knows(
    ending: Ending, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[subprocess.Popen[bytes]] = []

    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, command: list[str]) -> None:
            super().__init__(command)
            begun.append(self)
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(CancelledError):
        noting(children, ending.held)(SLEEP)
    children.give_up_all()
    assert begun[0].wait(timeout=60) == -9


def test_a_process_that_does_not_begin_does_not_hide_a_signal(ending: Ending) -> None:
    def fail() -> None:
        with ending.held():
            os.kill(os.getpid(), signal.SIGHUP)
            raise FileNotFoundError

    with pytest.raises(CancelledError):
        fail()


def _state(pid: int) -> str:
    """Nothing of one that is gone, also if it goes while one looks."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


@pytest.fixture
def short() -> Iterator[Path]:
    """A socket's path is short."""
    with tempfile.TemporaryDirectory(prefix="sf-", dir="/tmp") as folder:
        yield Path(folder)


class Master:
    """Takes what OpenSSH's multiplexing takes, and ends when it is asked to."""

    def __init__(self, path: Path, *, may_end: threading.Event | None = None) -> None:
        self.asked = b""
        self._may_end = may_end
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        self.thread = in_thread(self._serve)

    def _serve(self) -> None:
        link, _ = self._socket.accept()
        with link, self._socket:
            while len(self.asked) < 24:
                self.asked += link.recv(1024)
            if self._may_end is not None:
                self._may_end.wait()


TERMINATE = bytes.fromhex("00000008 00000001 00000004 00000008 10000005 00000000")


def test_a_master_ends_with_the_last_host_that_shares_it(short: Path) -> None:
    master, masters = Master(short / "m"), Masters(short)
    masters.share("here")
    masters.share("here")
    masters.leave("here", short / "m")
    assert master.thread.is_alive()
    assert master.asked == b""
    masters.leave("here", short / "m")
    master.thread.join(timeout=60)
    assert master.asked == TERMINATE


def test_nobody_shares_a_master_that_is_being_ended(short: Path) -> None:
    may_end, masters = threading.Event(), Masters(short)
    master = Master(short / "m", may_end=may_end)
    masters.share("here")
    leaving = in_thread(lambda: masters.leave("here", short / "m"))
    while master.asked != TERMINATE:
        time.sleep(0.01)
    masters.share("there")
    sharing = in_thread(lambda: masters.share("here"))
    sharing.join(timeout=0.1)
    assert sharing.is_alive()
    may_end.set()
    sharing.join(timeout=60)
    assert not sharing.is_alive()
    leaving.join(timeout=60)


def test_masters_of_others_are_left_alone(short: Path) -> None:
    (short / "ours").mkdir()
    master, masters = Master(short / "m"), Masters(short / "ours")
    masters.share("here")
    masters.leave("here", short / "m")
    masters.leave("there", None)
    masters.end_all()
    assert master.asked == b""


def test_whatever_is_left_is_ended_at_the_end(short: Path) -> None:
    (short / "cp").mkdir()
    master = Master(short / "cp" / "m")
    (short / "cp" / "no-socket").touch()
    Masters(short).end_all()
    master.thread.join(timeout=60)
    assert master.asked == TERMINATE


def told(say: Callable[[Events], object], largest: int = 1000) -> list[dict[str, Any]]:
    """The lines of what `say` says."""
    end, pipe = os.pipe()
    try:
        say(Events(pipe, largest))
    finally:
        os.close(pipe)
    with os.fdopen(end, "rb") as out:
        return [json.loads(line) for line in out]


def test_an_event_has_the_form_of_ansible_runners() -> None:
    (event,) = told(lambda events: events.task("runner_on_ok", "pc \udcff1", "a.b.c", {"facts": "\udc80", "x": {1}}))
    assert len(event.pop("uuid")) == 36
    data = {"host": "pc \udcff1", "task_action": "a.b.c", "resolved_action": "a.b.c"}
    assert event == {
        "counter": 1,
        "event": "runner_on_ok",
        "stdout": "",
        "event_data": {**data, "res": {"facts": "\udc80", "x": "{1}"}},
    }


def test_a_result_that_is_too_large_is_left_out() -> None:
    (event,) = told(lambda events: events.task("runner_on_ok", "pc", "a", {"facts": "x" * 2000}))
    assert event["event_data"]["res"] == {}


def test_what_is_printed_becomes_lines() -> None:
    def say(events: Events) -> None:
        said = Said(events)
        said.write(b"one\ntw")
        said.write(b"o\xff\nthree")

    assert [event["stdout"] for event in told(say)] == ["one", "two\ufffd"]


def test_after_the_end_threads_say_nothing_more() -> None:
    def say(events: Events) -> None:
        events.said("before")
        events.hush()
        events.said("after")
        events.status("canceled", rc=254)
        events.end()

    assert [event.get("stdout", event.get("status", event.get("eof"))) for event in told(say)] == [
        "before", "canceled", True
    ]  # fmt: skip
