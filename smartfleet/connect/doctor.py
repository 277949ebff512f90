"""The whole consultation: hosts side by side, servers beside them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from smartfleet.connect.host import check_host
from smartfleet.connect.servers import check_servers
from smartfleet.connect.target import Settings, Target
from smartfleet.model.doctor import Check, DoctorReport


def examine(
    hosts: Sequence[Target],
    old: Sequence[str],
    new: str,
    settings: Settings,
    emit: Callable[[Check], None] = lambda _check: None,
    *,
    here: Sequence[Check] = (),
) -> DoctorReport:
    """Asks all of them, at most `settings.workers` at a time; `emit` is called once per check, never twice at once.

    `here`: what is known of this machine already.
    """
    started = time.time()
    lock = Lock()

    def tell(check: Check) -> None:
        with lock:
            emit(check)

    try:
        with ThreadPoolExecutor(max_workers=settings.workers) as pool:
            servers = pool.submit(check_servers, old, new, settings, tell)
            machines = [pool.submit(check_host, host, settings, tell) for host in hosts]
            checks = servers.result() + [check for machine in machines for check in machine.result()]
    finally:
        settings.tickets.close()
    return DoctorReport(started=started, seconds=round(time.time() - started, 3), checks=[*here, *checks])
