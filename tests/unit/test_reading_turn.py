"""Who may go on while another thread waits in Ansible's code."""

from __future__ import annotations

import threading
import time

from smartfleet.reading.reader import _lending
from smartfleet.reading.turn import Turn


def test_a_sleep_lends_the_turn() -> None:
    turn, gone_on = Turn(), threading.Event()
    awaited: list[bool] = []

    def wait(seconds: float) -> None:
        awaited.append(gone_on.wait(seconds))

    sleep = _lending(wait, turn)

    def other() -> None:
        with turn.held():
            gone_on.set()

    with turn.held():
        thread = threading.Thread(target=other)
        thread.start()
        sleep(30)
        assert turn._holder == threading.get_ident()
    thread.join()
    assert awaited == [True]


def test_a_sleep_without_the_turn_is_a_sleep() -> None:
    slept: list[float] = []
    _lending(slept.append, Turn())(0.5)
    assert slept == [0.5]
    assert time.sleep.__module__ == "time"
