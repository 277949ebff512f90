"""What the stand-in client finds around it on an emulated Windows machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from smartfleet.lab.desktop.disk import Disk, SuffixFiles, VirtualFiles
from smartfleet.lab.windows.attributes import PLACEHOLDER, Attributes
from smartfleet.lab.windows.clients import socket_of
from smartfleet.lab.windows.machine import SYNC_ROOTS, WindowsMachine
from smartfleet.nextcloud.accounts import Account, Folder


class WindowsDesktop:
    """One user's session, as this process's environment tells it: a `Surroundings`."""

    system = "Windows"
    process_name = "nextcloud.exe"
    key_prefix = "Nextcloud_"

    def __init__(self, machine: WindowsMachine) -> None:
        self._machine = machine
        self._user = os.environ["USERNAME"]

    @property
    def config_folder(self) -> Path:
        return Path(os.environ["APPDATA"]) / "Nextcloud"

    @property
    def log_folder(self) -> Path:
        return self.config_folder / "logs"

    @property
    def file_manager_socket(self) -> Path | None:
        return socket_of(self._machine, self._user)

    @property
    def secrets(self) -> CredentialManager:
        return CredentialManager(self._machine, self._user)

    def disk(self, account: Account, folder: Folder) -> Disk:
        root = self._machine.drive.real(folder.local_path.decode())
        virtual: VirtualFiles | None = SuffixFiles() if folder.virtual_files == "suffix" else None
        if folder.virtual_files == "wincfapi":
            virtual = CloudFiles(self._machine.attributes)
            self._register(account, folder, self._machine.drive.spelled(root))
        return Disk(root, ignore_hidden=folder.ignore_hidden, virtual=virtual)

    def _register(self, account: Account, folder: Folder, path: str) -> None:
        """The sync root as Explorer knows it (cfapiwrapper.cpp): its name holds the server's."""
        sid = self._machine.profile(self._user).sid
        name = f"Nextcloud!{sid}!{account.user}@{urlsplit(account.url).netloc}!{folder.alias}"
        self._machine.registry.put(rf"{SYNC_ROOTS}\{name}", "DisplayNameResource", "Nextcloud")
        self._machine.registry.put(rf"{SYNC_ROOTS}\{name}\UserSyncRoots", sid, path)


@dataclass(frozen=True)
class CredentialManager:
    """The generic credentials of one user."""

    machine: WindowsMachine
    user: str

    def lookup(self, key: str) -> str | None:
        found = self.machine.credentials.read().get(self.user, {}).get(key)
        return str(found) if found is not None else None

    def store(self, key: str, value: str) -> bool:
        with self.machine.credentials.changing() as content:
            content.setdefault(self.user, {})[key] = value
        return True


class CloudFiles:
    """Placeholders of the cloud files API: the file's own name and size, no content, an attribute: `VirtualFiles`."""

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._known: set[tuple[int, int]] = set()
        self._stamp = (0, 0)

    def shown(self, path: str) -> str:
        return path

    def plain(self, path: str) -> str:
        return path

    def is_placeholder(self, path: str, status: os.stat_result) -> bool:  # noqa: ARG002 - the inode tells
        self._refresh()
        return (status.st_dev, status.st_ino) in self._known

    def content(self, size: int) -> bytes:
        """Zeros: whoever reads a placeholder reads something that the server does not have."""
        return bytes(size)

    def mark(self, target: Path) -> None:
        self._attributes.put(target, PLACEHOLDER)

    def unmark(self, target: Path) -> None:
        self._attributes.forget(target)

    def _refresh(self) -> None:
        try:
            info = self._attributes.file.path.stat()
        except FileNotFoundError:
            self._known = set()
            return
        if (info.st_mtime_ns, info.st_ino) != self._stamp:
            self._stamp = (info.st_mtime_ns, info.st_ino)
            self._known = self._attributes.placeholders()
