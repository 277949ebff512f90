"""Content digests of many files, in parallel, in order, in memory that does not grow.

Processes and not threads: most files are small, and for those the interpreter works as long as the hash does. Workers
are forked by the process that walks (a child that already has the rights of the folder's owner), get paths over a pipe
and answer in the same order. A file is opened below the root one directory at a time and no link is followed, so a
name that was swapped for a link, a FIFO or a device since the walk is not read.
"""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import zlib
from collections import deque
from typing import Any, Deque, Dict, Generic, Iterable, Iterator, List, NamedTuple, Tuple, TypeVar

from .messages import get, put

Tag = TypeVar("Tag")

SHA1 = "SHA1"
# What the journal calls its checksums, each with the letter that stands for it in a request.
ALGORITHMS = {SHA1: b"s", "MD5": b"m", "SHA256": b"t", "SHA3-256": b"u", "ADLER32": b"a"}
# Answers that wait in a pipe must fit in it (64 KiB, less on other systems), else both sides would wait for each other.
BATCH_FILES = 48
BATCH_BYTES = 8 * 1024 * 1024
WINDOW = 3
MAX_WORKERS = 8
BLOCK = 1024 * 1024
SMALL = 64 * 1024

_BY_LETTER = {letter: name for name, letter in ALGORITHMS.items()}
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OPEN_DIRECTORY = _OPEN_FILE | os.O_DIRECTORY
_NOATIME = getattr(os, "O_NOATIME", 0)


class Request(NamedTuple):
    """A file as the walk saw it. No digest is given if it is another one, or changed, by the time it is read."""

    path: bytes
    size: int
    mtime_ns: int
    algorithms: Tuple[str, ...] = (SHA1,)


class _Adler:
    """Adler-32 behind the interface of hashlib, in hex as the client writes it: without leading zeros."""

    def __init__(self, **_hashlib: bool) -> None:
        self._value = 1

    def update(self, data: bytes) -> None:
        self._value = zlib.adler32(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:x}"


_CONSTRUCTORS: Dict[str, Any] = {
    SHA1: hashlib.sha1,
    "MD5": hashlib.md5,
    "SHA256": hashlib.sha256,
    "SHA3-256": hashlib.sha3_256,
    "ADLER32": _Adler,
}


class Hashers(Generic[Tag]):
    """A pool of workers below one root. Use as a context manager; OSError if the root cannot be opened."""

    def __init__(self, root: bytes, workers: int = 0) -> None:
        self._root = os.open(root, _OPEN_DIRECTORY)
        self._workers = [_Worker(self._root) for _ in range(workers or _cores())]

    def __enter__(self) -> Hashers[Tag]:
        return self

    def __exit__(self, *_exc: object) -> None:
        for worker in self._workers:
            worker.close()
        os.close(self._root)

    def run(self, wanted: Iterable[Tuple[Tag, Request | None]]) -> Iterator[Tuple[Tag, dict[str, bytes]]]:
        """Each tag with the digests of its request, in the order of `wanted`.

        A digest is lower-case hex. Without a request, or where the file could not be read as it was, there is none.
        """
        waiting: Deque[Tuple[_Worker, List[Tuple[Tag, Request | None]], int]] = deque()
        for batch, size in _batches(wanted):
            worker = min(self._workers, key=lambda one: one.load)
            worker.send([request for _tag, request in batch if request], size)
            waiting.append((worker, batch, size))
            while len(waiting) >= WINDOW * len(self._workers) or waiting[0][0].behind >= WINDOW:
                yield from _receive(*waiting.popleft())
            while worker.behind >= WINDOW:
                yield from _receive(*waiting.popleft())
        while waiting:
            yield from _receive(*waiting.popleft())


def file_digests(parent: int, name: bytes, request: Request) -> dict[str, bytes]:
    """Digests of the regular file `name` in the open directory `parent`; empty if it is not as it was requested."""
    fd = _open_file(parent, name)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return {}
        hashes = [(name, _CONSTRUCTORS[name](usedforsecurity=False)) for name in request.algorithms]
        left = request.size
        for block in _blocks(fd, request.size):
            left -= len(block)
            for _name, one in hashes:
                one.update(block)
        info = os.fstat(fd)
        if left or (info.st_size, info.st_mtime_ns) != (request.size, request.mtime_ns):
            return {}
        return {name: one.hexdigest().encode() for name, one in hashes}
    finally:
        os.close(fd)


def _blocks(fd: int, size: int) -> Iterator[Any]:
    """The first `size` bytes: a file that grows while it is read has an end."""
    if size <= SMALL:
        if size:
            yield os.read(fd, size)
        return
    buffer = memoryview(bytearray(BLOCK))
    while size > 0:
        count = os.readv(fd, [buffer[: min(size, BLOCK)]])
        if not count:
            return
        size -= count
        yield buffer[:count]


def _open_file(parent: int, name: bytes) -> int:
    try:
        return os.open(name, _OPEN_FILE | _NOATIME, dir_fd=parent)
    except PermissionError:
        # O_NOATIME is for the owner of the file; one that is only readable is read all the same
        return os.open(name, _OPEN_FILE, dir_fd=parent)


def _cores() -> int:
    try:
        found = len(os.sched_getaffinity(0))
    except AttributeError:
        found = os.cpu_count() or 1
    return max(1, min(found, MAX_WORKERS))


def _batches(
    wanted: Iterable[Tuple[Tag, Request | None]],
) -> Iterator[Tuple[List[Tuple[Tag, Request | None]], int]]:
    """Cut the stream by number and by size, so that neither small nor large files leave a worker idle for long."""
    batch: List[Tuple[Tag, Request | None]] = []
    size = files = 0
    for tag, request in wanted:
        batch.append((tag, request))
        if request:
            files += 1
            size += request.size
        if files >= BATCH_FILES or size >= BATCH_BYTES or len(batch) >= 4 * BATCH_FILES:
            yield batch, size
            batch, size, files = [], 0, 0
    if batch:
        yield batch, size


def _receive(
    worker: _Worker, batch: List[Tuple[Tag, Request | None]], size: int
) -> Iterator[Tuple[Tag, dict[str, bytes]]]:
    answers = iter(worker.receive(size))
    for tag, request in batch:
        yield tag, dict(zip(request.algorithms, next(answers).split())) if request else {}


class _Worker:
    """One forked process; `load` and `behind` are what it has still to answer, in bytes and batches."""

    def __init__(self, root: int) -> None:
        self.load = 0
        self.behind = 0
        work_end, self._ask = os.pipe()
        self._answer, answer_end = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            # the ends that this process does not use would keep the pipes of the other workers open
            os.close(self._ask)
            os.close(self._answer)
            _work(root, work_end, answer_end)
        os.close(work_end)
        os.close(answer_end)

    def send(self, requests: List[Request], size: int) -> None:
        self.load += size + 1
        self.behind += 1
        body = b"\0".join(
            b"%s %d %d %s" % (b"".join(ALGORITHMS[name] for name in one.algorithms), one.size, one.mtime_ns, one.path)
            for one in requests
        )
        put(self._ask, body)

    def receive(self, size: int) -> List[bytes]:
        """One answer for each request of the oldest batch; OSError if the worker has died."""
        body = get(self._answer)
        if body is None:
            raise ChildProcessError("a process that reads files was ended")
        self.load -= size + 1
        self.behind -= 1
        return body.split(b"\n")

    def close(self) -> None:
        os.close(self._ask)
        os.close(self._answer)
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _work(root: int, ask: int, answer: int) -> None:
    """A worker's whole life; does not return."""
    try:
        folder = _Folder(root)
        while True:
            body = get(ask)
            if body is None:
                break
            requests = body.split(b"\0") if body else []
            put(answer, b"\n".join(_answer(folder, request) for request in requests))
    finally:
        os._exit(0)


def _answer(folder: _Folder, text: bytes) -> bytes:
    letters, size, mtime_ns, path = text.split(b" ", 3)
    algorithms = tuple(_BY_LETTER[letters[place : place + 1]] for place in range(len(letters)))
    head, _slash, name = path.rpartition(b"/")
    try:
        found = file_digests(folder.enter(head), name, Request(path, int(size), int(mtime_ns), algorithms))
    except (OSError, ValueError):  # gone, unreadable, a link by now; or a hash that this host's policy forbids
        return b""
    return b" ".join(found.values())


class _Folder:
    """The directory that a worker reads in; the files of one directory come one after the other."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._path = b""
        self._fd = os.dup(root)

    def enter(self, path: bytes) -> int:
        """A descriptor of the directory `path` below the root; OSError where a part of it is a link or gone."""
        if path == self._path:
            return self._fd
        fd = os.dup(self._root)
        try:
            for part in path.split(b"/") if path else []:
                below = os.open(part, _OPEN_DIRECTORY, dir_fd=fd)
                os.close(fd)
                fd = below
        except OSError:
            os.close(fd)
            raise
        os.close(self._fd)
        self._fd, self._path = fd, path
        return fd
