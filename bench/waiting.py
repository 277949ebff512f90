"""What Ansible costs while it waits: hosts that only take their time, with Ansible's own settings and with ours."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from bench._compare.meter import Cost, measured
from bench._environment import environment
from bench._order import turned
from smartfleet.engines.worker.waiting import waiting
from smartfleet.paths import playbook
from tests.integration.engines.hosts import Hosts

HOSTS, SECONDS, RUNS = 20, 30, 3


def main() -> None:
    """Print the table."""
    settings = {"Ansible's own": environment(), "ours": environment(**waiting({}, ()))}
    taken: dict[str, list[Cost]] = {name: [] for name in settings}
    with tempfile.TemporaryDirectory(prefix="smartfleet-") as made:
        folder = Path(made)
        hosts = Hosts(folder / "hosts")
        for number in range(HOSTS):
            hosts.add(f"pc-{number}", seconds=SECONDS)
        (folder / "inventory.json").write_text(hosts.inventory_file(), "utf-8")
        command = [
            str(Path(sys.executable).parent / "ansible-playbook"),
            *("-i", str(folder / "inventory.json"), "-f", str(HOSTS), str(playbook("audit"))),
        ]
        for index in range(RUNS):
            for name in turned(tuple(settings), index):
                run = folder / f"{index}-{name}"
                run.mkdir()
                cost, said = measured(command, settings[name], run)
                if cost.code:
                    sys.exit(f"ansible-playbook ended with {cost.code}: {said.err or said.out}")
                taken[name].append(cost)
    print(f"{HOSTS} hosts at once, each of which takes {SECONDS} s for its task; medians of {RUNS} runs (min-max)\n")
    print(f"{'settings':16}{'wall s':>18}{'CPU s':>18}")
    for name, costs in taken.items():
        print(f"{name:16}{_spread([one.wall for one in costs]):>18}{_spread([one.cpu for one in costs]):>18}")


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f}-{max(values):.1f})"


if __name__ == "__main__":
    main()
