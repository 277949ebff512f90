"""Sorting a fleet by who answers: a third of the hosts online, a third refusing, a third silent, all on loopback.

Each size runs in a process of its own, so that its peak memory is that of the sweep. All addresses of 127.0.0.0/8 lead
to three sockets of another process, bound to the loopback device: one that answers, one whose queue of connections is
full (the kernel drops what comes, as a firewall does), and one that does not listen.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from bench._processes import high_water
from smartfleet.campaign.endpoints import Endpoint, Surroundings, endpoints
from smartfleet.campaign.inventory import parse
from smartfleet.campaign.reach import Limits, Sweep, sweep
from smartfleet.campaign.wave_inventory import ExactInventories

SIZES = (100, 1_000, 10_000)
KINDS = ("online", "refused", "silent")
DEVICE = b"lo"


@dataclass(frozen=True)
class Taken:
    """One sweep: seconds, most sockets at once, and MB above what the process held before."""

    found: Sweep
    seconds: float
    sockets: int
    memory: float


def main() -> None:
    """Print the tables."""
    limits = Limits()
    print(f"asking ports: {limits.seconds:g} s each, at most {limits.sockets} open at once\n")
    print(f"{'hosts':>7}{'online':>9}{'refused':>9}{'silent':>9}{'seconds':>10}{'open sockets':>14}{'memory MB':>11}")
    with _world() as ports:
        for size in SIZES:
            taken = _in_own_process(size, ports)
            silent = sum("did not answer" in why for why in taken.found.offline.values())
            counts = (size, len(taken.found.online), len(taken.found.offline) - silent, silent)
            _check(counts)
            figures = f"{taken.seconds:>10.1f}{taken.sockets:>14}{taken.memory:>11.1f}"
            print(f"{counts[0]:>7}{counts[1]:>9}{counts[2]:>9}{counts[3]:>9}{figures}", flush=True)
    print(f"\nwithout the network, in seconds:\n\n{'hosts':>7}{'which port':>12}{'inventory of a wave':>22}")
    for size in SIZES:
        _print_pure(size)


def _check(counts: tuple[int, int, int, int]) -> None:
    size, *kinds = counts
    if sum(kinds) != size or max(kinds) - min(kinds) > 1:
        raise SystemExit(f"of {size} hosts not a third is of each kind: {kinds}")


def _in_own_process(size: int, ports: dict[str, int]) -> Taken:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_measure, args=(size, ports, there))
    process.start()
    try:
        taken = here.recv()
    finally:
        process.join()
    if not isinstance(taken, Taken):
        raise SystemExit("the sweep did not come to its end")
    return taken


def _measure(size: int, ports: dict[str, int], answer: Connection) -> None:
    hosts = _hosts(size, ports)
    before, done, most = high_water(), threading.Event(), [0]

    def count() -> None:
        while not done.wait(0.02):
            most[0] = max(most[0], _sockets())

    watcher = threading.Thread(target=count)
    watcher.start()
    start = time.perf_counter()
    found = sweep(hosts, Limits())
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    answer.send(Taken(found, seconds, most[0], high_water() - before))


def _hosts(size: int, ports: dict[str, int]) -> dict[str, Endpoint | None]:
    """Each at an address of its own, in no order."""
    found: dict[str, Endpoint | None] = {
        f"pc-{number:05}": Endpoint(f"127.1.{number // 250}.{number % 250 + 1}", ports[KINDS[number % 3]])
        for number in range(size)
    }
    names = sorted(found)
    random.Random(1).shuffle(names)  # noqa: S311 - an order, no secret
    return {name: found[name] for name in names}


def _sockets() -> int:
    count = 0
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            count += str(entry.readlink()).startswith("socket:")
    return count


def _print_pure(size: int) -> None:
    hosts = {f"pc-{n:05}": {"ansible_host": f"10.{n // 250}.{n % 250}.1", "ansible_user": "admin"} for n in range(size)}
    printed = {"_meta": {"hostvars": hosts}, "all": {"children": ["office"]}, "office": {"hosts": list(hosts)}}
    listed = parse(printed)
    start = time.perf_counter()
    endpoints(listed, Surroundings())
    chosen = time.perf_counter()
    ExactInventories(printed, Path("/fleet/hosts.yml")).of(list(hosts))
    print(f"{size:>7}{chosen - start:>12.2f}{time.perf_counter() - chosen:>22.2f}", flush=True)


@contextmanager
def _world() -> Iterator[dict[str, int]]:
    """The ports by kind, while the process that holds them lives."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_hold, args=(there,), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.terminate()
        process.join()


def _hold(answer: Connection) -> None:
    with ExitStack() as stack:
        servers = {kind: stack.enter_context(_on_loopback()) for kind in KINDS}
        servers["online"].listen(4096)
        servers["silent"].listen(0)
        ports = {kind: int(server.getsockname()[1]) for kind, server in servers.items()}
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(("127.0.0.1", ports["silent"]))
        answer.send(ports)
        while True:
            servers["online"].accept()[0].close()


def _on_loopback() -> socket.socket:
    """Of every address of the loopback device, and of no other device."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, DEVICE)
    server.bind(("", 0))
    return server


if __name__ == "__main__":
    main()
