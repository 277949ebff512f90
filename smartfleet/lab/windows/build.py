"""A new machine, and what an administrator sets up on it: people and programs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from smartfleet.lab.desktop.install import first_lines
from smartfleet.lab.windows.machine import APPROVED, PROFILE_LIST, RUN, SHELL_FOLDERS, WindowsMachine
from smartfleet.lab.windows.products import EXE, new_product_code, register

DOMAIN = "S-1-5-21-1004336348-1177238915-682003330"
ADMINISTRATOR_RID, FIRST_RID = 500, 1001
PLACES = ("Windows/Temp", "Windows/System32", "Program Files", "Program Files (x86)", "ProgramData", "Users/Public")

BODY = '''\
"""The desktop client of an emulated Windows machine."""
import sys
from pathlib import Path

from smartfleet.lab.desktop.program import Program, main
from smartfleet.lab.windows.desktop import WindowsDesktop
from smartfleet.lab.windows.machine import WindowsMachine

machine = WindowsMachine(Path({folder!r}))
sys.exit(main(Program({version!r}, {qt}, machine.clients), WindowsDesktop(machine), sys.argv[1:]))
'''


def make_machine(folder: Path, *, admin: str, password: str, version: str, qt: int) -> WindowsMachine:
    """An installed Windows with an administrator and the desktop client; no client where `version` is empty."""
    machine = WindowsMachine(folder)
    for place in PLACES:
        (machine.drive.root / place).mkdir(parents=True)
    machine.clients.mkdir()
    (machine.root / "var").mkdir(parents=True)
    (machine.root / "var/lib").symlink_to("../../C/ProgramData")
    add_person(machine, admin, password=password)
    if version:
        install(machine, version=version, qt=qt, code=new_product_code())
    return machine


def add_person(machine: WindowsMachine, name: str, *, password: str = "", home: str = "") -> Path:
    """An account with a profile folder, as after the first logon; with a password it is an administrator's."""
    with machine.accounts.changing() as accounts:
        number = ADMINISTRATOR_RID if password else FIRST_RID + len(accounts)
        sid = f"{DOMAIN}-{number}"
        accounts[name] = {"sid": sid, "admin": bool(password), "password": password}
    home = home or rf"C:\Users\{name}"
    real = machine.drive.real(home)
    for folder in ("AppData/Roaming", "AppData/Local/Temp", "Documents"):
        (real / folder).mkdir(parents=True)
    machine.registry.put(rf"{PROFILE_LIST}\{sid}", "ProfileImagePath", home, "REG_EXPAND_SZ")
    appdata = r"%USERPROFILE%\AppData\Roaming"
    machine.registry.put(rf"HKU\{sid}\{SHELL_FOLDERS}", "AppData", appdata, "REG_EXPAND_SZ")
    return real


def set_autostart(machine: WindowsMachine, sid: str, *, on: bool) -> None:
    """What the client writes when it is to start with the session, or what the task manager does to switch that off."""
    machine.registry.put(rf"HKU\{sid}\{RUN}", "Nextcloud", EXE)
    mark = ("02" if on else "03") + "00" * 11
    machine.registry.put(rf"HKU\{sid}\{APPROVED}", "Nextcloud", mark, "REG_BINARY")


def install(machine: WindowsMachine, *, version: str, qt: int, code: str) -> None:
    """The client's program with its libraries, and its entries in the registry under this product code."""
    program = machine.drive.real(EXE)
    program.parent.mkdir(parents=True, exist_ok=True)
    for old in program.parent.iterdir():
        old.unlink()
    partial = program.with_suffix(".new")
    text = BODY.format(folder=os.fspath(machine.folder), version=version, qt=qt)
    partial.write_text(first_lines(sys.executable) + text, encoding="utf-8")
    partial.chmod(0o755)
    partial.replace(program)
    (program.parent / f"Qt{qt}Core.dll").touch()
    register(machine.registry, version=version, code=code)
