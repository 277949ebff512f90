r"""What a machine starts when somebody logs on: the Run keys and what the task manager switched off.

The entries of programs for 32 bits are not emulated.
"""

from __future__ import annotations

import re

from smartfleet.lab.windows.drive import NotOnDrive
from smartfleet.lab.windows.machine import APPROVED, RUN, WindowsMachine

CONFDIR = re.compile(r'--confdir[= ](?:"([^"]*)"|(\S+))')
PROGRAM = re.compile(r'(?i)\A\s*(?:"([^"]*)"|(.*?\.exe)(?=\s|\Z))')


def autostart(machine: WindowsMachine, sid: str, config: str, kind: str) -> str:
    """on, off or unknown, for the configuration at `config`."""
    answers = {
        _answer(machine, str(command), config, kind)
        for hive in ("HKLM", rf"HKU\{sid}")
        for name, command in machine.registry.values(rf"{hive}\{RUN}").items()
        if not _is_switched_off(machine, hive, name)
    }
    return next((word for word in ("on", "unknown") if word in answers), "off")


def _is_switched_off(machine: WindowsMachine, hive: str, name: str) -> bool:
    mark = machine.registry.value(rf"{hive}\{APPROVED}", name)
    return bool(mark) and bytes.fromhex(str(mark))[0] % 2 == 1


def _answer(machine: WindowsMachine, command: str, config: str, kind: str) -> str:
    match = PROGRAM.match(command)
    program = (match[1] or match[2] or "").replace("/", "\\") if match else ""
    if program.rpartition("\\")[2].lower() != "nextcloud.exe":
        return "unknown" if "nextcloud" in command.lower() else "off"
    named = CONFDIR.search(command)
    folder = (named[1] or named[2]).rstrip("\\/") if named else ""
    is_mine = rf"{folder}\nextcloud.cfg".lower() == config.lower() if folder else kind != "confdir"
    return "on" if is_mine and _is_there(machine, program) else "off"


def _is_there(machine: WindowsMachine, program: str) -> bool:
    """Taken for granted where only its user could see it."""
    if "%" in program:
        return True
    try:
        return machine.drive.real(program).is_file()
    except NotOnDrive:
        return True
