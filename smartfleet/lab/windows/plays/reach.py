"""Whether a folder that a configuration names may be looked at, by the rules of `win_client_facts`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from smartfleet.lab.windows.drive import NotOnDrive, inside, parts, same
from smartfleet.lab.windows.machine import Profile, WindowsMachine

SYSTEM = (r"C:\Windows", r"C:\Program Files", r"C:\Program Files (x86)", r"C:\ProgramData")


def folder_state(machine: WindowsMachine, path: str, profile: Profile, everybody: Sequence[Profile]) -> tuple[str, str]:
    """`FolderState` with a detail; only ``ok`` is to be walked."""
    if not path:
        return "missing", "the configuration names no folder"
    if not re.match(r"[A-Za-z]:[/\\]", path):
        return "relative", "it is no absolute path on a drive"
    try:
        below = parts(path)
    except NotOnDrive:
        return "missing", f"there is no drive {path[:2]}"
    if not below:
        return "root", "it is the root of a drive"
    point = machine.reparse_point(path, cloud_too=False)
    if point is not None:
        return "link", f"{machine.drive.spelled(point)} is a reparse point"
    return _whose(machine, path, profile, everybody)


def _whose(machine: WindowsMachine, path: str, profile: Profile, everybody: Sequence[Profile]) -> tuple[str, str]:
    system = next((place for place in SYSTEM if inside(path, place)), None)
    if system is not None:
        return "outside-home", f"it lies in the system folder {system}"
    others = [one.home for one in everybody if not same(one.home, profile.home)]
    around = next((place for place in others if inside(path, place)), None)
    if around is not None:
        return "outside-home", f"it lies in the profile {around}"
    within = next((one.home for one in everybody if inside(one.home, path)), None)
    if within is not None:
        return "root", f"the profile {within} lies in it"
    real = machine.drive.real(path)
    if not real.exists():
        return "missing", "there is no such folder"
    return ("ok", "") if real.is_dir() else ("not-a-folder", "")
