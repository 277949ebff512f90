"""The audit of 50 loopback SSH hosts, beside the same audit as an idiomatic playbook of stock modules.

Both run in turn over the same lab hosts, with the same forks, pipelining and SSH options. CPU is the controller's
(the command and all its children); the targets' work belongs to the lab's own process.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from smartfleet import paths
from smartfleet.lab import lifecycle
from smartfleet.lab.lab import Lab
from smartfleet.lab.scenarios import build, plain_hosts

HOSTS = 50
RUNS = 3
FORKS = 20
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Taken:
    """One run of a command: seconds."""

    wall: float
    cpu: float


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="sf-bench-") as folder:
        lab = lifecycle.start(Path(folder) / "lab", tied=True)
        try:
            fleet = _fleet(lab)
            ours: list[Taken] = []
            stock: list[Taken] = []
            for _ in range(RUNS):
                ours.append(_run([str(BIN / "smartfleet"), "audit", "--fleet", str(fleet)], fleet))
                stock.append(_run(_playbook(fleet, Path(__file__).with_name("stock_audit.yml")), fleet))
            _print(ours, stock)
            _print_tasks(fleet)
        finally:
            lab.stop()


def _fleet(lab: Lab) -> Path:
    return build(lab, plain_hosts(HOSTS), done=lambda _scenario: None)


def _playbook(fleet: Path, playbook: Path) -> list[str]:
    return [str(BIN / "ansible-playbook"), "-i", str(fleet / "inventory"), "-f", str(FORKS), str(playbook)]


def _run(command: Sequence[str], fleet: Path) -> Taken:
    """Run to the end; a command that fails is no measurement."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=_environment(fleet), capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return Taken(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _environment(fleet: Path) -> dict[str, str]:
    """No warm connection is left from the run before: each command gets a control folder of its own."""
    own = tempfile.mkdtemp(prefix="cp-", dir=fleet.parent)
    return {**os.environ, "ANSIBLE_SSH_CONTROL_PATH_DIR": own, "ANSIBLE_PIPELINING": "1", "ANSIBLE_NOCOLOR": "1"}


def _print(ours: list[Taken], stock: list[Taken]) -> None:
    print(f"audit of {HOSTS} loopback SSH hosts, forks {FORKS}, median of {RUNS} runs (min-max)\n")
    print(f"{'':28}{'wall s':>18}{'hosts/s':>10}{'controller CPU ms/host':>26}")
    for name, runs in (("smartfleet audit", ours), ("playbook of stock modules", stock)):
        walls = [run.wall for run in runs]
        wall = statistics.median(walls)
        cpu = statistics.median(run.cpu for run in runs) / HOSTS * 1000
        spread = f"{wall:.1f} ({min(walls):.1f}-{max(walls):.1f})"
        print(f"{name:28}{spread:>18}{HOSTS / wall:>10.1f}{cpu:>26.0f}")
    ratio = statistics.median(there.wall / here.wall for here, there in zip(ours, stock, strict=True))
    cpu_ratio = statistics.median(there.cpu / here.cpu for here, there in zip(ours, stock, strict=True))
    print(f"\nstock / smartfleet: {ratio:.1f} times the wall time, {cpu_ratio:.1f} times the controller's CPU")


def _print_tasks(fleet: Path) -> None:
    """Tasks that reached a host, counted from Ansible's own output for one host."""
    orders = fleet / "orders"
    draw = [str(BIN / "smartfleet"), "plan", "--fleet", str(fleet), "--limit", "pc-001", "--orders", str(orders)]
    subprocess.run(draw, env=_environment(fleet), capture_output=True, check=True)
    print("\ntasks per host:")
    verbs: dict[paths.Playbook, str] = {
        "audit": "",
        "apply": f"smartfleet_orders={orders}",
        "verify": "smartfleet_level=journal",
        "rollback": "",
    }
    for verb, variables in verbs.items():
        command = _playbook(fleet, paths.playbook(verb))
        extra = ["--limit", "pc-001"] + (["-e", variables] if variables else [])
        done = subprocess.run(command + extra, env=_environment(fleet), capture_output=True, text=True, check=True)
        # the check of the host list runs on the controller
        plays = done.stdout.partition("Check which hosts")[2].partition("PLAY [")[2] or done.stdout
        tasks = sum(line.startswith(("ok: [", "changed: [")) for line in plays.splitlines())
        print(f"  {verb:10}{tasks}")


if __name__ == "__main__":
    main()
