"""`ansible.windows.win_package` for an MSI, and `win_winget`: what an installation leaves on the machine.

Faults, in ``faults.json``: ``msi_exit`` is the exit code of each installation, ``msi_busy`` says how many of the next
ones find another installation at work (1618), ``msi_altered`` that something on the way alters the file.
"""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from smartfleet.lab.windows import msi
from smartfleet.lab.windows.build import install
from smartfleet.lab.windows.drive import NotOnDrive
from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.windows.plays.arguments import REQUIRED, arguments
from smartfleet.lab.windows.plays.look import RESTART
from smartfleet.lab.windows.products import SETTINGS, UNINSTALL, new_product_code, product
from smartfleet.lab.winrm.machine import ModuleCall, NotEmulated

FETCH_SECONDS = 30.0
SIZE_LIMIT = 1 << 20
BUSY, RESTART_NEEDED = 1618, 3010
WINGET_ID = "Nextcloud.NextcloudDesktop"


def win_package(machine: WindowsMachine, call: ModuleCall) -> dict[str, Any]:
    known = {
        "path": (str, REQUIRED),
        "provider": (str, "auto"),
        "checksum": (str, ""),
        "checksum_algorithm": (str, "sha1"),
        "arguments": (str, ""),
        "expected_return_code": (list, [0, RESTART_NEEDED]),
        "state": (str, "present"),
    }
    given = arguments(call, known)
    if given["provider"] not in ("auto", "msi") or given["state"] != "present":
        raise NotEmulated(f"win_package with provider {given['provider']} and state {given['state']}")
    result: dict[str, Any] = {"changed": False, "reboot_required": False, "rc": 0}
    try:
        data = _fetch(machine, given["path"])
        if machine.faults.read().get("msi_altered"):
            data += b"altered"
    except (OSError, ValueError) as error:
        return _failed(result, f"the file at the path '{given['path']}' cannot be reached: {error}")
    digest = hashlib.new(given["checksum_algorithm"], data).hexdigest()
    result["checksum"] = digest.upper()
    if given["checksum"] and given["checksum"].lower() != digest:
        wanted = f"did not match '{given['checksum']}', it was '{digest.upper()}'"
        return _failed(result, f"The checksum for {given['path']} {wanted}")
    return _install(machine, data, given, result, check_mode=call.check_mode)


def _install(
    machine: WindowsMachine, data: bytes, given: dict[str, Any], result: dict[str, Any], *, check_mode: bool
) -> dict[str, Any]:
    package = msi.read(data)
    if machine.registry.exists(rf"{UNINSTALL}\{package.product_code}"):
        return result
    result["changed"] = True
    if check_mode:
        return result
    code = _exit_code(machine)
    # as the module does: Ansible takes any other exit code than 0 for a failure where nothing is said
    result |= {"rc": code, "stdout": "", "stderr": "", "failed": False}
    if code not in [int(one) for one in given["expected_return_code"]]:
        result["changed"] = False
        command = "msiexec.exe /i installer.msi /qn /norestart"
        return _failed(result, f"unexpected rc from '{command}': see rc, stdout, and stderr for more details")
    options = _properties(given["arguments"])
    install(machine, version=package.version, qt=package.qt, code=package.product_code)
    if options.skip_auto_update is not None:
        machine.registry.put(SETTINGS, "skipUpdateCheck", int(options.skip_auto_update), "REG_DWORD")
    if code == RESTART_NEEDED:
        result["reboot_required"] = True
        machine.registry.put(RESTART, "", "")
    return result


def win_winget(machine: WindowsMachine, call: ModuleCall) -> dict[str, Any]:
    given = arguments(call, {"id": (str, REQUIRED), "version": (str, "")})
    result: dict[str, Any] = {"changed": False, "rc": 0, "reboot_required": False}
    if given["id"] != WINGET_ID:
        return _failed(result | {"rc": -1978335212}, f"winget knows no package {given['id']}")
    found = product(machine.registry)
    if found and found[1] == given["version"]:
        return result
    if not call.check_mode:
        install(machine, version=given["version"], qt=6, code=new_product_code())
    return result | {"changed": True}


@dataclass(frozen=True)
class _Properties:
    skip_auto_update: bool | None


def _properties(text: str) -> _Properties:
    """The properties of the command line; NotEmulated for others than those that smartfleet sets."""
    words = text.split()
    if "REBOOT=ReallySuppress" not in words:
        raise NotEmulated("an MSI that may restart the machine (without REBOOT=ReallySuppress)")
    rest = set(words) - {"/qn", "REBOOT=ReallySuppress"}
    known = {"SKIPAUTOUPDATE=1": True, "SKIPAUTOUPDATE=0": False}
    if not rest <= set(known):
        raise NotEmulated(f"the MSI property {', '.join(sorted(rest - set(known)))}")
    return _Properties(next((known[word] for word in rest), None))


def _exit_code(machine: WindowsMachine) -> int:
    with machine.faults.changing() as faults:
        if faults.get("msi_busy", 0) > 0:
            faults["msi_busy"] -= 1
            return BUSY
        return int(faults.get("msi_exit", 0))


def _fetch(machine: WindowsMachine, path: str) -> bytes:
    """The machine itself fetches the file: from a URL, or from a path of its own disk. OSError, ValueError."""
    if path.startswith(("https://", "http://")):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(path, timeout=FETCH_SECONDS) as answer:
                data: bytes = answer.read(SIZE_LIMIT)
        except urllib.error.HTTPError as error:
            with error:
                raise OSError(f"the server answers {error.code}") from None
        return data
    try:
        return machine.drive.real(machine.expand(path)).read_bytes()
    except NotOnDrive:
        raise NotEmulated(f"the share {path}") from None


def _failed(result: dict[str, Any], message: str) -> dict[str, Any]:
    return {**result, "failed": True, "msg": message}
