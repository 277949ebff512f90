"""Runs one command and tells what it took: wall, CPU and memory of all its processes, those that outlive it included.

    python -m bench._compare.meter FOLDER COMMAND...

What it took goes into FOLDER/cost.json, what it said into out.txt and err.txt there.

It is a process of its own, so that nothing else is counted. Programs that a command leaves behind (ssh keeps the master
of a connection) become its children, are ended when the command has ended, and are counted as well.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench._processes import family, held

_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of linux/prctl.h"""
_SHARE = 30
"""Between two looks at memory passes that many times what a look takes: it costs a core 3 % at most."""
_SHORTEST = 0.05
_END_SECONDS = 5.0


@dataclass(frozen=True)
class Cost:
    """Seconds, and the most that all processes held together in MiB (shared pages divided among those that share)."""

    wall: float
    cpu: float
    peak: float
    code: int


@dataclass(frozen=True)
class Said:
    """What a command wrote to its outputs."""

    out: str
    err: str


def measured(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> tuple[Cost, Said]:
    """What a command took, and all that it said; `folder` is for this run alone."""
    words = [sys.executable, "-m", "bench._compare.meter", str(folder), *command]
    subprocess.run(words, env=environment, check=True, cwd=Path(__file__).parents[2])
    out, err = ((folder / name).read_text("utf-8", errors="replace") for name in ("out.txt", "err.txt"))
    return Cost(**json.loads((folder / "cost.json").read_text("utf-8"))), Said(out, err)


def main() -> None:
    named, *command = sys.argv[1:]
    folder = Path(named)
    _adopt_orphans()
    with (folder / "out.txt").open("wb") as out, (folder / "err.txt").open("wb") as err:
        cost = _run(command, out.fileno(), err.fileno())
    (folder / "cost.json").write_text(json.dumps(asdict(cost)), "utf-8")


def _run(command: Sequence[str], out: int, err: int) -> Cost:
    most, over = [0], threading.Event()
    start = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    watcher = threading.Thread(target=_watch, args=(most, over))
    watcher.start()
    try:
        code = child.wait()
        wall = time.perf_counter() - start
    finally:
        over.set()
        watcher.join()
        _end_what_is_left()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, used.ru_utime + used.ru_stime, most[0] / 1024, code)


def _watch(most: list[int], over: threading.Event) -> None:
    pause = _SHORTEST
    while not over.wait(pause):
        start = time.perf_counter()
        most[0] = max(most[0], sum(map(held, _below())))
        pause = max(_SHORTEST, _SHARE * (time.perf_counter() - start))


def _end_what_is_left() -> None:
    """Every process below this one, and what those leave."""
    deadline = time.monotonic() + _END_SECONDS
    while left := _below():
        for one in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
        _reap()
        time.sleep(0.01)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _below() -> list[int]:
    return family(os.getpid())[1:]


def _adopt_orphans() -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    main()
