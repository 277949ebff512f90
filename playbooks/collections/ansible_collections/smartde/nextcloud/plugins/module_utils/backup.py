"""The backup of a profile: configuration and journals, in a folder that only the administrator can read.

Bytes come out of the dropped child through its pipe; the parent writes them. The backup is made beside its place and
renamed into it when every byte is on the disk, so a folder ``backup`` is always a whole one.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from dataclasses import asdict, dataclass
from typing import Any, Sequence

from .dropped import Dropped, DroppedError, Send, run_as
from .people import Person
from .state import make_folder, read_json, sync_folder, write_json

CONFIG = "nextcloud.cfg"
CHUNK = 1 << 20
# A journal is copied with what SQLite keeps beside it; -shm is made anew by whoever opens it.
JOURNAL_PARTS = ("", "-wal", "-journal")
# What must stay free beside the backup itself: the manifest of a large folder takes about that much.
RESERVE = 32 * 1024 * 1024
MINUTES_10 = 600.0


@dataclass(frozen=True)
class Source:
    """A file to copy: its path in the home and its name in the backup."""

    path: str
    name: str


@dataclass(frozen=True)
class Saved:
    """A file of the backup, with what it was in the home."""

    path: str
    name: str
    size: int
    sha256: str
    inode: int
    mtime_ns: int
    mode: int


def journal_sources(number: int, journal: str) -> list[Source]:
    """The files of one journal; `number` keeps folders apart in the backup."""
    return [Source(journal + part, f"journal-{number}.db{part}") for part in JOURNAL_PARTS]


class Backup:
    """The folder ``backup`` of a transaction."""

    def __init__(self, transaction: str) -> None:
        self.folder = os.path.join(transaction, "backup")

    def make(self, person: Person, sources: Sequence[Source]) -> list[Saved]:
        """Copy what there is of `sources`; OSError with ENOSPC, before anything is written, where it will not fit."""
        left = require_space(person, sources, os.path.dirname(self.folder))
        partial = self.folder + ".partial"
        shutil.rmtree(partial, ignore_errors=True)
        make_folder(partial, below=partial)
        try:
            saved: list[Saved] = []
            for source in sources:
                saved += _fetch(person, source, partial, left - sum(one.size for one in saved))
            write_json(os.path.join(partial, "meta.json"), {"files": [asdict(one) for one in saved]})
            sync_folder(partial)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        shutil.rmtree(self.folder, ignore_errors=True)
        os.rename(partial, self.folder)
        sync_folder(os.path.dirname(self.folder))
        return saved

    def saved(self) -> list[Saved]:
        """The files of the backup; OSError or ValueError if there is none."""
        return [Saved(**one) for one in read_json(os.path.join(self.folder, "meta.json"))["files"]]

    def read(self, name: str) -> bytes:
        """A small file of the backup. ValueError if it is not what was saved."""
        with open(os.path.join(self.folder, name), "rb") as stream:
            data = stream.read()
        expected = next((one.sha256 for one in self.saved() if one.name == name), "")
        if hashlib.sha256(data).hexdigest() != expected:
            raise ValueError(f"the backup of {name} is damaged")
        return data

    def is_current(self, person: Person) -> bool:
        """Whether the files in the home still are the ones that were saved, by inode, size and time."""
        try:
            saved = self.saved()
        except (OSError, ValueError):
            return False
        found: list[list[int]] = run_as(person, look, [one.path for one in saved])
        return found == [[one.inode, one.size, one.mtime_ns] for one in saved]

    def put_back(self, person: Person, saved: Saved) -> None:
        """Give a file back to the home where it is missing; one that is there is never replaced."""
        with open(os.path.join(self.folder, saved.name), "rb") as stream:
            run_as(person, put_file, saved.path, stream.fileno(), saved.mode, saved.mtime_ns, timeout=MINUTES_10)


def require_space(person: Person, sources: Sequence[Source], transaction: str) -> int:
    """How many bytes a backup takes. OSError with ENOSPC if the transaction's disk has too little room for it."""
    sizes = [found[1] for found in run_as(person, look, [source.path for source in sources]) if found]
    place = transaction
    while not os.path.isdir(place):
        place = os.path.dirname(place)
    disk = os.statvfs(place)
    free = disk.f_bavail * disk.f_frsize
    if sum(sizes) + RESERVE > free:
        needed = (sum(sizes) + RESERVE) // 1_000_000
        raise OSError(errno.ENOSPC, f"the backup needs {needed} MB, {free // 1_000_000} MB are free", place)
    return sum(sizes)


def _fetch(person: Person, source: Source, folder: str, limit: int) -> list[Saved]:
    """The file in the backup, as a list of one; none where the home has no such file.

    No more than `limit` bytes are written: who makes a file larger after its space was found cannot fill the disk.
    """
    digest, size = hashlib.sha256(), 0
    target = os.path.join(folder, source.name)
    fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with (
        os.fdopen(fd, "wb") as stream,
        Dropped(person, send_file, source.path, limit, timeout=MINUTES_10, idle=60.0) as child,
    ):
        for chunk in child:
            digest.update(chunk)
            size += len(chunk)
            stream.write(chunk)
        stream.flush()
        os.fsync(fd)
        found = child.answer
    if found is None:
        os.unlink(target)
        return []
    if size != found["size"]:
        raise DroppedError("file-changed", f"{source.path} changed while it was copied", "is a client still running?")
    return [Saved(source.path, source.name, sha256=digest.hexdigest(), **found)]


def send_file(send: Send, path: str, limit: int) -> dict[str, Any] | None:
    """In the dropped child: send an ordinary file that is the user's own; what it is, or None where there is none.

    DroppedError file-changed for one of more than `limit` bytes; of one that grows at most a byte more is sent.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise DroppedError("not-a-file", f"{path} is no ordinary file of the user")
        if found.st_size > limit:
            raise DroppedError("file-changed", f"{path} has grown", "is a client still running?")
        left = found.st_size + 1
        while left and (chunk := os.read(fd, min(CHUNK, left))):
            send(chunk)
            left -= len(chunk)
    finally:
        os.close(fd)
    return {
        "size": found.st_size,
        "inode": found.st_ino,
        "mtime_ns": found.st_mtime_ns,
        "mode": stat.S_IMODE(found.st_mode),
    }


def look(paths: list[str]) -> list[list[int]]:
    """In the dropped child: inode, size and time of each file; an empty list for what is missing or no file."""
    found: list[list[int]] = []
    for path in paths:
        try:
            status = os.lstat(path)
        except OSError:
            found.append([])
            continue
        regular = stat.S_ISREG(status.st_mode)
        found.append([status.st_ino, status.st_size, status.st_mtime_ns] if regular else [])
    return found


def put_file(path: str, source: int, mode: int, mtime_ns: int) -> bool:
    """In the dropped child: write what the descriptor `source` holds to `path`; False where something is there."""
    temporary = path + ".smartfleet-tmp"
    if os.path.lexists(path):
        return False
    if os.path.lexists(temporary):
        os.unlink(temporary)
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(fd, "wb") as stream, os.fdopen(source, "rb", closefd=False) as content:
            shutil.copyfileobj(content, stream, CHUNK)
            stream.flush()
            os.fchmod(fd, mode)
            os.fsync(fd)
        os.utime(temporary, ns=(mtime_ns, mtime_ns))
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    sync_folder(os.path.dirname(path))
    return True
