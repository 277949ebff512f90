"""200 emulated Windows machines: hosts a second of each verb, and what controller and lab hold in memory.

The lab is one process that answers for all machines, with the server and every app password, and those that it begins
to play modules. The machines' own work is done on the same cores as the controller's.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench._compare.meter import measured
from bench._crowd import windows_hosts
from bench._environment import environment
from bench._processes import held_by
from smartfleet.lab import lifecycle
from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.lab import Lab

HOSTS = 200
FEW = 3
FILES = 24
TOOL = str(Path(sys.executable).parent / "smartfleet")


def main(*, quick: bool = False) -> None:
    """Print the table, a row as soon as it is there."""
    count = FEW if quick else HOSTS
    with tempfile.TemporaryDirectory(prefix="sf-bench-") as folder:
        lab = lifecycle.start(Path(folder) / "lab", tied=True)
        try:
            empty = _held(lab)
            fleet = write_fleet(lab, windows_hosts(lab, count, FILES))
            print(f"{count} emulated Windows machines with a signed-in user and a synced folder of {FILES} files each;")
            print(f"the lab holds {empty:.0f} MiB without one and {_held(lab):.0f} MiB before they are asked\n")
            print("| | wall s | hosts/s | CPU ms/host | controller MiB | lab MiB |\n|---|---|---|---|---|---|")
            for verb, words in _verbs(fleet):
                print(_row(lab, count, verb, words), flush=True)
        finally:
            lab.stop()


def _verbs(fleet: Path) -> Iterator[tuple[str, Sequence[str]]]:
    plan, here = str(fleet / "plan.json"), ("--fleet", str(fleet))
    yield "audit", ("audit", *here)
    yield "plan", ("plan", "--out", plan, *here)
    yield "apply", ("apply", plan, "--yes", "--verify", "none", *here)
    yield "verify --level size", ("verify", "--level", "size", *here)


def _row(lab: Lab, count: int, verb: str, words: Sequence[str]) -> str:
    """A verb that does not end well is no measurement."""
    cost, said = measured((TOOL, *words), environment(), Path(tempfile.mkdtemp(dir=lab.layout.folder.parent)))
    if cost.code:
        raise SystemExit(f"{verb} ended with {cost.code}: {said.out[-1500:]}\n{said.err[-1500:]}")
    figures = f"{cost.wall:.1f} | {count / cost.wall:.1f} | {cost.cpu / count * 1000:.0f} | {cost.peak:.0f}"
    return f"| `smartfleet {verb}` | {figures} | {_held(lab):.0f} |"


def _held(lab: Lab) -> float:
    return held_by(lab.state.pid) / 1024


if __name__ == "__main__":
    main()
