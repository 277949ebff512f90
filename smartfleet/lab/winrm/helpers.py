"""The scripts that ansible-core itself runs on a host, played on the machine's files.

Each answers what the script of the same name in ``ansible/executor/powershell`` answers.
"""

from __future__ import annotations

import base64
import hashlib
import json
import ntpath
import re
import shutil
from collections.abc import Callable

from smartfleet.lab.winrm.machine import Machine, NotEmulated, Output, ScriptCall
from smartfleet.lab.winrm.manifest import HelperCall

_REMOVE = re.compile(r"Remove-Item '((?:[^']|'')+)' -Force( -Recurse)?;\s*(?:\n.*)?", re.DOTALL)
_STRICT = "Set-StrictMode -Version Latest\n"


def run(machine: Machine, call: HelperCall) -> Output:
    """Plays a helper; NotEmulated for one that is not known here."""
    play = _HELPERS.get(call.name)
    if play is None:
        raise NotEmulated(f"ansible-core's script {call.name}")
    try:
        return play(machine, call)
    except OSError as error:
        return Output(err=f"{call.name}: {error.strerror}", status=1)


def run_own_script(machine: Machine, call: ScriptCall) -> Output | None:
    """The one plain script that ansible-core sends: removing its temporary folder. None for every other text."""
    match = _REMOVE.fullmatch(call.text.removeprefix(_STRICT))
    if match is None:
        return None
    path = machine.local_path(match[1].replace("''", "'"), call.caller.user)
    if path.is_dir() and match[2]:
        shutil.rmtree(path)
    elif path.is_file():
        path.unlink()
    else:
        return Output(err="Remove-Item : Cannot find path.", status=1)
    return Output()


def _make_folder(machine: Machine, call: HelperCall) -> Output:
    path = ntpath.join(str(call.parameters["Directory"]), str(call.parameters["Name"]))
    machine.local_path(path, call.caller.user).mkdir(parents=True)
    return Output(f"{_expanded(machine, path, call.caller.user)}\r\n")


def _expand_user(machine: Machine, call: HelperCall) -> Output:
    path = str(call.parameters["Path"])
    home = machine.home(call.caller.user)
    if path == "~" or path.startswith("~\\"):
        path = home + path[1:]
    return Output(f"{path}\r\n")


def _put_file(machine: Machine, call: HelperCall) -> Output:
    content = b"".join(base64.b64decode(line) for line in call.data.split(b"\n") if line.strip())
    machine.local_path(str(call.parameters["Path"]), call.caller.user).write_bytes(content)
    return Output(json.dumps({"sha1": hashlib.sha1(content, usedforsecurity=False).hexdigest()}))


def _fetch_lines(machine: Machine, call: HelperCall) -> Output:
    """As PSRP fetches: what it is, then the file in one go."""
    given = str(call.parameters["Path"])
    path = machine.local_path(given, call.caller.user)
    if path.is_dir():
        return Output("[DIR]\r\n")
    if not path.is_file():
        return Output(err=f"{given} does not exist", status=1)
    size, content = int(call.parameters["BufferSize"]), path.read_bytes()
    pieces = [base64.b64encode(content[at : at + size]).decode() for at in range(0, len(content), size)]
    return Output("\r\n".join(["[FILE]", *pieces]))


def _fetch_file(machine: Machine, call: HelperCall) -> Output:
    given = str(call.parameters["Path"])
    path = machine.local_path(given, call.caller.user)
    if path.is_dir():
        return Output("[DIR]\r\n")
    if not path.is_file():
        return Output(err=f"{given} does not exist", status=1)
    with path.open("rb") as file:
        file.seek(int(call.parameters["Offset"]))
        read = file.read(int(call.parameters["BufferSize"]))
    return Output(f"{base64.b64encode(read).decode()}\r\n" if read else "")


def _expanded(machine: Machine, path: str, user: str) -> str:
    r"""``%TEMP%\x`` as PowerShell answers it."""
    temp = rf"{machine.home(user)}\AppData\Local\Temp"
    return re.sub("%TEMP%", lambda _: temp, path, flags=re.IGNORECASE)


_HELPERS: dict[str, Callable[[Machine, HelperCall], Output]] = {
    "powershell_mkdtemp.ps1": _make_folder,
    "powershell_expand_user.ps1": _expand_user,
    "winrm_put_file.ps1": _put_file,
    "winrm_fetch_file.ps1": _fetch_file,
    "psrp_put_file.ps1": _put_file,
    "psrp_fetch_file.ps1": _fetch_lines,
}
