"""Passwords that are tried once, and tickets that do not stay."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from smartfleet.connect.windows.logins import KnownBad, Logins
from smartfleet.connect.windows.tickets import Tickets


def test_a_refused_password_is_known() -> None:
    logins = Logins()
    with logins.turn("eva", "pc-1") as say:
        say("refused")
    with pytest.raises(KnownBad, match="pc-1"), logins.turn("eva", "pc-2"):
        pass
    with logins.turn("max", "pc-2"):
        pass


def test_no_verdict_leaves_the_next_to_try() -> None:
    logins = Logins()
    with logins.turn("eva", "pc-1"):
        pass
    with logins.turn("eva", "pc-2") as say:
        say("accepted")


def test_accepted_ones_go_side_by_side() -> None:
    logins = Logins()
    with logins.turn("eva", "pc-1") as say:
        say("accepted")
    with logins.turn("eva", "pc-2"), logins.turn("eva", "pc-3"):
        pass


def test_two_hundred_hosts_try_a_wrong_password_once() -> None:
    logins = Logins()
    tried: list[int] = []

    def ask(number: int) -> None:
        try:
            with logins.turn("eva", f"pc-{number}") as say:
                tried.append(number)
                say("refused")
        except KnownBad:
            pass

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tried) == 1


def test_a_ticket_is_fetched_once_and_does_not_stay() -> None:
    tickets = Tickets()
    fetched: list[str] = []

    def fetch(place: str) -> None:
        fetched.append(place)
        Path(place).write_text("ticket")

    first = tickets.file(("eva", "x"), fetch)
    assert tickets.file(("eva", "x"), fetch) == first
    assert tickets.file(("max", "x"), fetch) != first
    assert len(fetched) == 2
    assert Path(first).stat().st_size
    tickets.close()
    assert not Path(first).exists()


def test_gssapi_sees_one_ticket_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRB5CCNAME", "FILE:/mine")
    tickets = Tickets()
    order: list[str] = []

    def other() -> None:
        with tickets.using("/b"):
            order.append(os.environ["KRB5CCNAME"])

    with tickets.using("/a"), tickets.using("/a"):
        waiting = threading.Thread(target=other)
        waiting.start()
        waiting.join(0.1)
        order.append(os.environ["KRB5CCNAME"])
    waiting.join()
    assert order == ["FILE:/a", "FILE:/b"]
    with tickets.using(""):
        assert os.environ["KRB5CCNAME"] == "FILE:/mine"
    assert os.environ["KRB5CCNAME"] == "FILE:/mine"
