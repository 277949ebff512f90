"""Move the profiles of a lab host from facts over a plan to the module's own code, without SSH in between."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ansible_collections.smartde.nextcloud.plugins.module_utils.hostfacts import look
from ansible_collections.smartde.nextcloud.plugins.module_utils.hostwork import Host, move_host, restore_host
from ansible_collections.smartde.nextcloud.plugins.module_utils.outcome import Outcome

from smartfleet.fleet.load import load_fleet
from smartfleet.lab.host import LabHost
from smartfleet.model.facts import HostFacts
from smartfleet.plan import make_plan
from tests.integration.dying import die_after

PHASES = frozenset({"prepare", "commit"})


def orders(host: LabHost, fleet: Path) -> list[dict[str, Any]]:
    """What `smartfleet audit` and `smartfleet plan` make of the host as it is now."""
    facts = HostFacts.model_validate(look(str(host.root)))
    plan = make_plan({host.name: (time.time(), facts)}, load_fleet(fleet).config, created=time.time())
    moves = [profile.move for profile in plan.hosts[0].profiles if profile.move]
    return [move.model_dump(mode="json") for move in moves]


def move(host: LabHost, raw: list[dict[str, Any]], run: str = "run-1", *, stop_seconds: float = 20) -> list[Outcome]:
    return move_host(_host(str(host.root), stop_seconds), run, raw, PHASES, lock_seconds=60, check_mode=False)


def purge(host: LabHost, raw: list[dict[str, Any]]) -> list[Outcome]:
    named = [{"user": one["user"], "config_path": one["config_path"]} for one in raw]
    phases = frozenset({"purge"})
    return move_host(_host(str(host.root)), "run-9", named, phases, lock_seconds=60, check_mode=False)


def take_back(host: LabHost) -> list[Outcome]:
    return restore_host(_host(str(host.root)), "", [], only_open=False, check_mode=False)


def move_and_die(host: LabHost, raw: list[dict[str, Any]], mark: str) -> int:
    """`move` in a process of its own that kills itself right after the mark ``STEP STATE``; its exit code."""
    words = json.dumps({"root": str(host.root), "orders": raw, "mark": mark})
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "tests.integration.moving"]
    return subprocess.run(command, input=words.encode(), env=environment, check=False, timeout=600).returncode


def _host(root: str, stop_seconds: float = 20) -> Host:
    return Host(root, stop_seconds=stop_seconds, start_seconds=10, wait_seconds=20)


def _die() -> None:
    given = json.load(sys.stdin)
    die_after(given["mark"])
    move_host(_host(given["root"]), "run-0", given["orders"], PHASES, lock_seconds=60, check_mode=False)


if __name__ == "__main__":
    _die()
