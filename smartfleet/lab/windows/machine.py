r"""One emulated Windows machine: everything it is lies in its folder.

::

    C/                 what stands for C:\
    registry.json      keys and values
    accounts.json      who has an account: SID, administrator or not, the password of those who sign in over the network
    sessions.json      who is logged on, and how
    credentials.json   the Credential Manager of each user
    attributes.json    NTFS attributes of files that have others than every file: placeholders
    faults.json        what shall go wrong
    screens.json       what its users are shown, and what they answer
    clients/           what running clients leave: their pids, their locks, the sockets that stand for named pipes
    root/var/lib       leads to C:\ProgramData, where the modules' shared code keeps what it remembers
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smartfleet.lab.windows.attributes import REPARSE_POINT, Attributes
from smartfleet.lab.windows.drive import Drive, inside
from smartfleet.lab.windows.registry import Registry
from smartfleet.lab.windows.screens import Screens
from smartfleet.lab.windows.store import JsonFile
from smartfleet.lab.winrm.machine import ModuleCall, Output, ScriptCall
from smartfleet.paths import data_folder

PROFILE_LIST = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"
SHELL_FOLDERS = r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
SYNC_ROOTS = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\SyncRootManager"
STATE = r"C:\ProgramData\smartfleet"
_VARIABLE = re.compile(r"%(\w+)%")


@dataclass(frozen=True)
class Profile:
    r"""A user profile of the registry. `home` and `roaming` as Windows spells them."""

    user: str
    sid: str
    home: str
    roaming: str


@dataclass(frozen=True)
class Session:
    """`kind`: console, rdp or disconnected."""

    number: int
    kind: str


@dataclass(frozen=True)
class WindowsMachine:
    """The machine in `folder`. It is what the wire calls a machine: `smartfleet.lab.winrm.machine.Machine`."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def drive(self) -> Drive:
        return Drive(self.folder / "C")

    @property
    def registry(self) -> Registry:
        return Registry(JsonFile(self.folder / "registry.json"))

    @property
    def accounts(self) -> JsonFile:
        return JsonFile(self.folder / "accounts.json")

    @property
    def sessions(self) -> JsonFile:
        return JsonFile(self.folder / "sessions.json")

    @property
    def credentials(self) -> JsonFile:
        return JsonFile(self.folder / "credentials.json")

    @property
    def attributes(self) -> Attributes:
        return Attributes(JsonFile(self.folder / "attributes.json"), self.drive)

    @property
    def faults(self) -> JsonFile:
        return JsonFile(self.folder / "faults.json")

    @property
    def screens(self) -> Screens:
        return Screens(JsonFile(self.folder / "screens.json"))

    @property
    def clients(self) -> Path:
        return self.folder / "clients"

    @property
    def root(self) -> Path:
        """What the modules' shared code takes for the root of a file system."""
        return self.folder / "root"

    def profiles(self) -> list[Profile]:
        """Everybody of the profile list who has an account, by name; the folder need not be there."""
        by_sid = {one["sid"]: name for name, one in self.accounts.read().items()}
        found = []
        for sid in self.registry.subkeys(PROFILE_LIST):
            home = self.registry.value(f"{PROFILE_LIST}\\{sid}", "ProfileImagePath")
            if sid in by_sid and home:
                home = self.expand(str(home))
                found.append(Profile(by_sid[sid], sid, home, self._roaming(sid, home)))
        return sorted(found, key=lambda one: one.user)

    def profile(self, user: str) -> Profile:
        """KeyError if the machine has no such profile."""
        return {one.user: one for one in self.profiles()}[user]

    def session(self, user: str) -> Session | None:
        found = self.sessions.read().get(user)
        return Session(found["number"], found["kind"]) if found else None

    def expand(self, text: str, home: str = "") -> str:
        """``%SystemDrive%`` and the like; `home` is ``%USERPROFILE%``."""
        known = {
            "systemdrive": "C:",
            "systemroot": r"C:\Windows",
            "windir": r"C:\Windows",
            "programdata": r"C:\ProgramData",
            "programfiles": r"C:\Program Files",
            "public": r"C:\Users\Public",
            "userprofile": home,
            "appdata": rf"{home}\AppData\Roaming",
            "localappdata": rf"{home}\AppData\Local",
            "temp": rf"{home}\AppData\Local\Temp",
            "tmp": rf"{home}\AppData\Local\Temp",
        }
        return _VARIABLE.sub(lambda match: known.get(match[1].lower()) or match[0], text)

    def reparse_point(self, path: str, *, cloud_too: bool) -> Path | None:
        """The first part of a path that is a junction, a link or, with `cloud_too`, a folder of a cloud provider."""
        point = self.drive.reparse_point(path)
        if point is not None or not cloud_too:
            return point
        marked = self.attributes.file.read()
        folders = [known for known, attributes in marked.items() if attributes & REPARSE_POINT and inside(path, known)]
        return self.drive.real(min(folders, key=len)) if folders else None

    def account(self, user: str) -> dict[str, Any] | None:
        """The account as somebody names it who signs in: with a domain, as a principal, in any case."""
        plain = user.rpartition("\\")[2].partition("@")[0].casefold()
        return next((one for name, one in self.accounts.read().items() if name.casefold() == plain), None)

    def _roaming(self, sid: str, home: str) -> str:
        named = self.registry.value(rf"HKU\{sid}\{SHELL_FOLDERS}", "AppData")
        return self.expand(str(named), home) if named else rf"{home}\AppData\Roaming"

    def password(self, user: str) -> str | None:
        account = self.account(user)
        return str(account["password"]) if account and account["password"] else None

    def certificate_user(self, principal: str) -> str | None:  # noqa: ARG002 - no certificate is mapped to anybody
        return None

    def is_admin(self, user: str) -> bool:
        account = self.account(user)
        return account is not None and bool(account["admin"])

    def home(self, user: str) -> str:
        account = self.account(user)
        sid = account["sid"] if account else ""
        return next((one.home for one in self.profiles() if one.sid == sid), rf"C:\Users\{user}")

    def local_path(self, path: str, user: str) -> Path:
        return self.drive.real(self.expand(path, self.home(user)))

    def run_module(self, call: ModuleCall) -> dict[str, Any]:
        _find_shared_code()
        from smartfleet.lab.windows.plays.table import run_module  # noqa: PLC0415 - needs the modules' shared code

        return run_module(self, call)

    def run_script(self, call: ScriptCall) -> Output:
        _find_shared_code()
        from smartfleet.lab.windows.plays.look import run_script  # noqa: PLC0415 - as run_module

        return run_script(self, call)


def _find_shared_code() -> None:
    """Makes the collection importable, which Ansible finds by ways of its own."""
    collections = str(data_folder("playbooks") / "collections")
    if collections not in sys.path:
        sys.path.insert(0, collections)
