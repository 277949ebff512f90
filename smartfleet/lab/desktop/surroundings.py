"""What a client finds around it: where its files are, who keeps its secrets, what its sync folders are made of."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from smartfleet.lab.desktop import keyring
from smartfleet.lab.desktop.disk import Disk, SuffixFiles
from smartfleet.nextcloud.accounts import Account, Folder


class Secrets(Protocol):
    """The keeper of passwords of the user's session."""

    def lookup(self, key: str) -> str | None: ...

    def store(self, key: str, value: str) -> bool: ...


class Surroundings(Protocol):
    """One user's session on one operating system."""

    @property
    def system(self) -> str:
        """As the user agent names it."""

    @property
    def process_name(self) -> str: ...

    @property
    def config_folder(self) -> Path: ...

    @property
    def log_folder(self) -> Path: ...

    @property
    def file_manager_socket(self) -> Path | None:
        """Where file managers ask; None without a session."""

    @property
    def secrets(self) -> Secrets: ...

    @property
    def key_prefix(self) -> str:
        """What stands before the name of every secret."""

    def disk(self, account: Account, folder: Folder) -> Disk: ...


@dataclass(frozen=True)
class SessionKeyring:
    """The Secret Service on a session bus; an empty address is no bus."""

    bus: str

    def lookup(self, key: str) -> str | None:
        return keyring.lookup(self.bus, key)

    def store(self, key: str, value: str) -> bool:
        return keyring.store(self.bus, key, value)


class LinuxDesktop:
    """A Linux session, as this process's environment tells it: a `Surroundings`."""

    system = "Linux"
    process_name = "nextcloud"
    key_prefix = ""

    @property
    def config_folder(self) -> Path:
        base = os.environ.get("XDG_CONFIG_HOME")
        return (Path(base) if base else Path.home() / ".config") / "Nextcloud"

    @property
    def log_folder(self) -> Path:
        base = os.environ.get("XDG_DATA_HOME")
        return (Path(base) if base else Path.home() / ".local/share") / "Nextcloud"

    @property
    def file_manager_socket(self) -> Path | None:
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        return Path(runtime) / "Nextcloud" / "socket" if runtime else None

    @property
    def secrets(self) -> Secrets:
        return SessionKeyring(os.environ.get("DBUS_SESSION_BUS_ADDRESS", ""))

    def disk(self, account: Account, folder: Folder) -> Disk:  # noqa: ARG002 - a Linux folder is nobody's
        virtual = SuffixFiles() if folder.virtual_files == "suffix" else None
        return Disk(Path(os.fsdecode(folder.local_path)), ignore_hidden=folder.ignore_hidden, virtual=virtual)
