"""The doctor's script, played; every other text is refused."""

from __future__ import annotations

import json
import shutil
import time

from smartfleet.connect.look import script
from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.windows.plays.facts import POWERSHELL
from smartfleet.lab.winrm.machine import NotEmulated, Output, ScriptCall


def run_script(machine: WindowsMachine, call: ScriptCall) -> Output:
    if call.text.strip() != script().strip():
        raise NotEmulated(f"the script {call.text.strip()[:60]!r}")
    return Output(json.dumps(answers(machine, call.caller.user)) + "\r\n")


def answers(machine: WindowsMachine, user: str) -> dict[str, object]:
    """What look.ps1 writes; see `smartfleet.connect.look`."""
    account = machine.account(user) or {}
    plain = user.rpartition("\\")[2].partition("@")[0]
    return {
        "schema": "smartfleet.look/1",
        "computer": machine.name.upper()[:15],
        "user": f"{machine.name.upper()[:15]}\\{plain}".lower(),
        "administrator": bool(account.get("admin")),
        "elevated": bool(account.get("admin")),
        "token_filter_policy": 1,
        "build": "19045",
        "powershell": POWERSHELL,
        "edition": "Desktop",
        "language_mode": "FullLanguage",
        "machine_policy": "Undefined",
        "user_policy": "Undefined",
        "system_drive": "C:",
        "disk_free": shutil.disk_usage(machine.drive.root).free,
        "time": int(time.time()),
        "max_shells_per_user": 30,
        "max_memory_per_shell_mb": 2147483647,
        "winsqlite3": True,
        "restart_pending": machine.registry.exists(RESTART),
    }


RESTART = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending"
