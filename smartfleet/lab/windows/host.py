"""One Windows machine of a lab, and what people do on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from smartfleet.errors import LabError
from smartfleet.lab.absent import Absence
from smartfleet.lab.desktop.settings import FILE_NAME
from smartfleet.lab.host import Person, SignedIn, configuration
from smartfleet.lab.session.notifications import Answer, Notice
from smartfleet.lab.windows import clients
from smartfleet.lab.windows.build import add_person, set_autostart
from smartfleet.lab.windows.desktop import CredentialManager
from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.windows.products import product

if TYPE_CHECKING:
    from smartfleet.lab.lab import Lab

SessionKind = Literal["console", "rdp", "disconnected"]
WindowsConnection = Literal["winrm", "psrp"]


class WindowsUser(Person):
    """A person of a Windows machine."""

    def __init__(self, host: WindowsLabHost, name: str, home: Path) -> None:
        machine = host.machine
        roaming = machine.drive.real(machine.profile(name).roaming)
        super().__init__(host.name, name, home, roaming / "Nextcloud" / FILE_NAME)
        self.host = host

    @property
    def socket(self) -> Path:
        return clients.socket_of(self.host.machine, self.name)

    @property
    def key_prefix(self) -> str:
        return "Nextcloud_"

    def folder_name(self, folder: str) -> str:
        return self.host.machine.drive.spelled(self.home / folder).replace("\\", "/")

    def configuration(self, accounts: Sequence[SignedIn], qt: int) -> bytes:
        found = product(self.host.machine.registry)
        version = f"{found[1]}git" if found else "3.16.7git"
        return configuration(self.folder_name, accounts, qt, version=version, line_end=b"\r\n")

    def log_on(self, kind: SessionKind = "console") -> None:
        """Begins a session, or makes another kind of the one that runs."""
        with self.host.machine.sessions.changing() as sessions:
            known = sessions.get(self.name)
            number = known["number"] if known else 1 + max((one["number"] for one in sessions.values()), default=0)
            sessions[self.name] = {"number": number, "kind": kind}

    def log_off(self) -> None:
        """Ends the session and the client in it."""
        clients.end(self.host.machine, self.name)
        with self.host.machine.sessions.changing() as sessions:
            sessions.pop(self.name, None)

    def is_logged_on(self) -> bool:
        return self.host.machine.session(self.name) is not None

    def sign_in(self, *accounts: SignedIn, qt: int = 6) -> None:
        super().sign_in(*accounts, qt=qt)

    def set_autostart(self, *, on: bool) -> None:
        set_autostart(self.host.machine, self.host.machine.profile(self.name).sid, on=on)

    def store_secret(self, key: str, value: str) -> None:
        CredentialManager(self.host.machine, self.name).store(key, value)

    def secret(self, key: str) -> str | None:
        return CredentialManager(self.host.machine, self.name).lookup(key)

    def forget_secret(self, key: str) -> None:
        with self.host.machine.credentials.changing() as content:
            content.get(self.name, {}).pop(key, None)

    def notices(self) -> list[Notice]:
        """What was shown in his sessions, oldest first."""
        return self.host.machine.screens.notices(self.name)

    def will_answer(self, answer: Answer) -> None:
        """What he does with questions from now on."""
        self.host.machine.screens.will_answer(self.name, answer)

    def begin_client(self) -> None:
        if not self.is_logged_on():
            raise LabError("lab/no-session", f"{self.name} is not logged on", do="log the user on first")
        clients.start(self.host.machine, self.name)

    def ask_to_quit(self) -> None:
        clients.ask_to_quit(self.host.machine, self.name)

    def is_client_running(self) -> bool:
        return bool(clients.running(self.host.machine, self.name))


class WindowsLabHost:
    """One machine; it is reached by WinRM over https at 127.0.0.1:`port`, with the connection plugin `connection`."""

    def __init__(self, lab: Lab, name: str, port: int, connection: WindowsConnection = "winrm") -> None:
        self.lab = lab
        self.name = name
        self.port = port
        self.connection = connection
        self.machine = WindowsMachine(lab.layout.root(name))

    def add_user(self, name: str, *, home: str = "") -> WindowsUser:
        r"""A person with a profile; `home` if its folder is not ``C:\Users\NAME``."""
        return WindowsUser(self, name, add_person(self.machine, name, home=home))

    def user(self, name: str) -> WindowsUser:
        """One who was added before."""
        return WindowsUser(self, name, self.machine.drive.real(self.machine.profile(name).home))

    def set_listening(self, *, on: bool, absence: Absence = "refuses") -> None:
        """Switches the machine on or off for WinRM; `absence` says how it is not there."""
        self.lab.call("set_windows_listening", name=self.name, on=on, absence=absence)

    def set_winrm_faults(self, **faults: object) -> None:
        """Fields of `smartfleet.lab.winrm.faults.Faults`."""
        self.lab.call("set_winrm_faults", name=self.name, faults=faults)

    def set_faults(self, **faults: object) -> None:
        """What goes wrong on the machine itself: see `smartfleet.lab.windows.plays`."""
        with self.machine.faults.changing() as content:
            content.update(faults)

    def traffic(self, *, reset: bool = False) -> Mapping[str, Any]:
        """What went over its wire: fields of `smartfleet.lab.winrm.counters.Counters`."""
        found: dict[str, Any] = self.lab.call("winrm_traffic", name=self.name, reset=reset)
        return found

    def remove(self) -> None:
        """Ends the machine and removes its files."""
        self.lab.call("remove_windows_host", name=self.name)
