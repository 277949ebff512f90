"""A journal of the client, read from a copy: the client locks its own, and keeps much of it in the -wal beside it.

Runs as the user; the copy is private, and gone when it has been read.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from dataclasses import asdict
from typing import Iterator

from .journal import summarize

SIZE_LIMIT = 4 * 1024 * 1024 * 1024
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_TRIES = 3
_SPOOLS = (None, "/var/tmp")  # noqa: S108 - a private folder is made in it


class JournalFileError(ValueError):
    """`state` (absent, unreadable) as in the facts document; the message is the detail."""

    def __init__(self, state: str, detail: str = "") -> None:
        super().__init__(detail)
        self.state = state


@contextlib.contextmanager
def copied(folder: bytes, name: str, uid: int) -> Iterator[bytes]:
    """The path of a copy, with its -wal beside it. JournalFileError; OSError where there is no room for it."""
    if "/" in name or name in ("", ".", ".."):
        raise JournalFileError("unreadable", "journalPath is no plain name")
    path = os.path.join(folder, os.fsencode(name))
    spool = tempfile.mkdtemp(prefix="smartfleet-", dir=_spool(_size(path, uid)))
    try:
        target = os.path.join(os.fsencode(spool), b"journal.db")
        _copy_both(path, target, uid)
        yield target
    finally:
        shutil.rmtree(spool, ignore_errors=True)


def document(folder: bytes, name: str, copy: bytes) -> dict[str, object]:
    """`JournalFacts` of a copied journal. ValueError where the copy is no journal."""
    info = os.lstat(os.path.join(folder, os.fsencode(name)))
    counts = asdict(summarize(copy))
    return {"name": name, "state": "ok", "inode": info.st_ino, "size": info.st_size, **counts}


def _copy_both(path: bytes, target: bytes, uid: int) -> None:
    """Copy database and log as of one moment: a client that writes in between makes us begin anew."""
    for _try in range(_TRIES):
        before = _stamp(path)
        _copy(path, target, uid)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(target + b"-wal")
        if _stamp(path + b"-wal") is not None:
            with contextlib.suppress(JournalFileError):
                _copy(path + b"-wal", target + b"-wal", uid)
        if _stamp(path) == before:
            return
    raise JournalFileError("unreadable", "it changes while it is read")


def _copy(path: bytes, target: bytes, uid: int) -> None:
    with open(_open(path, uid), "rb") as source, open(target, "wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)


def _size(path: bytes, uid: int) -> int:
    fd = _open(path, uid)
    try:
        size = os.fstat(fd).st_size
    finally:
        os.close(fd)
    wal = _stamp(path + b"-wal")
    return size + (wal[0] if wal else 0)


def _open(path: bytes, uid: int) -> int:
    """A descriptor of an ordinary file of this user's."""
    try:
        fd = os.open(path, _OPEN)
    except FileNotFoundError:
        raise JournalFileError("absent") from None
    except OSError as error:
        link = error.errno == errno.ELOOP
        raise JournalFileError("unreadable", "it is a link" if link else str(error.strerror)) from None
    info = os.fstat(fd)
    problem = ""
    if not stat.S_ISREG(info.st_mode):
        problem = "it is no ordinary file"
    elif info.st_uid != uid:
        problem = f"it belongs to uid {info.st_uid}"
    elif info.st_size > SIZE_LIMIT:
        problem = f"it has {info.st_size} bytes"
    if problem:
        os.close(fd)
        raise JournalFileError("unreadable", problem)
    return fd


def _stamp(path: bytes) -> tuple[int, int] | None:
    try:
        info = os.lstat(path)
    except OSError:
        return None
    return info.st_size, info.st_mtime_ns


def _spool(size: int) -> str | None:
    """A place for temporary files with room for the copy and as much again."""
    for folder in _SPOOLS:
        free = os.statvfs(folder or tempfile.gettempdir())
        if free.f_bavail * free.f_frsize > 2 * size:
            return folder
    raise JournalFileError("unreadable", "no room for a copy of it")
