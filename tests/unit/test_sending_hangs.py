"""Receivers that never come to an end, and addresses that nothing can be sent to: they hold up nobody else."""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from smartfleet.fleet.sending import MailSettings, SendingSettings, WebhookSettings
from smartfleet.notify.deliver import Sender
from smartfleet.store import Store
from smartfleet.store.database import Waits
from tests.unit.receivers import mail_server, webhook
from tests.unit.store_world import Clock
from tests.unit.test_sending import CREATED, ENVIRONMENT, message, state, words_of


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.now = CREATED
    return clock


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    return Store.open(f"sqlite:///{tmp_path}/store.db", Waits(clock=clock))


@contextmanager
def listener(answer: Callable[[socket.socket, threading.Event], None]) -> Iterator[tuple[int, list[int]]]:
    """A port, and a list that grows by one with every connection."""
    over, seen = threading.Event(), list[int]()
    threads: list[threading.Thread] = []

    def served(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            answer(connection, over)

    def accept() -> None:
        while not over.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            seen.append(1)
            threads.append(threading.Thread(target=served, args=(connection,)))
            threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield server.getsockname()[1], seen
        finally:
            over.set()
            for thread in (accepting, *threads):
                thread.join()


def silent(_connection: socket.socket, over: threading.Event) -> None:
    over.wait()


def dripping(start: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """A byte now and then: no single read takes too long."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(start)
        while not over.wait(0.2):
            connection.sendall(b"x")

    return answer


def settings(url: str = "http://127.0.0.1:1/", port: int = 1) -> SendingSettings:
    return SendingSettings(
        webhooks={"desk": WebhookSettings(url=url, secret_from="DESK_SECRET")},
        mails={
            "audit": MailSettings(
                server="127.0.0.1", port=port, tls="none", sender="fleet@example.org", to=["a@example.org"]
            )
        },
    )


def sender(settings: SendingSettings, store: Store, clock: Clock, seconds: float = 1.0) -> Sender:
    return Sender(settings, store, words_of, ENVIRONMENT, now=clock, seconds=seconds, most=3 * seconds)


@pytest.mark.parametrize(("target", "start"), [("desk", b"HTTP/1.1 200 OK\r\nx: "), ("audit", b"220-")])
def test_a_receiver_that_never_comes_to_an_end(store: Store, clock: Clock, target: str, start: bytes) -> None:
    store.add_message(target, "apply", message())
    with listener(dripping(start)) as (port, _):
        began = time.monotonic()
        (tried,) = sender(settings(f"http://127.0.0.1:{port}/", port), store, clock).due()
        assert time.monotonic() - began < 60
    assert "did not come to an end" in tried.trouble
    assert state(store) == [("waiting", 1, tried.trouble)]


@pytest.mark.parametrize(("target", "other"), [("desk", "audit"), ("audit", "desk")])
def test_a_receiver_that_is_silent_is_asked_once(store: Store, clock: Clock, target: str, other: str) -> None:
    for _ in range(4):
        store.add_message(target, "apply", message())
    store.add_message(other, "apply", message())
    with webhook() as received, mail_server() as box, listener(silent) as (port, connections):
        both = settings(f"http://127.0.0.1:{port}/", box.port) if target == "desk" else settings(received.url, port)
        # the one that works has this time too
        tried = list(sender(both, store, clock, seconds=4.0).due())
        assert len(connections) == 1
        assert len(received.requests) + len(box.mails) == 1
    assert len({one.trouble for one in tried if one.target == target} - {""}) == 1
    assert [(entry.target, entry.state, entry.attempts) for entry in store.outbox() if entry.target == target] == [
        (target, "waiting", 1)
    ] * 4


@pytest.mark.parametrize(
    "url", ["https://a..example.org/", "https://xn--a.example/", f"https://{'a' * 70}.org/", "https://[::1]x/"]
)
def test_an_address_that_cannot_be_sent_to_holds_up_nobody(store: Store, clock: Clock, url: str) -> None:
    store.add_message("wrong", "apply", message())
    store.add_message("desk", "apply", message())
    with webhook() as received:
        right = settings(received.url)
        wrong = {"wrong": WebhookSettings(url=f"{url}?token=secret", secret_from="DESK_SECRET")}
        both = right.model_copy(update={"webhooks": right.webhooks | wrong})
        troubles = {one.target: one.trouble for one in sender(both, store, clock, seconds=60.0).due()}
    assert len(received.requests) == 1
    assert troubles["desk"] == ""
    assert "the webhook's address, or a proxy's" in troubles["wrong"]
    assert "secret" not in troubles["wrong"]


def test_a_proxy_that_is_none_is_told(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://fleet:hunter2@proxy")
    store.add_message("desk", "apply", message())
    (tried,) = sender(settings("https://127.0.0.1:1/"), store, clock).due()
    assert "the webhook's address, or a proxy's" in tried.trouble
    assert "hunter2" not in tried.trouble


def test_a_fault_of_ours_keeps_the_others_going(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError("token")

    store.add_message("audit", "apply", message())
    store.add_message("desk", "apply", message())
    monkeypatch.setattr("smartfleet.notify.smtp.hand_over", broken)
    with webhook() as received:
        troubles = {one.target: one.trouble for one in sender(settings(received.url), store, clock).due()}
    assert troubles == {"audit": "it cannot be sent: RuntimeError", "desk": ""}


def test_a_mail_server_whose_name_is_none(store: Store, clock: Clock) -> None:
    store.add_message("audit", "apply", message())
    base = settings()
    audit = base.mails["audit"].model_copy(update={"server": "mail..example", "tls": "starttls"})
    (tried,) = sender(base.model_copy(update={"mails": {"audit": audit}}), store, clock).due()
    assert tried.trouble.startswith("the server's name")


def test_a_message_that_cannot_be_read_holds_up_nobody(store: Store, clock: Clock, tmp_path: Path) -> None:
    broken = store.add_message("audit", "apply", message())
    store.add_message("desk", "apply", message())
    with sqlite3.connect(tmp_path / "store.db") as database:
        database.execute("UPDATE outbox SET document = '{}' WHERE id = ?", (broken,))
    with webhook() as received:
        troubles = {one.target: one.trouble for one in sender(settings(received.url), store, clock).due()}
    assert troubles == {"audit": "it cannot be sent: StoreError", "desk": ""}
