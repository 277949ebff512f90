"""What is said to a worker and when, and when an attempt counts as lost: over a link that a test holds in its hands."""

from __future__ import annotations

import json
import queue
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from smartfleet.engines import wire
from smartfleet.engines.asking import ask
from smartfleet.engines.attempts import Attempts
from smartfleet.engines.dialogue import Dialogue
from smartfleet.engines.link import Link
from smartfleet.engines.order import Order
from smartfleet.engines.protocol import Ended, Event
from smartfleet.engines.shard import Shard
from smartfleet.engines.spool import Spool
from smartfleet.errors import EngineError

DONE = Ended("done", begun=True)
WHY = Ended("failed", begun=False, code="link/gone", message="the way is gone", do="mend it")
REST = b"x" * 200_000


class FakeLink:
    """`said` is what came to the worker; `say` puts the worker's lines."""

    worker = "w1"

    def __init__(self) -> None:
        self.said = bytearray()
        self.changed = threading.Condition()
        self.closed = False
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def say(self, *lines: bytes) -> None:
        for line in lines:
            self._lines.put(line)

    def heard(self, content: bytes) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: content in self.said, 60)

    def write(self, data: bytes) -> None:
        with self.changed:
            if self.closed:
                raise BrokenPipeError
            self.said += data
            self.changed.notify_all()

    def read_line(self, seconds: float) -> bytes | None:
        try:
            return self._lines.get(timeout=seconds)
        except queue.Empty:
            return b"" if self.closed else None

    def why(self) -> Ended:
        return WHY

    def close(self) -> None:
        self.closed = True


def order(silence: float = 60.0) -> Order:
    spool = Spool()
    spool.write(REST)
    return Order(head=b"secret head\n", rest=spool, sha256="0", size=12 + len(REST), silence=silence)


def shard(attempt: int = 1) -> Shard:
    return Shard("r", "s", attempt, ("a",), "audit", "", 0.0)


@pytest.fixture
def link() -> FakeLink:
    return FakeLink()


class Talk:
    def __init__(self, connect: Callable[[], Link], silence: float = 60.0) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.dialogue = Dialogue(shard(), order(silence), self.events.put, connect)
        self.dialogue.start(lambda: None)

    def end(self) -> Ended:
        while isinstance((event := self.events.get(timeout=60)).said, Ended) is False:
            pass
        self.dialogue.join(60)
        assert self.events.empty()
        assert isinstance(event.said, Ended)
        return event.said


@pytest.fixture
def talk(link: FakeLink) -> Iterator[Talk]:
    """A worker that was given all of its payload."""
    found = Talk(lambda: link)
    link.say(wire.hello({}))
    assert link.heard(REST)
    yield found
    link.close()


def test_the_payload_waits_for_the_hello(link: FakeLink) -> None:
    talk = Talk(lambda: link)
    assert link.heard(b"\n")
    time.sleep(0.1)
    header = json.loads(link.said)
    assert (header["run"], header["shard"], header["attempt"], header["hosts"]) == ("r", "s", 1, ["a"])
    link.say(wire.hello({}))
    assert link.heard(b"\nsecret head\n" + REST)
    link.say(wire.ended(1, DONE))
    assert (talk.end(), link.closed, talk.dialogue.worker) == (DONE, True, "w1")


def test_a_refusal_is_the_end_and_no_payload_goes_out(link: FakeLink) -> None:
    talk = Talk(lambda: link)
    no = Ended("failed", begun=False, code="worker/version")
    link.say(wire.ended(1, no))
    assert talk.end() == no
    assert b"secret" not in link.said


def test_a_link_that_ends_before_the_payload_means_that_nothing_was_begun(link: FakeLink) -> None:
    talk = Talk(lambda: link)
    link.say(b"")
    assert talk.end() == WHY
    assert b"secret" not in link.said


@pytest.mark.parametrize(
    "end",
    [
        Ended("cancelled", begun=True, code="worker/controller-gone", message="it heard nothing"),
        Ended("failed", begun=True, code="worker/terminated", message="its machine ended it"),
        Ended("failed", begun=True, code="worker/runner", message="no memory"),
    ],
)
def test_a_worker_that_ended_by_itself_what_was_begun_is_lost(link: FakeLink, talk: Talk, end: Ended) -> None:
    link.say(wire.ended(1, end))
    assert talk.end() == replace(end, state="lost")


def test_a_worker_that_ended_by_itself_before_it_began_is_not_lost(link: FakeLink, talk: Talk) -> None:
    damaged = Ended("failed", begun=False, code="worker/damaged")
    link.say(wire.ended(1, damaged))
    assert talk.end() == damaged


def test_noise_before_the_hello_is_no_loss(link: FakeLink) -> None:
    talk = Talk(lambda: link)
    link.say(b"Welcome to worker 1\n")
    end = talk.end()
    assert (end.state, end.begun, end.code) == ("failed", False, "worker/garbled")
    assert "forced command" in end.do
    assert b"secret" not in link.said


def test_noise_while_it_works_is_a_loss(link: FakeLink, talk: Talk) -> None:
    link.say(b"Broadcast message\n")
    end = talk.end()
    assert (end.state, end.begun, end.code) == ("lost", True, "worker/garbled")
    assert "forced command" not in end.do


def fault(*_: object) -> None:
    raise RuntimeError("a secret")


def has_no_words(end: Ended) -> bool:
    return end.code == "engine/fault" and "RuntimeError" in end.message and "secret" not in repr(end)


def test_a_fault_on_the_way_to_a_worker_is_an_end() -> None:
    def connect() -> Link:
        raise RuntimeError("a secret")

    end = Talk(connect).end()
    assert (end.state, end.begun) == ("failed", False)
    assert has_no_words(end)


def test_a_fault_while_the_worker_works_is_a_loss(link: FakeLink, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "read_line", fault)
    end = talk.end()
    assert (end.state, end.begun, link.closed) == ("lost", True, True)
    assert has_no_words(end)


def test_a_fault_before_the_hello_leaves_no_thread(link: FakeLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "read_line", fault)
    before = threading.active_count()
    assert Talk(lambda: link).end().state == "failed"
    deadline = time.monotonic() + 60
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before


@pytest.mark.parametrize("starts", [0, 1], ids=["the attempt's own", "the speaker's"])
def test_where_no_thread_can_be_started_an_attempt_ends(
    link: FakeLink, monkeypatch: pytest.MonkeyPatch, starts: int
) -> None:
    start, left = threading.Thread.start, iter([True] * starts)

    def limited(thread: threading.Thread) -> None:
        if not next(left, False):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    end = Talk(lambda: link).end()
    assert (end.state, end.begun, end.code) == ("failed", False, "engine/fault")
    assert link.closed == bool(starts)


def test_a_link_that_cannot_be_closed_keeps_no_end_back(
    link: FakeLink, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "close", fault)
    link.say(wire.ended(1, DONE))
    assert talk.end() == DONE


def test_a_silent_worker_s_link_that_cannot_be_closed(link: FakeLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "close", fault)
    talk = Talk(lambda: link, silence=0.3)
    end = talk.end()
    assert (end.state, end.code) == ("failed", "worker/silent")


def test_stopping_before_a_worker_has_it_ends_it(link: FakeLink) -> None:
    talk = Talk(lambda: link)
    assert link.heard(b"\n")
    talk.dialogue.stop()
    end = talk.end()
    assert (end.state, end.begun, end.code, link.closed) == ("cancelled", False, "cancelled", True)
    assert b"secret" not in link.said


def test_stopping_does_not_wait_for_a_link(link: FakeLink) -> None:
    go = threading.Event()

    def late() -> Link:
        go.wait(120)
        return link

    talk = Talk(late)
    talk.dialogue.stop()
    event = talk.events.get(timeout=60)
    assert isinstance(event.said, Ended)
    assert (event.said.state, event.said.begun) == ("cancelled", False)
    go.set()
    talk.dialogue.join(60)
    assert not link.said


def test_a_link_that_ends_after_the_payload_means_that_nobody_knows(link: FakeLink, talk: Talk) -> None:
    link.say(b"")
    end = talk.end()
    assert (end.state, end.begun, end.code, end.do) == ("lost", True, "link/gone", "mend it")


def test_no_worker_to_be_had_is_a_failure() -> None:
    def none() -> Link:
        raise EngineError("ssh/refused", "no way", why="w", do="d")

    end = Talk(none).end()
    assert (end.state, end.begun, end.code, end.message, end.why, end.do) == (
        "failed", False, "ssh/refused", "no way", "w", "d"
    )  # fmt: skip


def test_wishes_are_passed_on(link: FakeLink, talk: Talk) -> None:
    talk.dialogue.stop()
    assert link.heard(b"stop\n")
    talk.dialogue.stop()
    talk.dialogue.cancel()
    assert link.heard(b"cancel\n")
    link.say(wire.ended(1, Ended("cancelled", begun=True)))
    assert talk.end().state == "cancelled"
    assert link.said.count(b"stop\n") == 1


def test_cancelling_before_the_hello_ends_at_once(link: FakeLink) -> None:
    talk = Talk(lambda: link)
    assert link.heard(b"\n")
    talk.dialogue.cancel()
    end = talk.end()
    assert (end.state, end.begun, link.closed) == ("cancelled", False, True)
    assert b"secret" not in link.said


def test_cancelling_does_not_wait_for_a_link(link: FakeLink) -> None:
    go = threading.Event()

    def late() -> Link:
        go.wait(120)
        return link

    talk = Talk(late)
    assert talk.dialogue.worker == ""
    talk.dialogue.cancel()
    talk.dialogue.cancel()
    event = talk.events.get(timeout=60)
    assert isinstance(event.said, Ended)
    assert (event.said.state, event.said.begun) == ("cancelled", False)
    go.set()
    talk.dialogue.join(60)
    assert link.closed
    assert not link.said


def test_a_worker_that_takes_long_to_start_is_not_given_up(link: FakeLink) -> None:
    """As on a busy machine: twice the silence until its hello. Refused, its hosts would be told that they were."""
    talk = Talk(lambda: link, silence=1.0)
    assert link.heard(b"\n")
    time.sleep(2.0)
    link.say(wire.hello({}))
    assert link.heard(REST)
    link.say(wire.ended(1, DONE))
    assert talk.end() == DONE


def test_a_worker_that_falls_silent_is_lost(link: FakeLink) -> None:
    talk = Talk(lambda: link, silence=0.5)
    link.say(wire.hello({}))
    assert link.heard(b"beat\nbeat\n")
    end = talk.end()
    assert (end.state, end.begun, end.code, link.closed) == ("lost", True, "worker/silent", True)


def test_an_attempt_is_begun_once(link: FakeLink) -> None:
    attempts = Attempts()
    attempts.begin(shard(), order(), lambda _event: None, lambda: link)
    with pytest.raises(EngineError, match=r"r\.s\.1 was submitted before"):
        attempts.begin(shard(), order(), lambda _event: None, lambda: link)
    attempts.begin(shard(2), order(), lambda _event: None, lambda: link)
    attempts.close()
    assert link.closed


def test_an_order_that_was_carried_is_let_go_of_and_yet_not_carried_again(link: FakeLink) -> None:
    attempts, events, given = Attempts(), queue.SimpleQueue[Event](), order()
    held = weakref.ref(given)
    dialogue = attempts.begin(shard(), given, events.put, lambda: link)
    link.say(wire.hello({}), wire.ended(1, Ended("done", begun=True)))
    assert isinstance(events.get(timeout=60).said, Ended)
    dialogue.join(60)
    del dialogue, given
    assert held() is None
    with pytest.raises(EngineError, match="submitted before"):
        attempts.begin(shard(), order(), events.put, lambda: link)
    attempts.close()


def test_a_worker_is_asked(link: FakeLink) -> None:
    link.say(wire.hello({"name": "w"}))
    assert ask(lambda: link) == {"name": "w"}
    assert json.loads(link.said)["ask"] == "check"


@pytest.mark.parametrize(
    ("lines", "code"),
    [([wire.ended(1, Ended("failed", begun=False, code="worker/disk"))], "worker/disk"), ([b""], "link/gone"),
     ([], "worker/silent"), ([b"garbage\n"], "worker/garbled")],
    ids=["refuses", "ends", "silent", "garbage"],
)  # fmt: skip
def test_a_worker_that_would_not_do(link: FakeLink, lines: list[bytes], code: str) -> None:
    link.say(*lines)
    with pytest.raises(EngineError) as caught:
        ask(lambda: link, 0.2)
    assert caught.value.code == code
    assert link.closed
