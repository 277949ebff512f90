"""The people of a host: their homes, their desktop sessions and the clients that the lab starts for them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from asyncio.subprocess import DEVNULL, Process
from dataclasses import dataclass, field
from pathlib import Path

from smartfleet.errors import LabError
from smartfleet.lab.daemon.ssh import PATH, SHELL
from smartfleet.lab.session.address import bus_address
from smartfleet.lab.session.bus import SessionBus, check_socket_path
from smartfleet.lab.session.keyring import Keyring
from smartfleet.lab.session.notifications import Screen


@dataclass
class HostUser:
    """One user of a host. The keyring outlives sessions, as its file would; `bus` is there while logged on."""

    name: str
    root: Path
    keyring: Keyring = field(default_factory=Keyring)
    screen: Screen = field(default_factory=Screen)
    bus: SessionBus | None = None
    client: Process | None = None

    @property
    def home(self) -> Path:
        return self.root / "home" / self.name

    @property
    def runtime(self) -> Path:
        return self.root / "run/user" / self.name

    @property
    def bus_address(self) -> str:
        return bus_address(self.runtime / "bus")

    def make_home(self) -> None:
        """The home folder and the line in the host's user database; everybody has the uid of the lab's owner."""
        self.home.mkdir(parents=True, mode=0o700)
        passwd = self.root / "etc/passwd"
        passwd.parent.mkdir(parents=True, exist_ok=True)
        with passwd.open("a", encoding="utf-8") as file:
            file.write(f"{self.name}:x:{os.geteuid()}:{os.getegid()}:{self.name.title()}:{self.home}:{SHELL}\n")

    def environment(self) -> dict[str, str]:
        """What a desktop session gives its programs."""
        return {
            "HOME": os.fspath(self.home),
            "USER": self.name,
            "LOGNAME": self.name,
            "SHELL": SHELL,
            "PATH": f"{self.root / 'usr/bin'}:{PATH}",
            "LANG": "C.UTF-8",
            "DISPLAY": ":0",
            "XDG_RUNTIME_DIR": os.fspath(self.runtime),
            "XDG_SESSION_TYPE": "x11",
            "XDG_CURRENT_DESKTOP": "GNOME",
            "DBUS_SESSION_BUS_ADDRESS": self.bus_address,
        }

    async def log_on(self, *, locked: bool) -> None:
        self.keyring.locked = locked
        if self.bus is not None:
            return
        check_socket_path(self.runtime / "Nextcloud/socket")
        self.runtime.mkdir(parents=True, exist_ok=True)
        self.runtime.chmod(0o700)
        bus = SessionBus(self.runtime / "bus", self.keyring, self.environment(), self.screen)
        await bus.start()
        self.bus = bus

    async def log_off(self) -> None:
        """Ends the client and the session, as logging out does."""
        await self.end_client()
        if self.bus is not None:
            await self.bus.close()
            self.bus = None
        shutil.rmtree(self.runtime, ignore_errors=True)

    async def start_client(self) -> int:
        """Starts the desktop client in the session; its pid. LabError if the user is not logged on."""
        if self.bus is None:
            raise LabError("lab/no-session", f"{self.name} is not logged on", do="log the user on first")
        self.client = await asyncio.create_subprocess_exec(
            self.root / "usr/bin/nextcloud",
            "--background",
            cwd=self.home,
            env=self.environment(),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
            start_new_session=True,
        )
        return self.client.pid

    async def end_client(self) -> None:
        """Ends the client that the lab started, if it still runs (those that others started leave notes)."""
        if self.client is not None and self.client.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.client.terminate()
            await self.client.wait()
        self.client = None
