"""Messages between processes of one program over a pipe: a length, then that many bytes."""

from __future__ import annotations

import os
import struct

_HEAD = struct.Struct(">I")


def put(fd: int, body: bytes) -> None:
    view = memoryview(_HEAD.pack(len(body)) + body)
    while view:
        view = view[os.write(fd, view) :]


def get(fd: int) -> bytes | None:
    """The next message; None where the other side has ended."""
    head = _exactly(fd, _HEAD.size)
    return None if head is None else _exactly(fd, _HEAD.unpack(head)[0])


def _exactly(fd: int, size: int) -> bytes | None:
    parts = []
    while size:
        data = os.read(fd, size)
        if not data:
            return None
        parts.append(data)
        size -= len(data)
    return b"".join(parts)
