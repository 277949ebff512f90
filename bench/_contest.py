"""Commands beside each other on the same folder: in turn, so that whatever else the machine does meets all of them."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench._environment import environment
from bench._order import turned
from bench._processes import held_by

COLLECTIONS = Path(__file__).parents[1] / "playbooks/collections"
TREE = "{tree}"
"""Stands for the folder in a command."""


@dataclass(frozen=True)
class Contender:
    """One command; `base` is the name of the one whose time its own is told in."""

    command: Sequence[str]
    base: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    """One run: seconds of the whole command, of its work without its start, and of all its processes' CPU."""

    wall: float
    work: float
    cpu: float


def ours(module: str, *words: str) -> list[str]:
    """Our own work as a command: `module` prints the seconds of its work to standard error."""
    return [sys.executable, "-m", f"bench.{module}", "work", *words, TREE]


def compete(contenders: Mapping[str, Contender], tree: Path, runs: int) -> dict[str, list[Taken]]:
    rounds = [{name: run(contenders[name], tree) for name in turned(list(contenders), index)} for index in range(runs)]
    return {name: [one[name] for one in rounds] for name in contenders}


def run(contender: Contender, tree: Path) -> Taken:
    """SystemExit if the command fails."""
    start, before = time.perf_counter(), _cpu()
    child = _start(contender, tree)
    said = child.communicate()[1].decode()
    wall = time.perf_counter() - start
    if child.returncode:
        raise SystemExit(f"{' '.join(contender.command)} ended with {child.returncode}: {said}")
    work = float(said) if contender.command[0] == sys.executable else wall
    return Taken(wall, work, _cpu() - before)


def peak(contender: Contender, tree: Path) -> float:
    """The most that the command's processes held together, in MiB; a run of its own, since looking takes time."""
    child, most = _start(contender, tree), 0.0
    while child.poll() is None:
        most = max(most, held_by(child.pid))
        time.sleep(0.01)
    child.communicate()
    return most / 1024


def print_table(
    contenders: Mapping[str, Contender], taken: Mapping[str, list[Taken]], peaks: Mapping[str, str], files: int
) -> None:
    """`peaks`: what stands in the last column of each. `times`: of whole commands, then of their work."""
    print(f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}\n")
    print(f"{'':44}{'command s':>18}{'times':>8}{'work s':>8}{'times':>8}{'files/s':>10}{'CPU s':>7}{'MiB':>12}")
    for name, runs in taken.items():
        base, walls = taken[contenders[name].base or name], [one.wall for one in runs]
        work, wall, cpu = (
            statistics.median(column) for column in zip(*((one.work, one.wall, one.cpu) for one in runs), strict=True)
        )
        whole, alone = times(runs, base, lambda one: one.wall), times(runs, base, lambda one: one.work)
        spread = f"{wall:.2f} ({min(walls):.2f}-{max(walls):.2f})"
        figures = f"{spread:>18}{whole:>8.2f}{work:>8.2f}{alone:>8.2f}{files / work:>10.0f}{cpu:>7.2f}"
        print(f"{name:44}{figures}{peaks[name]:>12}")


def times(runs: Sequence[Taken], base: Sequence[Taken], what: Callable[[Taken], float]) -> float:
    """The median of the ratios within a round."""
    return statistics.median(what(one) / what(other) for one, other in zip(runs, base, strict=True))


def version(program: str) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def _start(contender: Contender, tree: Path) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(COLLECTIONS), str(Path(__file__).parents[1])])
    words = [word.replace(TREE, str(tree)) for word in contender.command]
    return subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(PYTHONPATH=path, **contender.env)
    )


def _cpu() -> float:
    """Seconds of all processes that this one has waited for, and of those that they have waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
