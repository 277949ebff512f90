"""Asks Ansible for an inventory in a copy of this process, which has Ansible imported and stays as it was."""

from __future__ import annotations

import io
import os
import selectors
import signal
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn

from smartfleet.reading.inventory import run
from smartfleet.reading.settings import renew, say_plainly

_BLOCK = 1 << 18


class Listed(NamedTuple):
    """How `ansible-inventory` ended: with a negative number by that signal."""

    status: int
    output: str
    errors: str


def listed(arguments: Sequence[str], environment: Mapping[str, str]) -> Listed:
    """`environment`: settings for this alone. To be called while this process has one thread. Raises OSError."""
    output, errors = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        _print((output[1], errors[1]), arguments, environment)
    os.close(output[1])
    os.close(errors[1])
    said = _both(output[0], errors[0])
    _, status = os.waitpid(pid, 0)
    return Listed(os.waitstatus_to_exitcode(status), *(text.decode(errors="replace") for text in said))


def _print(streams: tuple[int, int], arguments: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """In the copy. Whatever happens in here, what the process above it does must not be done twice."""
    status = 1
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        sys.stdout, sys.stderr = (_standard(own, number) for own, number in zip(streams, (1, 2), strict=True))
        os.environ |= environment
        renew(environment)
        # it is, here; what an admin sees must not depend on that
        warnings.filterwarnings("ignore", "AnsibleCollectionFinder has already been configured")
        say_plainly()
        status = run(arguments)
    except BaseException:  # noqa: BLE001 - told as the program's last words
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _standard(own: int, number: int) -> io.TextIOWrapper:
    """`own` as the standard stream of this number, for the programs below as well."""
    os.dup2(own, number)
    os.close(own)
    return open(number, "w", encoding="utf-8", errors="surrogateescape", closefd=False)


def _both(*descriptors: int) -> list[bytes]:
    """All that comes from each, until nobody writes to it any more."""
    found: dict[int, list[bytes]] = {descriptor: [] for descriptor in descriptors}
    with selectors.DefaultSelector() as ready:
        for descriptor in descriptors:
            ready.register(descriptor, selectors.EVENT_READ)
        while ready.get_map():
            for key, _ in ready.select():
                block = os.read(key.fd, _BLOCK)
                if block:
                    found[key.fd].append(block)
                else:
                    ready.unregister(key.fd)
                    os.close(key.fd)
    return [b"".join(pieces) for pieces in found.values()]
