"""What a scenario is, and how many of them become a fleet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from smartfleet.lab.fleet_folder import Installer, write_fleet
from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows.host import WindowsConnection, WindowsLabHost
from smartfleet.lab.workers.workers import Workers
from smartfleet.model.results import OutcomeName

WORKERS = 4
Machine = LabHost | WindowsLabHost
Make = Callable[[Lab, str], Machine]
"""Adds the machine with this name to the lab, and brings it into its state."""
Moment = Literal["planned", "waves through", "somebody came"]
"""When the plan is made; when `apply` is through with its waves and tries who was not there; when the first of those
is there.
"""


@dataclass(frozen=True)
class Turn:
    """Something that people do while their fleet is moved. `told` says it."""

    moment: Moment
    told: str
    do: Callable[[Machine], None]


@dataclass(frozen=True)
class Scenario:
    """One host: its name, what is the matter with it, how it comes about, and what a move makes of its users.

    `expected` holds once every one of its `turns` has come.
    """

    name: str
    state: str
    make: Make
    expected: Mapping[str, OutcomeName]
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True)
class Built:
    """The fleet folder, and the machines by name."""

    fleet: Path
    machines: Mapping[str, Machine]


def build(
    lab: Lab,
    scenarios: Sequence[Scenario],
    *,
    done: Callable[[Scenario], None],
    installer: Installer | None = None,
    workers: Workers | None = None,
) -> Built:
    """Makes all hosts, some at the same time, and their fleet folder; `done` is told of each."""
    told = threading.Lock()

    def one(scenario: Scenario) -> Machine:
        host = scenario.make(lab, scenario.name)
        with told:
            done(scenario)
        return host

    pool = ThreadPoolExecutor(WORKERS)
    try:
        hosts = list(pool.map(one, scenarios))
    finally:
        # after a failure the caller ends the lab, and with it what the others are waiting for
        pool.shutdown(wait=False, cancel_futures=True)
    fleet = write_fleet(lab, hosts, installer=installer, workers=workers)
    return Built(fleet, {host.name: host for host in hosts})


def on_linux(build_one: Callable[[Lab, LabHost], None]) -> Make:
    """A Linux machine with the client 3.7.3."""

    def make(lab: Lab, name: str) -> LabHost:
        host = lab.add_host(name)
        build_one(lab, host)
        return host

    return make


def on_windows(
    build_one: Callable[[Lab, WindowsLabHost], None],
    *,
    version: str = "3.16.7",
    qt: int = 6,
    expired: bool = False,
    connection: WindowsConnection = "winrm",
) -> Make:
    """A Windows machine with this client; `expired`: the certificate of its https listener."""

    def make(lab: Lab, name: str) -> WindowsLabHost:
        host = lab.add_windows_host(name, version=version, qt=qt, expired=expired, connection=connection)
        build_one(lab, host)
        return host

    return make
