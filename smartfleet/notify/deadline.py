"""Work with others that must come to an end."""

from __future__ import annotations

import threading
from collections.abc import Callable

from smartfleet.durations import duration_text
from smartfleet.notify.notsent import NotSent


def within(seconds: float, work: Callable[[], None]) -> None:
    """Does `work`, and raises what it raises; NotSent where it takes longer.

    Whoever answers with a byte now and then never runs into the time limit of a single read. Nothing can end such a
    thread: it is left behind, and does not keep the process from ending.
    """
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is raised again, where somebody waits for it
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise NotSent(f"the receiver did not come to an end within {duration_text(seconds)}")
    if failures:
        raise failures[0]
