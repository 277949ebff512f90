"""Machines for the unit tests of the emulated endpoint."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smartfleet.lab.winrm.machine import ModuleCall, NotEmulated, Output, ScriptCall


@dataclass(frozen=True)
class KnownAccounts:
    """A machine with these passwords. Its only module, `act`, does what its argument ``do`` says."""

    accounts: Mapping[str, str] = field(default_factory=lambda: {"eva": "x"})
    folder: Path = Path("/nonexistent")
    name: str = "win01"

    def password(self, user: str) -> str | None:
        return self.accounts.get(user)

    def certificate_user(self, principal: str) -> str | None:
        return principal.partition("@")[0] if principal.partition("@")[0] in self.accounts else None

    def is_admin(self, user: str) -> bool:
        return user != "guest"

    def home(self, user: str) -> str:
        return rf"C:\Users\{user}"

    def local_path(self, path: str, user: str) -> Path:
        expanded = path.replace("%TEMP%", rf"{self.home(user)}\AppData\Local\Temp")
        return self.folder.joinpath(*expanded.split("\\")[1:])

    def run_module(self, call: ModuleCall) -> dict[str, Any]:
        match call.arguments.get("do"):
            case "answer":
                return {"changed": False, "pid": os.getpid()}
            case "fail":
                return {"failed": True, "msg": "no"}
            case "die":
                os._exit(3)
            case "sleep":
                Path(call.arguments["mark"]).touch()
                time.sleep(60)
        raise NotEmulated(f"the module {call.name}")

    def run_script(self, call: ScriptCall) -> Output:
        if call.text != "hostname":
            raise NotEmulated("this script")
        return Output(f"{self.name}\r\n")
