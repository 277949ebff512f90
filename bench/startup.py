"""How long `smartfleet --help` takes, as a whole process."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15


def main() -> None:
    command = [str(Path(sys.executable).parent / "smartfleet"), "--help"]
    taken = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - start)
    runs = sorted(taken[1:])  # the first one warms the page cache
    median = statistics.median(runs) * 1000
    print(f"smartfleet --help, median of {RUNS} runs: {median:.0f} ms ({runs[0] * 1000:.0f}-{runs[-1] * 1000:.0f})")


if __name__ == "__main__":
    main()
