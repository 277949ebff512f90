"""The stock modules that smartfleet and its measurements use, as far as they do."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import os
from pathlib import Path
from typing import Any

from smartfleet.lab.windows.attributes import PLACEHOLDER
from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.windows.plays.arguments import REQUIRED, arguments
from smartfleet.lab.winrm.machine import ModuleCall


def win_ping(_machine: WindowsMachine, call: ModuleCall) -> dict[str, Any]:
    given = arguments(call, {"data": (str, "pong")})
    return {"changed": False, "ping": given["data"]}


def setup(machine: WindowsMachine, call: ModuleCall) -> dict[str, Any]:
    """A few facts of those that there are, whatever subset is asked for."""
    arguments(call, {"gather_subset": (list, []), "gather_timeout": (int, 10), "filter": (list, [])})
    facts = {
        "os_family": "Windows",
        "system": "Win32NT",
        "os_name": "Microsoft Windows 10 Pro",
        "distribution": "Microsoft Windows 10 Pro",
        "distribution_version": "10.0.19045.0",
        "hostname": machine.name.upper(),
        "architecture": "64-bit",
        "powershell_version": 5,
    }
    return {"changed": False, "ansible_facts": {f"ansible_{name}": value for name, value in facts.items()}}


def win_stat(machine: WindowsMachine, call: ModuleCall) -> dict[str, Any]:
    known = {
        "path": (str, REQUIRED),
        "get_checksum": (bool, True),
        "checksum_algorithm": (str, "sha1"),
        "follow": (bool, False),
        "get_size": (bool, True),
    }
    given = arguments(call, known)
    real = machine.drive.real(machine.expand(given["path"]))
    if not os.path.lexists(real):
        return {"changed": False, "stat": {"exists": False}}
    stat = {"exists": True, **_stat(machine, real)}
    if given["get_checksum"] and real.is_file():
        stat["checksum"] = _checksum(real, given["checksum_algorithm"])
    return {"changed": False, "stat": stat}


def win_find(machine: WindowsMachine, call: ModuleCall) -> dict[str, Any]:
    known = {
        "paths": (list, REQUIRED),
        "patterns": (list, []),
        "recurse": (bool, False),
        "hidden": (bool, False),
        "file_type": (str, "file"),
        "get_checksum": (bool, True),
        "checksum_algorithm": (str, "sha1"),
    }
    given = arguments(call, known)
    found, examined = [], 0
    for path in given["paths"]:
        folder = machine.drive.real(machine.expand(path))
        if not folder.is_dir():
            message = f"Argument path '{path}' does not exist" if not folder.exists() else f"'{path}' is no directory"
            return {"failed": True, "changed": False, "msg": message}
        for real in sorted(folder.rglob("*") if given["recurse"] else folder.iterdir()):
            wanted = real.is_dir() if given["file_type"] == "directory" else real.is_file()
            examined += wanted
            if wanted and _matches(real.name, given["patterns"]):
                entry = _stat(machine, real)
                if given["get_checksum"] and real.is_file():
                    entry["checksum"] = _checksum(real, given["checksum_algorithm"])
                found.append(entry)
    return {"changed": False, "examined": examined, "matched": len(found), "files": found}


def slurp(machine: WindowsMachine, call: ModuleCall) -> dict[str, Any]:
    given = arguments(call, {"src": (str, call.arguments.get("path") or REQUIRED), "path": (str, "")})
    real = machine.drive.real(machine.expand(given["src"]))
    if not real.is_file():
        what = "is a directory and cannot be slurped" if real.is_dir() else "is not found"
        return {"failed": True, "changed": False, "msg": f"Path {given['src']} {what}"}
    content = base64.b64encode(real.read_bytes()).decode()
    return {"changed": False, "encoding": "base64", "content": content}


def _matches(name: str, patterns: list[str]) -> bool:
    return not patterns or any(fnmatch.fnmatch(name.lower(), one.lower()) for one in patterns)


def _stat(machine: WindowsMachine, real: Path) -> dict[str, Any]:
    info = real.lstat()
    folder = real.is_dir()
    placeholder = (info.st_dev, info.st_ino) in machine.attributes.placeholders()
    return {
        "path": machine.drive.spelled(real),
        "filename": real.name,
        "isdir": folder,
        "isreg": not folder,
        "islnk": real.is_symlink(),
        "isjunction": real.is_symlink(),
        "isshared": False,
        "ishidden": False,
        "isreadonly": False,
        "isarchive": not folder,
        "attributes": "Directory" if folder else str(PLACEHOLDER) if placeholder else "Archive",
        "creationtime": info.st_ctime,
        "lastaccesstime": info.st_atime,
        "lastwritetime": info.st_mtime,
        "extension": real.suffix,
        "owner": "BUILTIN\\Administrators",
        "size": 0 if folder else info.st_size,
        "hlnk_targets": [],
    }


def _checksum(real: Path, algorithm: str) -> str:
    with real.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()
