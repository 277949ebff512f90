"""A walk in a process of its own, a little ahead of the one that uses it.

A walk mostly waits for the kernel, and what is done with its entries is work for the interpreter: on two cores both
go on at once. The pipe between them bounds how far ahead the walk can be.
"""

from __future__ import annotations

import marshal
import os
import signal
from functools import partial
from itertools import islice
from typing import Iterator

from .messages import get, put
from .walk import Entry, Placeholders, walk

BATCH = 500
_ERROR, _ENTRIES = b"e", b"n"


def walk_ahead(root: bytes, virtual_files: Placeholders = "off") -> Iterator[Entry]:
    """As `walk`."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _walk(writer, root, virtual_files)
    os.close(writer)
    try:
        yield from _entries(reader)
    finally:
        os.close(reader)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _entries(reader: int) -> Iterator[Entry]:
    make = partial(tuple.__new__, Entry)
    while True:
        message = get(reader)
        if message is None:
            raise ChildProcessError("the process that walks was ended")
        # marshal is safe here: the other end is a fork of this very process
        content = marshal.loads(message[1:])  # noqa: S302
        if message[:1] == _ERROR:
            raise OSError(*content)
        if not content:
            return
        yield from map(make, content)


def _walk(writer: int, root: bytes, virtual_files: Placeholders) -> None:
    """The other process's whole life; does not return."""
    try:
        try:
            plain = map(tuple, walk(root, virtual_files))
            while True:
                batch = list(islice(plain, BATCH))
                put(writer, _ENTRIES + marshal.dumps(batch))
                if not batch:
                    break
        except OSError as error:
            put(writer, _ERROR + marshal.dumps((error.errno, error.strerror)))
    finally:
        os._exit(0)
