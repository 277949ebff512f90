"""No room for what is to be sent: it is said and made up for when there is room, and a report goes out all the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from smartfleet.cli.sending import queue_run, queue_untold, send_due, send_report
from smartfleet.errors import StoreError
from smartfleet.fleet import Fleet
from smartfleet.store import Store
from tests.unit.receivers import Received
from tests.unit.test_redact import data_with
from tests.unit.test_sending_commands import a_run, desk, fleet_with, no_report, received, store_of, told
from tests.unit.test_store_trouble import small_disk

__all__ = ["received"]


@pytest.fixture
def fleet(tmp_path: Path, received: Received) -> Iterator[Fleet]:
    """Its store is on a disk of its own."""
    with small_disk("1m") as disk:
        (tmp_path / ".smartfleet").symlink_to(disk)
        yield fleet_with(tmp_path, webhooks=desk(received.url))


@pytest.fixture
def store(fleet: Fleet) -> Iterator[Store]:
    opened = store_of(fleet)
    yield opened
    opened.close()


@contextmanager
def full(fleet: Fleet) -> Iterator[None]:
    """While not a byte fits on its disk."""
    rest = fleet.state / "rest"
    file = os.open(rest, os.O_WRONLY | os.O_CREAT)
    with suppress(OSError):
        while True:
            os.write(file, b"x" * 4096)
    os.close(file)
    try:
        yield
    finally:
        rest.unlink()


def entries(store: Store) -> list[tuple[str, str]]:
    return [(entry.kind, entry.state) for entry in store.outbox()]


def test_what_is_to_be_sent_of_a_run_is_made_up_for(
    fleet: Fleet, store: Store, received: Received, capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_run(store, "apply", "done", "failed")
    with full(fleet):
        queue_run(fleet, store, run, no_report)
        send_due(fleet, store)
    said = capsys.readouterr().err
    assert f"run {run} waits for the next command that works on hosts" in said
    assert "no room left for the store" in said
    assert "--resume" not in said
    assert (entries(store), received.requests) == ([], [])
    queue_untold(fleet, store, no_report)
    send_due(fleet, store)
    assert entries(store) == [("apply", "sent")]
    assert [data["news"]["run"] for data in told(received)] == [run]


def test_a_report_that_cannot_be_kept_is_sent(
    fleet: Fleet, store: Store, received: Received, capsys: pytest.CaptureFixture[str]
) -> None:
    with full(fleet):
        send_report(fleet, store, data_with("Quill"))
    said = capsys.readouterr().err
    assert "what desk is to get cannot be kept, and is tried once: there is no room left" in said
    assert "sent to desk: 1 message" in said
    assert ["run" in data["news"] for data in told(received)] == [False]
    assert entries(store) == []


def test_a_report_that_can_neither_be_kept_nor_sent(
    fleet: Fleet, store: Store, received: Received, capsys: pytest.CaptureFixture[str]
) -> None:
    received.answers = [500]
    with full(fleet):
        send_report(fleet, store, data_with("Quill"))
    assert "nothing of it is kept: smartfleet report --send" in capsys.readouterr().err


@pytest.mark.parametrize("report", [True, False])
def test_what_is_due_stays_due(
    fleet: Fleet, store: Store, received: Received, capsys: pytest.CaptureFixture[str], *, report: bool
) -> None:
    """What is tried is marked before; where it cannot be, nothing is sent, so that nothing is sent twice."""
    queue_run(fleet, store, a_run(store, "apply", "done", "failed"), no_report)
    send: Callable[[], None] = partial(send_due, fleet, store)
    with full(fleet):
        if report:
            send_report(fleet, store, data_with("Quill"))
            assert "what is to be sent cannot be tried: there is no room left" in capsys.readouterr().err
        else:
            with pytest.raises(StoreError):
                send()
    assert entries(store) == [("apply", "waiting")]
    send()
    assert entries(store) == [("apply", "sent")]
    assert ["run" in data["news"] for data in told(received)] == [*([False] if report else []), True]
