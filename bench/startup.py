"""How long `smartfleet` takes to tell of itself and of two of its commands, each as a whole process."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench._environment import environment
from bench._order import turned

RUNS = 15
ASKED: tuple[Sequence[str], ...] = (("--help",), ("audit", "--help"), ("apply", "--help"))


def main() -> None:
    """Print the table."""
    taken: dict[Sequence[str], list[tuple[float, float]]] = {words: [] for words in ASKED}
    for words in ASKED:
        _run(words)  # warms the page cache
    for index in range(RUNS):
        for words in turned(ASKED, index):
            taken[words].append(_run(words))
    print(f"medians of {RUNS} runs (min-max)\n\n{'':28}{'ms':>18}{'CPU ms':>8}")
    for words, runs in taken.items():
        walls, cpus = zip(*runs, strict=True)
        spread = f"{statistics.median(walls):.0f} ({min(walls):.0f}-{max(walls):.0f})"
        print(f"{' '.join(('smartfleet', *words)):28}{spread:>18}{statistics.median(cpus):>8.0f}")


def _run(words: Sequence[str]) -> tuple[float, float]:
    """Milliseconds on the wall and of CPU."""
    start, before = time.perf_counter(), _cpu()
    command = [str(Path(sys.executable).parent / "smartfleet"), *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment())
    return (time.perf_counter() - start) * 1000, (_cpu() - before) * 1000


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
