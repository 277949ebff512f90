"""Plays a module on a Windows machine of the lab without the wire in between."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from smartfleet.fleet.load import load_fleet
from smartfleet.lab.host import Connection, SignedIn, documents
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows.host import WindowsLabHost, WindowsUser
from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.winrm.machine import Caller, ModuleCall
from smartfleet.model.facts import HostFacts
from smartfleet.model.plan import HostPlan
from smartfleet.model.results import Outcome
from smartfleet.plan import make_plan
from tests.integration.dying import die_after

USER_PART = {"user_part.ps1": "text", "Native.cs": "text"}


def play(host: WindowsLabHost, name: str, *, check: bool = False, **arguments: Any) -> dict[str, Any]:
    """The answer of one of our modules, called as its action plugin calls it."""
    if name in ("win_account_move", "win_account_restore"):
        arguments["user_part"] = USER_PART
    internals = {"_ansible_check_mode": check}
    return host.machine.run_module(ModuleCall(f"smartde.nextcloud.{name}", arguments, internals, Caller("admin")))


def facts(host: WindowsLabHost) -> HostFacts:
    return HostFacts.model_validate(play(host, "win_client_facts")["facts"])


def plan(host: WindowsLabHost, fleet: Path) -> HostPlan:
    """What `smartfleet audit` and `smartfleet plan` make of the host as it is now."""
    return make_plan({host.name: (time.time(), facts(host))}, load_fleet(fleet).config, created=time.time()).hosts[0]


def orders(host: WindowsLabHost, fleet: Path) -> list[dict[str, Any]]:
    return [one.move.model_dump(mode="json") for one in plan(host, fleet).profiles if one.move]


def move(host: WindowsLabHost, raw: list[dict[str, Any]], run: str = "run-1", **arguments: Any) -> list[Outcome]:
    given = {"stop_seconds": 20, "start_seconds": 10, "wait_seconds": 20, **arguments}
    answer = play(host, "win_account_move", run=run, profiles=raw, **given)
    return [Outcome.model_validate(one) for one in answer["profiles"]]


def take_back(host: WindowsLabHost) -> list[Outcome]:
    return [Outcome.model_validate(one) for one in play(host, "win_account_restore")["profiles"]]


PLAIN = Connection()


def synced(
    lab: Lab, host: WindowsLabHost, name: str, folder: Connection = PLAIN, *, home: str = "", qt: int = 6
) -> WindowsUser:
    """Somebody at the console, signed in to the old name, synced, the client running."""
    password = lab.add_account(name)
    lab.put_all(name, documents(7, 8))
    user = host.add_user(name, home=home)
    user.log_on()
    user.sign_in(SignedIn(lab.old_url, name, password, folders=(folder,)), qt=qt)
    user.start_client()
    user.wait_synced(folder.local)
    return user


def move_and_die(host: WindowsLabHost, raw: list[dict[str, Any]], mark: str) -> int:
    """`move` in a process of its own that kills itself right after the mark ``STEP STATE``; its exit code."""
    words = json.dumps({"machine": str(host.machine.folder), "orders": raw, "mark": mark})
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "tests.integration.playing"]
    return subprocess.run(command, input=words.encode(), env=environment, check=False, timeout=600).returncode


def _die() -> None:
    given = json.load(sys.stdin)
    die_after(given["mark"])
    arguments = {"run": "run-0", "profiles": given["orders"], "user_part": USER_PART}
    call = ModuleCall("smartde.nextcloud.win_account_move", arguments, {}, Caller("admin"))
    WindowsMachine(Path(given["machine"])).run_module(call)


if __name__ == "__main__":
    _die()
