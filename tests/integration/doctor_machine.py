"""A Windows machine that knows two accounts and the doctor's script, and nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smartfleet.connect import look
from smartfleet.lab.winrm.machine import ModuleCall, NotEmulated, Output, ScriptCall

HEALTHY: dict[str, Any] = {
    "schema": "smartfleet.look/1", "computer": "WIN01", "user": "win01\\admin", "administrator": True,
    "elevated": True, "token_filter_policy": 1, "build": "19045", "powershell": "5.1.19041.1", "edition": "Desktop",
    "language_mode": "FullLanguage", "machine_policy": "Undefined", "user_policy": "Undefined", "system_drive": "C:",
    "disk_free": 10**11, "max_shells_per_user": 30, "max_memory_per_shell_mb": 1024, "winsqlite3": True,
    "restart_pending": False,
}  # fmt: skip


@dataclass(frozen=True)
class DoctorMachine:
    """`answers` over the healthy ones; `said`: what the script prints instead."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    said: Output | None = None
    name: str = "WIN01"

    def password(self, user: str) -> str | None:
        return {"admin": "Geheim-1", "worker": "Geheim-2"}.get(user.rpartition("\\")[2].partition("@")[0].lower())

    def certificate_user(self, principal: str) -> str | None:
        return "admin" if principal == "admin@localhost" else None

    def is_admin(self, user: str) -> bool:
        return user.rpartition("\\")[2] == "admin"

    def home(self, user: str) -> str:
        return f"C:\\Users\\{user}"

    def local_path(self, path: str, user: str) -> Path:
        raise NotEmulated(f"{path} of {user}")

    def run_module(self, call: ModuleCall) -> dict[str, Any]:
        raise NotEmulated(call.name)

    def run_script(self, call: ScriptCall) -> Output:
        if call.text != look.script():
            raise NotEmulated("another script")
        if self.said is not None:
            return self.said
        return Output(json.dumps({**HEALTHY, "time": int(time.time()), **self.answers}) + "\r\n")
