"""200 lab machines of which 60 are switched off: `smartfleet audit` beside plain ansible-playbook.

Both run the same playbook with the same modules and forks over the same inventory, in turn. A machine that is off
answers nothing at all, as it is in a real network: a refusal would come at once.

The machines' own work is done on the same cores, which on a real fleet it is not. So what the controller itself takes
is told beside the wall time: CPU of the command and of all its processes that it waited for.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import yaml

from bench._crowd import linux_hosts, windows_hosts
from bench._environment import environment
from smartfleet import paths
from smartfleet.lab import lifecycle
from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows.host import WindowsLabHost

HOSTS = 200
OFF_EACH_TEN = 3
FILES = 24
FORKS = (5, 20)
"""Ansible's own number, and ours."""
BIN = Path(sys.executable).parent
WAITING, UNREACHABLE = 6, 4


class Seconds(NamedTuple):
    """`cpu`: the controller's."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Taken:
    """Of both, one after the other."""

    forks: int
    ours: Seconds
    plain: Seconds


def main() -> None:
    """Print a table for each kind of machine."""
    kinds: dict[str, Callable[[Lab], Path]] = {"Linux over SSH": _linux, "Windows over WinRM": _windows}
    for kind, make in kinds.items():
        with tempfile.TemporaryDirectory(prefix="sf-bench-") as folder:
            lab = lifecycle.start(Path(folder) / "lab", tied=True)
            try:
                _print(kind, _measure(make(lab)))
            finally:
                lab.stop()


def _linux(lab: Lab) -> Path:
    hosts = linux_hosts(lab, HOSTS)
    _switch_off(hosts)
    return write_fleet(lab, hosts)


def _windows(lab: Lab) -> Path:
    hosts = windows_hosts(lab, HOSTS, FILES)
    _switch_off(hosts)
    return write_fleet(lab, hosts)


def _switch_off(hosts: Sequence[LabHost | WindowsLabHost]) -> None:
    for number, host in enumerate(hosts):
        if number % 10 < OFF_EACH_TEN:
            host.set_listening(on=False, absence="silent")


def _measure(fleet: Path) -> list[Taken]:
    return [_in_turn(fleet, forks) for forks in FORKS]


def _in_turn(fleet: Path, forks: int) -> Taken:
    settings = fleet / "smartfleet.yml"
    changed = yaml.safe_load(settings.read_text("utf-8"))
    changed["ansible"] = {**changed.get("ansible", {}), "forks": forks}
    settings.write_text(yaml.safe_dump(changed), "utf-8")
    ours = _run([str(BIN / "smartfleet"), "audit", "--fleet", str(fleet)], WAITING)
    plain = ["-i", str(fleet / "inventory"), "-f", str(forks), str(paths.playbook("audit"))]
    return Taken(forks, ours, _run([str(BIN / "ansible-playbook"), *plain], UNREACHABLE))


def _run(command: Sequence[str], expected: int) -> Seconds:
    """A command that ends otherwise than with hosts that are off is no measurement."""
    start, before = time.perf_counter(), _cpu()
    done = subprocess.run(command, env=environment(ANSIBLE_NOCOLOR="1"), capture_output=True, text=True, check=False)
    taken = Seconds(time.perf_counter() - start, _cpu() - before)
    if done.returncode != expected:
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return taken


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _print(kind: str, found: Sequence[Taken]) -> None:
    off = HOSTS * OFF_EACH_TEN // 10
    print(f"audit of {HOSTS} lab machines, {kind}, {off} of them off\n")
    print(f"{'forks':>6}{'smartfleet s':>14}{'CPU s':>8}{'ansible-playbook s':>20}{'CPU s':>8}{'times':>8}{'CPU':>8}")
    for one in found:
        times, cpu = one.plain.wall / one.ours.wall, one.plain.cpu / one.ours.cpu
        ours, plain = f"{one.ours.wall:>14.1f}{one.ours.cpu:>8.1f}", f"{one.plain.wall:>20.1f}{one.plain.cpu:>8.1f}"
        print(f"{one.forks:>6}{ours}{plain}{times:>8.1f}{cpu:>8.1f}")
    print(flush=True)


if __name__ == "__main__":
    main()
