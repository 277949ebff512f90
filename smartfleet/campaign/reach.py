"""Which hosts answer: the ports of a fleet asked side by side, with a limit on the sockets that are open at once.

A host that is off costs a whole Ansible worker its timeout; here it costs one socket that waits.
"""

from __future__ import annotations

import asyncio
import errno
import resource
import socket
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from smartfleet.campaign.endpoints import Endpoint
from smartfleet.text import visible

ONLINE = ""
_NAMES_AT_ONCE = 64
_NAME_SECONDS = 5.0
_TICK = 0.2
# left for the store, the output and Ansible's pipes
_SPARE = 64
_FEWEST = 8
_ABSENT = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ECONNRESET, errno.ENETDOWN}

KeepGoing = Callable[[], bool]
Found = str | None
"""ONLINE, why the port does not answer, or None where that cannot be told from here."""
_Address = tuple[socket.AddressFamily, tuple[object, ...]]


@dataclass(frozen=True)
class Limits:
    """`seconds` for one port to answer; `sockets` that may be open at once."""

    seconds: float = 3.0
    sockets: int = 1000


@dataclass(frozen=True)
class Sweep:
    """Hosts by what their ports said. `offline` tells why; `untried` can only be asked by the connection itself."""

    online: tuple[str, ...]
    offline: Mapping[str, str]
    untried: tuple[str, ...]


def sweep(endpoints: Mapping[str, Endpoint | None], limits: Limits, keep_going: KeepGoing = lambda: True) -> Sweep:
    """Asks every port once, whoever shares it. KeyboardInterrupt ends it at once.

    `keep_going` is asked several times a second; after a False no further port is asked, and its hosts are `untried`.
    """
    wanted = list(dict.fromkeys(endpoint for endpoint in endpoints.values() if endpoint is not None))
    found = asyncio.run(_ask_all(wanted, limits, keep_going)) if wanted else {}
    told = {host: found.get(endpoint) if endpoint else None for host, endpoint in endpoints.items()}
    return Sweep(
        online=tuple(host for host, said in told.items() if said == ONLINE),
        offline={host: said for host, said in told.items() if said},
        untried=tuple(host for host, said in told.items() if said is None),
    )


async def _ask_all(wanted: list[Endpoint], limits: Limits, keep_going: KeepGoing) -> dict[Endpoint, Found]:
    found: dict[Endpoint, Found] = {}
    left = deque(wanted)
    names = ThreadPoolExecutor(_NAMES_AT_ONCE, thread_name_prefix="smartfleet-names")
    count = min(len(wanted), _sockets(limits.sockets))
    try:
        asking = {asyncio.create_task(_ask_some(left, found, limits, names)) for _ in range(count)}
        while asking:
            done, asking = await asyncio.wait(asking, timeout=_TICK)
            # an error that nobody foresaw
            for task in done:
                task.result()
            if not keep_going():
                left.clear()
    finally:
        # a resolver that hangs is not waited for
        names.shutdown(wait=False, cancel_futures=True)
    return found


async def _ask_some(
    left: deque[Endpoint], found: dict[Endpoint, Found], limits: Limits, names: ThreadPoolExecutor
) -> None:
    """One socket's worth of work: as many of these run as sockets may be open."""
    while left:
        endpoint = left.popleft()
        addresses = _numeric(endpoint) or await _look_up(endpoint, names)
        found[endpoint] = await _ask(endpoint, addresses, limits.seconds)


async def _ask(endpoint: Endpoint, addresses: Iterable[_Address], seconds: float) -> Found:
    """The first address that answers will do; with none, what the first one said."""
    told: list[str] = []
    for family, address in addresses:
        said = await _connect(endpoint, family, address, seconds)
        if said == ONLINE:
            return ONLINE
        told += [said] if said else []
    return told[0] if told else None


async def _connect(
    endpoint: Endpoint, family: socket.AddressFamily, address: tuple[object, ...], seconds: float
) -> Found:
    place = f"{visible(endpoint.address)} port {endpoint.port}"
    try:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.settimeout(0)
            async with asyncio.timeout(seconds):
                await asyncio.get_running_loop().sock_connect(sock, address)
    except TimeoutError:
        return f"{place} did not answer within {seconds:g} s"
    except ConnectionRefusedError:
        return f"{place} refused the connection"
    except OSError as error:
        # anything else is about this machine, not about that one
        return f"{place}: {error.strerror or error}" if error.errno in _ABSENT else None
    return ONLINE


def _numeric(endpoint: Endpoint) -> list[_Address]:
    try:
        return _addresses(endpoint, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return []


async def _look_up(endpoint: Endpoint, names: ThreadPoolExecutor) -> list[_Address]:
    """Empty where this machine's resolver has no answer."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_NAME_SECONDS):
            return await loop.run_in_executor(names, _addresses, endpoint, 0)
    except (OSError, UnicodeError):
        return []


def _addresses(endpoint: Endpoint, flags: int) -> list[_Address]:
    answers = socket.getaddrinfo(endpoint.address, endpoint.port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, address) for family, _, _, _, address in answers]


def _sockets(wanted: int) -> int:
    """As many as this process may still open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    return min(wanted, max(_FEWEST, soft - _open_files() - _SPARE))


def _open_files() -> int:
    """Where the system tells; macOS does under /dev/fd."""
    return sum(1 for _ in Path("/dev/fd").iterdir()) if Path("/dev/fd").is_dir() else 0
