"""Whatever a worker says, an attempt's events are numbered without a gap, name no other host, and end once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.engines import wire
from smartfleet.engines.answers import Answer
from smartfleet.engines.ledger import Ledger
from smartfleet.engines.protocol import Ended, Event
from smartfleet.engines.shard import Shard

SHARD = Shard("r", "s", 1, ("a", "b"), "audit", "", 0.0)
DONE = Ended("done", begun=True, rc=2, output="out")


def answer(number: int, host: str = "a") -> bytes:
    return wire.answer(number, host, "x.y", "ok", {"n": number})


def take(*lines: bytes) -> list[Event]:
    ledger = Ledger(SHARD)
    return [event for event in map(ledger.take, lines) if event is not None]


def test_what_a_worker_says_becomes_events() -> None:
    events = take(wire.hello({"name": "w"}), answer(1), wire.beat(1), answer(2, "b"), wire.ended(3, DONE))
    assert [event.number for event in events] == [1, 2, 3]
    assert [event.said for event in events] == [
        Answer("a", "x.y", "ok", {"n": 1}), Answer("b", "x.y", "ok", {"n": 2}), DONE
    ]  # fmt: skip


def test_what_a_worker_says_of_itself_is_kept() -> None:
    ledger = Ledger(SHARD)
    assert ledger.about is None
    assert ledger.take(wire.hello({"name": "w"})) is None
    assert ledger.about == {"name": "w"}


def test_a_host_of_another_shard_is_not_told_and_leaves_no_gap() -> None:
    events = take(answer(1, "elsewhere"), answer(2), wire.ended(3, DONE))
    assert [(event.number, type(event.said)) for event in events] == [(1, Answer), (2, Ended)]


@pytest.mark.parametrize(
    "line",
    [
        answer(3),
        answer(1),
        answer(0),
        wire.beat(7),
        b"",
        b"{",
        b"[]\n",
        b'"hello"\n',
        b'{"number": 2}\n',
        b'{"number": 2, "host": "a", "action": "x", "state": "great", "result": {}}\n',
        b'{"number": 2, "host": "a", "action": 1, "state": "ok", "result": {}}\n',
        b'{"number": 2, "host": ["a"], "action": "x", "state": "ok", "result": {}}\n',
        b'{"number": 2, "host": "a", "action": "x", "state": "ok", "result": []}\n',
        b'{"number": 2, "ended": {"state": "lost"}}\n',
        b'{"number": 2, "ended": []}\n',
        wire.ended(2, Ended("lost", begun=False)),
        b"[" * 100_000,
        wire.ended(2, DONE).replace(b'"rc": 2', b'"rc": 1e999'),
    ],
    ids=range(18),
)
def test_words_that_cannot_be_followed_are_a_loss(line: bytes) -> None:
    events = take(answer(1), line, answer(2), wire.ended(3, DONE))
    assert [event.number for event in events] == [1, 2]
    said = events[-1].said
    assert isinstance(said, Ended)
    assert (said.state, said.begun, said.code) == ("lost", True, "worker/garbled")


@pytest.mark.parametrize("greeted", [True, False])
def test_what_speaks_before_the_hello_is_no_worker(*, greeted: bool) -> None:
    lines = [wire.hello({}), b"Welcome\n"] if greeted else [b"Welcome\n"]
    (event,) = take(*lines)
    assert isinstance(event.said, Ended)
    assert ("login prints text" in event.said.do) is not greeted


def test_nothing_comes_after_the_end() -> None:
    ledger = Ledger(SHARD)
    assert ledger.end(DONE) == Event("s", 1, 1, DONE)
    assert ledger.end(DONE) is None
    assert ledger.take(answer(1)) is None
    assert ledger.take(wire.ended(1, DONE)) is None


def test_long_words_are_cut() -> None:
    (event,) = take(wire.ended(1, Ended("failed", begun=False, output="x" * 9000, message="y" * 9000)))
    assert isinstance(event.said, Ended)
    assert (len(event.said.output), len(event.said.message)) == (4000, 4000)


_WORDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["number", "a", "state"]), inner),
    max_leaves=5,
)
_LINES = st.dictionaries(
    st.sampled_from(["number", "host", "action", "state", "result", "ended", "hello", "beat"]), _WORDS
)


@given(st.lists(_LINES | _WORDS, max_size=8))
def test_no_words_break_the_promise(said: list[Any]) -> None:
    ledger = Ledger(SHARD)
    events = [event for one in said if (event := ledger.take(json.dumps(one).encode()))]
    last = ledger.end(DONE)
    events += [last] if last else []
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert [isinstance(event.said, Ended) for event in events] == [False] * (len(events) - 1) + [True]
