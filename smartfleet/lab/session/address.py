"""Where a session bus listens, as programs are told it: a D-Bus address, in which most bytes have to be escaped.

A user may be called ``a;b``, and his bus lies in a folder of that name; a bare ``;`` would begin another address.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes

_PREFIX = "unix:path="
_ESCAPED = re.compile(rb"[^-0-9A-Za-z_/.\\*]")


def bus_address(socket: Path) -> str:
    escaped = _ESCAPED.sub(lambda found: b"%%%02x" % ord(found[0]), os.fsencode(socket))
    return _PREFIX + escaped.decode("ascii")


def socket_of(address: str) -> bytes:
    """The socket of the first address, as the system takes it. OSError where that is no path."""
    first = address.partition(";")[0].partition(",")[0]
    if not first.startswith(_PREFIX):
        raise OSError(f"{address} is no path to a bus")
    return unquote_to_bytes(first.removeprefix(_PREFIX))
