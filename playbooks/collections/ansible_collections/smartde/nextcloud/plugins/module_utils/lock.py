"""One run at a time works on a host.

Two things keep others away: while a module works, the kernel's lock on ``lock`` (it falls with the process, however
that ends); between the tasks of a run, for example while a package is installed, the reservation written into it.

A reservation gives way when it has expired, to the same run, and to a run that carries the same orders: the one that
made it may have died with its controller, and whoever goes on with the same order ends in the same state.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Iterable, Iterator

from .state import make_folder, state_folder

POLL = 0.2


class LockHeldError(Exception):
    """Another run works on the host, or has reserved it; the text says who and until when."""


@dataclass(frozen=True)
class Reservation:
    """`orders`: sha256 of the configurations that the run is about to write."""

    run: str
    until: float
    orders: frozenset[str]


@dataclass(frozen=True)
class Unlocked:
    """What `unlock` found. `state`: free, removed, kept (another run's) or working (a module has the lock now)."""

    state: str
    run: str = ""
    until: float = 0.0


class HeldLock:
    """The lock as `host_lock` hands it out."""

    def __init__(self, fd: int, run: str, orders: frozenset[str]) -> None:
        self._fd = fd
        self._run = run
        self._orders = orders
        self.reserved = False

    def reserve(self, seconds: float) -> None:
        """Keep the host for this run's next task."""
        _write(self._fd, Reservation(self._run, time.time() + seconds, self._orders))
        self.reserved = True


@contextmanager
def host_lock(root: str, run: str, orders: Iterable[str] = (), *, wait: float = 0.0) -> Iterator[HeldLock]:
    """Hold the host while the context lasts, and longer if it was reserved in it.

    Somebody who works on it now is waited for: a controller that died may have left a module at work, which will come
    to its end. LockHeldError where another run has the host all the same; OSError where the state folder cannot be
    made.
    """
    folder = state_folder(root)
    make_folder(folder, below=folder)
    wanted = frozenset(orders)
    fd = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        _take(fd, run, wanted, wait)
        held = HeldLock(fd, run, wanted)
        try:
            yield held
        finally:
            if not held.reserved:
                _write(fd, None)
    finally:
        os.close(fd)


def unlock(root: str, run: str = "", *, check_mode: bool = False) -> Unlocked:
    """Take away the reservation of `run`, "" for whoever's. OSError where the lock is no file of ours."""
    path = os.path.join(state_folder(root), "lock")
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return Unlocked("free")
    try:
        if not _locked(fd):
            holder = _read(fd)
            return Unlocked("working", holder.run if holder else "")
        found = _read(fd)
        if found is None or found.until <= time.time():
            return Unlocked("free")
        if run not in ("", found.run):
            return Unlocked("kept", found.run, found.until)
        if not check_mode:
            _write(fd, None)
        return Unlocked("removed", found.run, found.until)
    finally:
        os.close(fd)


def _take(fd: int, run: str, orders: frozenset[str], wait: float) -> None:
    end = time.monotonic() + wait
    while not _locked(fd):
        if time.monotonic() >= end:
            holder = _read(fd)
            raise LockHeldError(f"run {holder.run if holder else '(unnamed)'} works on this host now")
        time.sleep(POLL)
    found = _read(fd)
    if found and _must_wait(found, run, orders):
        until = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(found.until))
        raise LockHeldError(f"run {found.run} has reserved this host until {until}")
    # an until of 0: the name is for people, what counts now is the kernel's lock
    _write(fd, Reservation(run, 0, orders))


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _must_wait(found: Reservation, run: str, orders: frozenset[str]) -> bool:
    if found.run == run or found.until <= time.time():
        return False
    return not (found.orders and found.orders <= orders)


def _read(fd: int) -> Reservation | None:
    """None for an empty or torn file: who wrote it is dead, or has the kernel's lock anyway."""
    try:
        found = json.loads(os.pread(fd, 1 << 20, 0))
        return Reservation(str(found["run"]), float(found["until"]), frozenset(found["orders"]))
    except (ValueError, KeyError, TypeError):
        return None


def _write(fd: int, reservation: Reservation | None) -> None:
    content = b""
    if reservation:
        fields = {"run": reservation.run, "until": reservation.until, "orders": sorted(reservation.orders)}
        content = json.dumps({**fields, "pid": os.getpid()}).encode()
    os.ftruncate(fd, 0)
    os.pwrite(fd, content, 0)
    os.fsync(fd)
