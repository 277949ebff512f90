"""What every verb sends to one host, in the order of a migration: tasks, requests and bytes, counted at the host."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench._compare.crowd import Wire, wire_of
from bench._crowd import linux_hosts, windows_hosts
from smartfleet.lab import lifecycle
from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows.host import WindowsLabHost

FILES = 24
LEVELS = ("size", "journal")
TOOL = str(Path(sys.executable).parent / "smartfleet")


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="sf-bench-") as folder:
        lab = lifecycle.start(Path(folder) / "lab", tied=True)
        try:
            hosts = [*linux_hosts(lab, 1), *windows_hosts(lab, 1, FILES)]
            print(f"one host of each kind with a signed-in user and a synced folder of {FILES} files\n")
            print("| | tasks | requests | KB to the host | KB from it |\n|---|---|---|---|---|")
            for host in hosts:
                _print(lab, host)
        finally:
            lab.stop()


def _print(lab: Lab, host: LabHost | WindowsLabHost) -> None:
    kind = "SSH" if isinstance(host, LabHost) else "Windows"
    for verb, words in _verbs(write_fleet(lab, [host], folder=lab.layout.folder.with_name(f"fleet-{kind}"))):
        host.traffic(reset=True)
        subprocess.run([TOOL, *words], check=True, capture_output=True)
        wire = wire_of(host)
        cells = f"{_tasks(host, wire)} | {wire.requests} | {wire.bytes_in / 1000:.0f} | {wire.bytes_out / 1000:.0f}"
        print(f"| {kind}: `smartfleet {verb}` | {cells} |", flush=True)


def _verbs(fleet: Path) -> Iterator[tuple[str, list[str]]]:
    """What a table calls a command, and its words."""
    plan, here = str(fleet / "plan.json"), ["--fleet", str(fleet)]
    yield "audit", ["audit", *here]
    subprocess.run([TOOL, "plan", "--out", plan, *here], check=True, capture_output=True)
    yield "apply", ["apply", plan, "--yes", "--verify", "none", *here]
    for level in LEVELS:
        yield f"verify --level {level}", ["verify", "--level", level, *here]
    yield "rollback", ["rollback", "--yes", *here]


def _tasks(host: LabHost | WindowsLabHost, wire: Wire) -> int:
    """Modules that were carried out; over SSH each is one request, as long as it is piped to the host's Python."""
    if isinstance(host, LabHost):
        return int(wire.requests)
    return sum("." in command["name"] for command in host.traffic()["commands"])


if __name__ == "__main__":
    main()
