"""The people of a machine as the modules' shared code knows people."""

from __future__ import annotations

import os

from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person

from smartfleet.lab.windows.drive import NotOnDrive
from smartfleet.lab.windows.machine import Profile, WindowsMachine

CONFIG = r"Nextcloud\nextcloud.cfg"


def person(machine: WindowsMachine, profile: Profile) -> Person:
    """All files of the lab belong to whoever started it, so everybody has that uid."""
    home = os.fspath(machine.drive.real(profile.home))
    return Person(profile.user, os.geteuid(), os.getegid(), home, (os.getegid(),))


def config_path(profile: Profile) -> str:
    r"""``C:\Users\eva\AppData\Roaming\Nextcloud\nextcloud.cfg``"""
    return rf"{profile.roaming}\{CONFIG}"


def config_places(machine: WindowsMachine, profile: Profile) -> list[tuple[str, str]]:
    """Path and kind of each configuration that is there; a profile on a share is not looked at."""
    local = rf"{profile.home}\AppData\Local\{CONFIG}"
    found = []
    for path, kind in ((config_path(profile), "standard"), (local, "legacy")):
        try:
            if os.path.lexists(machine.drive.real(path)):
                found.append((path, kind))
        except NotOnDrive:
            continue
    return found
