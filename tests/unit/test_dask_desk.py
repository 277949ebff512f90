"""Where a worker program and those who talk to it from afar meet; the program here is any that reads and writes."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from smartfleet.engines.dask import desk as desks
from smartfleet.engines.dask.desk import Desk, Taken

ECHO = [
    sys.executable,
    "-S",
    "-c",
    "import sys\nfor line in sys.stdin.buffer: sys.stdout.buffer.write(line); sys.stdout.flush()",
]
SPEAKS_AND_ENDS = [sys.executable, "-S", "-c", "import sys; print('last words', flush=True); sys.exit(3)"]


@contextlib.contextmanager
def working(command: Sequence[str], leaves: threading.Event | None = None) -> Iterator[Desk]:
    desk = Desk("w1")
    thread = threading.Thread(
        target=desk.work, args=(command, lambda: leaves is None or not leaves.is_set()), daemon=True
    )
    thread.start()
    try:
        yield desk
    finally:
        desk.hang_up()
        thread.join(60)
        assert not thread.is_alive()


def everything(desk: Desk) -> Taken:
    """All lines until the end."""
    lines: list[bytes] = []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        taken = desk.take(1)
        lines += taken.lines
        if taken.why or taken.gone:
            return Taken(tuple(lines), taken.why, taken.gone)
    raise AssertionError(lines)


def test_bytes_go_to_the_program_and_its_lines_come_back_as_they_come_until_it_is_left() -> None:
    with working(ECHO) as desk:
        assert desk.give(b"one\ntw")
        assert desk.take(60).lines == (b"one\n",)
        assert desk.take(0.01).lines == ()
        assert desk.give(b"o\n")
        assert desk.take(60).lines == (b"two\n",)
        desk.hang_up()
        assert everything(desk).gone
        assert not desk.give(b"more\n")


def test_a_program_that_ends_is_told_with_its_last_words() -> None:
    with working(SPEAKS_AND_ENDS) as desk:
        taken = everything(desk)
    assert taken.lines == (b"last words\n",)
    assert taken.why is not None
    assert taken.why.rc == 3


def test_a_program_that_cannot_be_started_is_told() -> None:
    with working(["/nowhere/python"]) as desk:
        why = everything(desk).why
    assert why is not None
    assert (why.state, why.code, why.begun) == ("failed", "worker/not-started", False)


def test_no_program_is_started_where_nobody_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Dask runs a task a second time: the controller has given its order to the first."""
    monkeypatch.setattr(desks, "FIRST_CALL", 0.05)
    desk = Desk("w1")
    desk.work(["/nowhere/python"], lambda: True)
    assert desk.take(0.01) == Taken((), gone=True)


def test_a_worker_that_leaves_ends_its_program() -> None:
    leaves = threading.Event()
    with working(ECHO, leaves) as desk:
        assert desk.give(b"one\n")
        assert desk.take(60).lines
        leaves.set()
        assert everything(desk).gone


def test_a_program_that_reads_nothing_is_not_given_more_than_some_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "_PATIENCE", 0.05)
    with working([sys.executable, "-S", "-c", "import time; time.sleep(60)"]) as desk:
        given = 0
        while desk.give(bytes(1 << 20)):
            given += 1
            assert given < 10
    assert given >= 4
