"""One machine of a lab, and what people do on it: log on, sign in, edit files, wait for the sync."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from smartfleet.errors import LabError
from smartfleet.lab.absent import Absence
from smartfleet.lab.daemon.leftovers import running_clients
from smartfleet.lab.desktop import keyring
from smartfleet.lab.desktop.settings import FILE_NAME
from smartfleet.lab.session.address import bus_address
from smartfleet.lab.session.notifications import Answer, Notice
from smartfleet.nextcloud.names import journal_name
from smartfleet.nextcloud.qsettings import encode_string

if TYPE_CHECKING:
    from smartfleet.lab.lab import Lab

SYNC_SECONDS = 60.0
ASK_AGAIN_SECONDS = 10.0
AUTOSTART = ".config/autostart/com.nextcloud.desktopclient.nextcloud.desktop"
AUTOSTART_ENTRY = """\
[Desktop Entry]
Name=Nextcloud
GenericName=File Synchronizer
Exec="/usr/bin/nextcloud" --background
Terminal=false
Icon=Nextcloud
Categories=Network
Type=Application
StartupNotify=false
X-GNOME-Autostart-enabled=true
X-GNOME-Autostart-Delay=10
"""


@dataclass(frozen=True)
class Connection:
    """A folder to sync, as the wizard would set it up. `named`: whether the file names its journal."""

    local: str = "Nextcloud"
    target: str = "/"
    virtual_files: str = "off"
    named: bool = True
    paused: bool = False


@dataclass(frozen=True)
class SignedIn:
    """An account to write into a user's configuration."""

    url: str
    uid: str
    password: str
    login: str = ""
    folders: tuple[Connection, ...] = (Connection(),)

    @property
    def login_name(self) -> str:
        return self.login or self.uid


class Person(ABC):
    """Somebody with an account on a machine, and what he does there. `machine` is the machine's name."""

    def __init__(self, machine: str, name: str, home: Path, config: Path) -> None:
        self.machine = machine
        self.name = name
        self.home = home
        self.config = config

    @property
    @abstractmethod
    def socket(self) -> Path:
        """Where his client answers file managers."""

    @abstractmethod
    def folder_name(self, folder: str) -> str:
        """A folder of the home as the client's settings and its socket name it."""

    @abstractmethod
    def configuration(self, accounts: Sequence[SignedIn], qt: int) -> bytes:
        """What the client writes into its settings when these accounts are signed in."""

    @abstractmethod
    def store_secret(self, key: str, value: str) -> None: ...

    @abstractmethod
    def set_autostart(self, *, on: bool) -> None:
        """Has the desktop start the client at logon, as a client with its first account does, or no more."""

    @abstractmethod
    def is_logged_on(self) -> bool: ...

    @abstractmethod
    def is_client_running(self) -> bool: ...

    @abstractmethod
    def begin_client(self) -> None:
        """Starts the client's program in the session."""

    @abstractmethod
    def ask_to_quit(self) -> None:
        """``nextcloud --quit``"""

    @property
    def key_prefix(self) -> str:
        """What stands before the name of every secret."""
        return ""

    def sign_in(self, *accounts: SignedIn, qt: int = 5) -> None:
        """Writes the configuration and the secrets as the client's wizard leaves them; replaces what is there.

        On Linux it needs a session with an unlocked keyring.
        """
        for account in accounts:
            for folder in account.folders:
                (self.home / folder.local).mkdir(parents=True, exist_ok=True)
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_bytes(self.configuration(accounts, qt))
        for number, account in enumerate(accounts):
            name = secret_name(account.login_name, account.url, number)
            self.store_secret(self.key_prefix + name, account.password)
        self.set_autostart(on=True)

    def start_client(self) -> None:
        """Starts the client in the session and waits until it is there."""
        self.begin_client()
        deadline = time.monotonic() + SYNC_SECONDS
        while not self.is_client_running():
            if not self.is_logged_on() or time.monotonic() > deadline:
                raise LabError("lab/client-ended", f"the client of {self.name} on {self.machine} did not start")
            time.sleep(0.05)

    def quit_client(self) -> None:
        """Asks the client to quit, and waits until it is gone; asks again now and then, as a person would."""
        deadline = time.monotonic() + SYNC_SECONDS
        asked = -ASK_AGAIN_SECONDS
        while self.is_client_running():
            if time.monotonic() > deadline:
                raise LabError("lab/client-runs", f"the client of {self.name} on {self.machine} does not quit")
            if time.monotonic() - asked >= ASK_AGAIN_SECONDS:
                asked = time.monotonic()
                self.ask_to_quit()
            time.sleep(0.05)

    def wait_synced(self, *folders: str) -> None:
        """Waits until the client has nothing more to do in its folders (names in the home); LabError if it ends."""
        waiting = set(folders)
        deadline = time.monotonic() + SYNC_SECONDS
        while waiting:
            waiting = {folder for folder in waiting if not self._is_synced(folder)}
            if waiting and not self.is_client_running():
                raise LabError("lab/client-ended", f"the client of {self.name} on {self.machine} has ended")
            if waiting and time.monotonic() > deadline:
                raise LabError("lab/no-sync", f"{self.name} on {self.machine}: {sorted(waiting)} did not sync")
            if waiting:
                time.sleep(0.1)

    def sync_once(self, *folders: str) -> None:
        """Starts the client, waits for the sync, quits it."""
        self.start_client()
        self.wait_synced(*folders)
        self.quit_client()

    def write(self, path: str, content: bytes, *, mtime: float | None = None) -> Path:
        """Writes a file in the home, as the user does."""
        target = self.home / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        if mtime is not None:
            os.utime(target, (mtime, mtime))
        return target

    def ask_client(self, line: str) -> list[str]:
        """One question to the client's socket; its lines. Empty if no client answers."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(5)
                connection.connect(os.fspath(self.socket))
                connection.sendall(f"{line}\n".encode())
                connection.shutdown(socket.SHUT_WR)
                return b"".join(iter(lambda: connection.recv(65536), b"")).decode().splitlines()
        except OSError:
            return []

    def _is_synced(self, folder: str) -> bool:
        path = self.folder_name(folder)
        return f"STATUS:OK:{path}" in self.ask_client(f"RETRIEVE_FILE_STATUS:{path}")


class LabUser(Person):
    """A person of a Linux machine."""

    def __init__(self, host: LabHost, name: str, home: Path) -> None:
        super().__init__(host.name, name, home, home / ".config/Nextcloud" / FILE_NAME)
        self.host = host

    @property
    def runtime(self) -> Path:
        return self.host.root / "run/user" / self.name

    @property
    def bus(self) -> str:
        return bus_address(self.runtime / "bus")

    @property
    def socket(self) -> Path:
        return self.runtime / "Nextcloud/socket"

    def folder_name(self, folder: str) -> str:
        return os.fspath(self.home / folder)

    def configuration(self, accounts: Sequence[SignedIn], qt: int) -> bytes:
        return configuration(self.folder_name, accounts, qt)

    def log_on(self, *, locked: bool = False) -> None:
        """Begins a desktop session, or locks or unlocks the keyring of the one that runs."""
        self.host.lab.call("log_on", host=self.host.name, user=self.name, locked=locked)

    def log_off(self) -> None:
        """Ends the session and the client in it."""
        self.host.lab.call("log_off", host=self.host.name, user=self.name)

    def is_logged_on(self) -> bool:
        return self.runtime.exists()

    def store_secret(self, key: str, value: str) -> None:
        if not keyring.store(self.bus, key, value):
            raise LabError("lab/keyring", f"the keyring of {self.name} takes no secret", do="log the user on, unlocked")

    def set_autostart(self, *, on: bool) -> None:
        if on:
            self.write(AUTOSTART, AUTOSTART_ENTRY.encode())
        else:
            (self.home / AUTOSTART).unlink(missing_ok=True)

    def secret(self, key: str) -> str | None:
        """The secret as a program of the session would read it."""
        return keyring.lookup(self.bus, key)

    def secret_names(self) -> list[str]:
        names: list[str] = self.host.lab.call("secret_names", host=self.host.name, user=self.name)
        return names

    def notices(self) -> list[Notice]:
        """What his desktop has shown, oldest first."""
        return [Notice(**one) for one in self.host.lab.call("notices", host=self.host.name, user=self.name)]

    def will_answer(self, answer: Answer) -> None:
        """What he does with questions from now on."""
        self.host.lab.call("will_answer", host=self.host.name, user=self.name, answer=answer)

    def begin_client(self) -> None:
        self.host.lab.call("start_client", host=self.host.name, user=self.name)

    def ask_to_quit(self) -> None:
        environment = {"HOME": os.fspath(self.home), "PATH": os.environ.get("PATH", "")}
        # a group of its own: Ctrl-C in the terminal must not tear it
        subprocess.run(
            [self.host.client, "--quit"], env=environment, check=True, timeout=SYNC_SECONDS, start_new_session=True
        )

    def is_client_running(self) -> bool:
        return bool(running_clients(self.host.root, user=self.name))


class LabHost:
    """One machine: `root` stands for its ``/``."""

    def __init__(self, lab: Lab, name: str, port: int) -> None:
        self.lab = lab
        self.name = name
        self.port = port
        self.root = lab.layout.root(name)
        self.client = self.root / "usr/bin/nextcloud"

    def add_user(self, name: str) -> LabUser:
        return LabUser(self, name, Path(self.lab.call("add_user", host=self.name, user=name)))

    def user(self, name: str) -> LabUser:
        """One who was added before."""
        return LabUser(self, name, self.root / "home" / name)

    def set_listening(self, *, on: bool, absence: Absence = "refuses") -> None:
        """Switches the machine on or off for SSH; `absence` says how it is not there."""
        self.lab.call("set_listening", name=self.name, on=on, absence=absence)

    def traffic(self, *, reset: bool = False) -> Mapping[str, int]:
        """What went over its SSH connections: fields of `smartfleet.lab.daemon.wire.Traffic`."""
        found: dict[str, int] = self.lab.call("ssh_traffic", name=self.name, reset=reset)
        return found

    def change_host_key(self) -> None:
        self.lab.call("change_host_key", name=self.name)

    def remove(self) -> None:
        """Ends the machine and removes its files."""
        self.lab.call("remove_host", name=self.name)


def secret_name(login: str, url: str, number: int) -> str:
    """The keyring entry of an account, as the client names it."""
    return f"{login}:{url.rstrip('/')}/:{number}"


def documents(seed: int, count: int = 24) -> dict[str, bytes]:
    """Files of an office: the same for the same seed, 30 kB each on average."""
    chance = random.Random(seed)  # noqa: S311 - example data
    folders = ("Angebote/2026", "Rechnungen", "Fotos/Betriebsausflug", "Protokolle")
    names = {}
    for number in range(count):
        folder = folders[number % len(folders)]
        names[f"{folder}/{folder.partition('/')[0]} {number:03}.odt"] = chance.randbytes(chance.randrange(100, 60_000))
    return names


def configuration(
    folder_name: Callable[[str], str],
    accounts: Sequence[SignedIn],
    qt: int,
    *,
    version: str = "3.7.3git",
    line_end: bytes = b"\n",
) -> bytes:
    """A `nextcloud.cfg` as the client writes it, keys sorted."""
    values: dict[str, bytes] = {"version": b"2"}
    alias = 0
    for number, account in enumerate(accounts):
        texts = {"authType": "webflow", "dav_user": account.uid, "url": account.url, "webflow_user": account.login_name}
        values |= {f"{number}\\{key}": encode_string(text, qt) for key, text in texts.items()}
        values[f"{number}\\version"] = b"1"
        for folder in account.folders:
            group = "Folders" if folder.virtual_files == "off" else "FoldersWithPlaceholders"
            path = folder_name(folder.local) + "/"
            values |= _folder_values(f"{number}\\{group}\\{alias}\\", path, account, folder, qt)
            alias += 1
    lines = [key.encode() + b"=" + value for key, value in sorted(values.items())]
    head = [b"[General]", b"clientVersion=" + version.encode(), b"", b"[Accounts]"]
    return line_end.join([*head, *lines, b""])


def _folder_values(prefix: str, path: str, account: SignedIn, folder: Connection, qt: int) -> dict[str, bytes]:
    texts = {
        "localPath": path,
        "targetPath": folder.target,
        "paused": "true" if folder.paused else "false",
        "ignoreHiddenFiles": "false",
        "version": "2",
        "virtualFilesMode": folder.virtual_files,
    }
    if folder.named:
        texts["journalPath"] = journal_name(account.login_name, account.url, folder.target)
    return {prefix + key: encode_string(text, qt) for key, text in texts.items()}
