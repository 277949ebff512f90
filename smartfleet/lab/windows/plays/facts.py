"""`win_client_facts`: what an audit sees."""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from collections.abc import Sequence
from typing import Any

from ansible_collections.smartde.nextcloud.plugins.module_utils import configs, excludes, folders
from ansible_collections.smartde.nextcloud.plugins.module_utils.accounts import Account, Folder, read_accounts
from ansible_collections.smartde.nextcloud.plugins.module_utils.hostfacts import remember, tidy

from smartfleet.lab.windows import clients
from smartfleet.lab.windows.drive import NotOnDrive
from smartfleet.lab.windows.machine import Profile, WindowsMachine
from smartfleet.lab.windows.plays.arguments import arguments
from smartfleet.lab.windows.plays.autostart import autostart
from smartfleet.lab.windows.plays.people import config_path, config_places
from smartfleet.lab.windows.plays.reach import folder_state
from smartfleet.lab.windows.products import EXE, product
from smartfleet.lab.winrm.machine import ModuleCall, NotEmulated

POWERSHELL, BUILD = "5.1.19041.4522", "windows 10.0.19045"


def client_facts(machine: WindowsMachine, call: ModuleCall) -> dict[str, Any]:
    given = arguments(call, {"root": (str, "/"), "users": (list, [])})
    require_real_root(given["root"])
    return {"changed": False, "facts": look(machine, given["users"])}


def require_real_root(root: str) -> None:
    r"""A folder in the place of ``C:\`` is for trying the scripts elsewhere."""
    if root != "/":
        raise NotEmulated(f"the root {root}")


def look(machine: WindowsMachine, users: Sequence[str] = ()) -> dict[str, Any]:
    """The facts document of the machine."""
    everybody = machine.profiles()
    chosen = [one for one in everybody if not users or one.user in users]
    names = {one.user for one in everybody}
    problems = [{"code": "unknown-user", "message": f"there is no user {name}"} for name in users if name not in names]
    profiles = []
    for one in chosen:
        found, problem = _profiles(machine, one, everybody)
        profiles += found
        problems += problem
    remember(profiles, os.fspath(machine.root))
    facts = {
        "schema": "smartfleet.facts/1",
        "system": _system(machine),
        "clients": _installed(machine),
        "profiles": profiles,
        "problems": problems,
    }
    tidied: dict[str, Any] = tidy(facts)
    return tidied


def _system(machine: WindowsMachine) -> dict[str, Any]:
    return {
        "os": "windows",
        "hostname": machine.name.upper(),
        "distribution": BUILD,
        "python": "",
        "powershell": POWERSHELL,
        "admin": True,
        "time": time.time(),
        "free_bytes": shutil.disk_usage(machine.drive.root).free,
    }


def _installed(machine: WindowsMachine) -> list[dict[str, Any]]:
    found = product(machine.registry)
    if found is None:
        return []
    code, version = found
    libraries = [name for name in ("5", "6") if (machine.drive.real(EXE).parent / f"Qt{name}Core.dll").exists()]
    return [
        {
            "kind": "msi",
            "name": "Nextcloud",
            "version": version,
            "qt": int(libraries[0]) if libraries else None,
            "path": EXE,
            "bits": 64,
            "scope": "machine",
            "product_code": code,
        }
    ]


def _profiles(
    machine: WindowsMachine, profile: Profile, everybody: Sequence[Profile]
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """`ProfileFacts` of each configuration of one person, and what could not be seen."""
    try:
        if not machine.drive.real(profile.home).is_dir():
            message = f"{profile.user}: the profile folder {profile.home} is gone"
            return [], [{"code": "profile-gone", "message": message}]
        machine.drive.real(profile.roaming)
    except NotOnDrive:
        message = f"{profile.user}: {profile.roaming} lies on no disk of this machine"
        return [], [{"code": "profile-unread", "message": message}]
    places = config_places(machine, profile)
    running = clients.running(machine, profile.user)
    if running and not places:
        places = [(config_path(profile), "standard")]
    view = _View(machine, profile, everybody)
    return [view.profile(path, kind, running if kind == "standard" else []) for path, kind in places], []


@dataclasses.dataclass(frozen=True)
class _View:
    """One person's files."""

    machine: WindowsMachine
    person: Profile
    everybody: Sequence[Profile]

    def profile(self, path: str, kind: str, running: Sequence[clients.RunningClient]) -> dict[str, Any]:
        drive = self.machine.drive
        point = self.machine.reparse_point(path, cloud_too=True)
        if point is not None:
            content = configs.Content("link", f"{drive.spelled(point)} is a reparse point")
        else:
            content = configs.read(os.fspath(drive.real(path)), os.geteuid())
        config, ini = configs.document(configs.Place(path, kind), content)
        pairs = [(account, one) for account in read_accounts(ini) for one in account.folders] if ini else []
        config["mode"] = 0
        return {
            "user": self.person.user,
            "uid": 0,
            "sid": self.person.sid,
            "home": self.person.home,
            "config": config,
            "client": self._client(running),
            "session": self._session(bool(running)),
            "autostart": autostart(self.machine, self.person.sid, path, kind),
            "folders": [self._folder(path, account, one) for account, one in pairs],
            "orphans": self._orphans([one for _account, one in pairs]),
        }

    def _client(self, running: Sequence[clients.RunningClient]) -> dict[str, Any] | None:
        if not running:
            return None
        session = self.machine.session(self.person.user)
        first = min(running, key=lambda one: one.started)
        return {
            "pid": first.pid,
            "exe": EXE,
            "arguments": first.arguments,
            "started": first.started,
            "session": session.number if session else None,
        }

    def _session(self, running: bool) -> dict[str, Any]:  # noqa: FBT001 - one of two words
        session = self.machine.session(self.person.user)
        if session is None:
            return {"state": "none", "source": "none", "display": False, "keyring": "absent", "secrets": []}
        source = "client" if running else "manager"
        seen = {"state": "active", "source": source, "kind": session.kind, "display": True}
        return {**seen, "keyring": "unseen", "secrets": []}

    def _folder(self, config: str, account: Account, folder: Folder) -> dict[str, Any]:
        facts = folders.named(account, folder)
        text = folder.local_path.decode("utf-8", "replace")
        state, detail = folder_state(self.machine, text, self.person, self.everybody)
        if state != "ok":
            return {**facts, "state": state, "detail": detail}
        real = self.machine.drive.real(text)
        lists = (os.fspath(self.machine.drive.real(config).parent / excludes.NAME),)
        test = self.machine.attributes.placeholder_test() if folder.virtual_files == "wincfapi" else None
        view = folders.View(os.geteuid(), (), lists, is_placeholder=test)
        here = dataclasses.replace(folder, local_path=os.fsencode(real))
        seen = folders.looked_at(account, here, view)
        seen["detail"] = self.machine.drive.spell_all(str(seen["detail"]))
        # nothing reads the rows of a journal on a Windows host
        return {**facts, **seen, "local_changes": None}

    def _orphans(self, used: Sequence[Folder]) -> list[dict[str, object]]:
        drive, known = self.machine.drive, []
        for folder in used:
            try:
                known.append(os.fsencode(drive.real(folder.local_path.decode("utf-8", "replace"))))
            except NotOnDrive:
                continue
        found = folders.orphans(os.fspath(drive.real(self.person.home)), known, os.geteuid())
        return [{**one, "path": drive.spelled(str(one["path"]))} for one in found]
