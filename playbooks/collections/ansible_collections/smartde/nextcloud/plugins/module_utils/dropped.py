"""Work inside a user's home, done by a child process that has become that user.

A home is hostile ground for root: whatever lies there was put there by its owner, and may be a link, a FIFO, a dead
network mount. So every path in it is opened by a forked child that gave up root for good; the worst it can do is what
its owner can do. The child answers over a pipe, within a time and a size; the parent never touches the home.

Fork, not exec: the child has the code already, and a process that changed its uid is not dumpable, so its owner can
neither trace it nor read its memory. Two duties for what runs in it: import nothing late (the archive that Ansible
sends is readable by root alone, and so may be the whole interpreter), and give no answer that is not JSON.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import select
import signal
import struct
import tempfile
import time
import traceback
from typing import Any, Callable, Iterator, Tuple

from .people import Person

CHUNK_LIMIT = 8 * 1024 * 1024
ANSWER_LIMIT = 64 * 1024 * 1024
REAP_SECONDS = 2.0
SAFE_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

# Python loads these when they are first used, which would be too late in the child
for _codec in ("ascii", "latin-1", "utf-8-sig", "utf-16-le", "punycode", "idna"):
    codecs.lookup(_codec)

_HEAD = struct.Struct(">cI")
_DATA, _ANSWER, _ERROR = b"D", b"A", b"E"

Send = Callable[[bytes], None]


class DroppedError(Exception):
    """Work in a user's name failed; `code` is stable.

    not-admin, timeout, died, too-much, out-of-space, no-permission or failed; or whatever the work itself raised as a
    DroppedError, which arrives in the parent as it was.
    """

    def __init__(self, code: str, message: str, do: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.do = do


def run_as(person: Person, function: Callable[..., Any], *args: object, timeout: float = 60.0) -> Any:  # noqa: ANN401 - JSON
    """What `function(*args)` returns when `person` runs it; JSON-able. Raises DroppedError."""
    with Dropped(person, _without_send, function, *args, timeout=timeout) as child:
        for _chunk in child:
            pass
        return child.answer


def may_become(person: Person) -> bool:
    """Whether this process can work in the name of the person."""
    return os.geteuid() in (0, person.uid)


class Dropped:
    """A child at work: `function(send, *args)`, where each `send(bytes)` arrives here as one chunk.

    Iterate over the chunks, then read `answer`. `timeout` bounds the whole, `idle` the silence between two chunks.
    For several at once, select on `fileno()` and call `pump()`.
    """

    def __init__(
        self,
        person: Person,
        function: Callable[..., Any],
        *args: object,
        timeout: float = 60.0,
        idle: float | None = None,
    ) -> None:
        if not may_become(person):
            raise DroppedError(
                "not-admin", f"working as {person.name} needs root", "run with become: true, or as that user"
            )
        self.person = person
        self.answer: Any = None
        self.done = False
        self._idle = timeout if idle is None else idle
        self._end = time.monotonic() + timeout
        self._heard = time.monotonic()
        self._buffer = bytearray()
        self._status: int | None = None
        self._read, write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._read)
            _child(write, person, function, args)
        os.close(write)
        os.set_blocking(self._read, False)

    def __enter__(self) -> Dropped:  # noqa: PYI034 - Self is not in the 3.9 library
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[bytes]:
        while not self.done:
            select.select([self._read], [], [], max(0.0, self.remaining()))
            yield from self.pump()

    def fileno(self) -> int:
        return self._read

    def remaining(self) -> float:
        """Seconds until the child has used up its time or its silence."""
        return min(self._end, self._heard + self._idle) - time.monotonic()

    def pump(self) -> list[bytes]:
        """The chunks that have come in by now. Sets `done` at the end; raises DroppedError."""
        try:
            data = os.read(self._read, 1 << 20)
        except BlockingIOError:
            data = None
        if data is None or time.monotonic() > self._end:
            if self.remaining() <= 0:
                self.close()
                raise DroppedError(
                    "timeout", f"no answer from the files of {self.person.name} in time", "is a network home down?"
                )
            return []
        if not data:
            self.close()
            raise DroppedError("died", f"the work for {self.person.name} ended without an answer ({self._status})")
        self._heard = time.monotonic()
        self._buffer += data
        return self._frames()

    def close(self) -> None:
        """End the child; safe to call twice. One that hangs in the kernel is left behind, not waited for."""
        if self._read < 0:
            return
        os.close(self._read)
        self._read = -1
        if not self.done:
            for kill in (os.killpg, os.kill):  # the group takes along what the child has started
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    kill(self._pid, signal.SIGKILL)
        end = time.monotonic() + REAP_SECONDS
        while self._status is None and time.monotonic() < end:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._status = status
            else:
                time.sleep(0.002)

    def _frames(self) -> list[bytes]:
        chunks = []
        while len(self._buffer) >= _HEAD.size:
            kind, size = _HEAD.unpack_from(self._buffer)
            if size > (CHUNK_LIMIT if kind == _DATA else ANSWER_LIMIT):
                self.close()
                raise DroppedError("too-much", f"the answer for {self.person.name} is too large")
            if len(self._buffer) < _HEAD.size + size:
                break
            body = bytes(self._buffer[_HEAD.size : _HEAD.size + size])
            del self._buffer[: _HEAD.size + size]
            if kind == _DATA:
                chunks.append(body)
            else:
                self._finish(kind, body)
                break
        return chunks

    def _finish(self, kind: bytes, body: bytes) -> None:
        self.done = True
        self.close()
        answer = json.loads(body)
        if kind == _ERROR:
            raise DroppedError(answer["code"], answer["message"], answer["do"])
        self.answer = answer


def _without_send(_send: Send, function: Callable[..., Any], *args: object) -> object:
    return function(*args)


def _child(write: int, person: Person, function: Callable[..., Any], args: Tuple[object, ...]) -> None:
    """The child's whole life; does not return."""
    status = 1
    try:
        try:
            _settle(person)
            _become(person)
            answer = function(lambda data: _put(write, _DATA, data), *args)
            _put(write, _ANSWER, json.dumps(answer).encode())
            status = 0
        except BaseException as error:  # noqa: BLE001 - the parent must hear of everything, there is nobody else
            _put(write, _ERROR, json.dumps(_describe(error)).encode())
    finally:
        os._exit(status)


def _settle(person: Person) -> None:
    """A group of its own, no stream of the parent's, none of its environment, no core dumps of what was read."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # a child that hangs must not hold the connection open
        os.dup2(null, stream)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.chdir("/")
    os.umask(0o077)
    kept = {name: value for name, value in os.environ.items() if name.startswith("LC_") or name == "LANG"}
    os.environ.clear()
    os.environ.update(kept, PATH=SAFE_PATH, HOME=person.home, USER=person.name, LOGNAME=person.name)
    tempfile.tempdir = None


def _become(person: Person) -> None:
    """Give up root for good. Nothing to do for one's own files, as in a lab where all users share a uid."""
    if os.geteuid() == person.uid:
        return
    os.setgroups(list(person.groups) or [person.gid])
    os.setgid(person.gid)
    os.setuid(person.uid)
    try:
        os.setuid(0)
    except PermissionError:
        return
    raise DroppedError("not-admin", "root could not be given up")


def _put(write: int, kind: bytes, body: bytes) -> None:
    for start in range(0, len(body) or 1, CHUNK_LIMIT) if kind == _DATA else (0,):
        part = body[start : start + CHUNK_LIMIT] if kind == _DATA else body
        view = memoryview(_HEAD.pack(kind, len(part)) + part)
        while view:
            view = view[os.write(write, view) :]


def _describe(error: BaseException) -> dict[str, str]:
    if isinstance(error, DroppedError):
        return {"code": error.code, "message": error.message, "do": error.do}
    if isinstance(error, OSError):
        code = {28: "out-of-space", 122: "out-of-space", 1: "no-permission", 13: "no-permission"}.get(
            error.errno or 0, "failed"
        )
        return {"code": code, "message": str(error), "do": ""}
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(where.filename)}:{where.lineno}"
    return {"code": "failed", "message": f"{type(error).__name__}: {error} ({place})", "do": ""}
