"""A user's desktop: session bus, keyring, display, and the real Nextcloud client in it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from smartfleet.nextcloud.names import journal_name
from tests.live.users import OsUser, is_zombie

T = TypeVar("T")
KEYRING_PASSWORD = "keyring-pw"
# the journal and the log that the client keeps in the folder itself
OWN_FILES = (".sync_", ".nextcloudsync.log")
CONFIG = """\
[General]
clientVersion=3.7.3git
optionalServerNotifications=false
launchOnSystemStartup=false

[Nextcloud]
remotePollInterval=5000

[Accounts]
version=2
0\\version=1
0\\url={url}
0\\authType=webflow
0\\dav_user={login}
0\\webflow_user={login}
0\\Folders\\1\\localPath={folder}/
0\\Folders\\1\\targetPath=/
{journal}0\\Folders\\1\\paused=false
0\\Folders\\1\\ignoreHiddenFiles=false
0\\Folders\\1\\version=2
0\\Folders\\1\\virtualFilesMode=off
"""


class Display:
    """One Xvfb for all desktops of the tests."""

    def __init__(self) -> None:
        reader, writer = os.pipe()
        # -ac: the users of the tests are other users than the one who runs the tests
        self._process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-ac", "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
            pass_fds=[writer],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with os.fdopen(reader) as numbers:
            self.name = f":{numbers.readline().strip()}"

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)


class Desktop:
    """What one user sees: his session and the client's files."""

    def __init__(self, user: OsUser, display: Display) -> None:
        self.user = user
        self.folder = user.home / "Nextcloud"
        self.config = user.home / ".config/Nextcloud/nextcloud.cfg"
        self.log = user.home / "client.log"
        self.bus = user.runtime / "bus"
        self.env = user.env(
            DISPLAY=display.name,
            XDG_SESSION_TYPE="x11",
            DBUS_SESSION_BUS_ADDRESS=f"unix:path={self.bus}",
        )
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        self._clients: list[subprocess.Popen[bytes]] = []

    def log_in(self, *, unlock: bool = True) -> None:
        """Starts what a display manager starts."""
        address = f"--address=unix:path={self.bus}"
        self._daemons["bus"] = self.user.start("dbus-daemon", "--session", "--nofork", address, env=self.env)
        wait_for(self.bus.exists, "the session bus")
        self.start_keyring(unlock=unlock)

    def start_keyring(self, *, unlock: bool) -> None:
        words = ["gnome-keyring-daemon", "--foreground", "--components=secrets", *(["--unlock"] if unlock else [])]
        daemon = self.user.start(*words, env=self.env, stdin=subprocess.PIPE)
        assert daemon.stdin is not None
        daemon.stdin.write(KEYRING_PASSWORD.encode() if unlock else b"")
        daemon.stdin.close()
        self._daemons["keyring"] = daemon
        wait_for(lambda: "org.freedesktop.secrets" in self._bus_names(), "the keyring on the bus")

    def start_notices(self, settings: Path) -> None:
        """The service that shows notices, where the desktop does not bring one along."""
        self._daemons["notices"] = self.user.start("dunst", "-conf", str(settings), env=self.env)
        wait_for(lambda: "org.freedesktop.Notifications" in self._bus_names(), "dunst on the bus")

    def lock_keyring(self) -> None:
        """The daemon is started again without the password, as after a login without one (a fingerprint, a key)."""
        self._end("keyring")
        self.start_keyring(unlock=False)

    def log_out(self) -> None:
        """Ends the session as a logout does: the client, the keyring, the bus, the runtime folder's content."""
        self.quit_client()
        for name in ("notices", "keyring", "bus"):
            if name in self._daemons:
                self._end(name)
        for entry in self.user.runtime.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()

    def reap(self) -> None:
        """Takes leave of what was started here and has ended."""
        for process in (*self._daemons.values(), *self._clients):
            process.wait(60)

    def _end(self, name: str) -> None:
        daemon = self._daemons.pop(name)
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)

    def _bus_names(self) -> str:
        with contextlib.suppress(subprocess.CalledProcessError):
            return self.user.run(
                "dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/",
                "org.freedesktop.DBus.ListNames", env=self.env,
            )  # fmt: skip
        return ""

    def set_up_account(self, url: str, login: str, password: str, *, name_journal: bool = True) -> None:
        """What the client's wizard leaves behind: configuration, folder, secret."""
        self.user.write(self.folder / ".keep", b"")
        (self.folder / ".keep").unlink()
        journal = f"0\\Folders\\1\\journalPath={journal_name(login, url, '/')}\n" if name_journal else ""
        text = CONFIG.format(url=url, login=login, folder=self.folder, journal=journal)
        self.user.write(self.config, text.encode())
        self.store_secret(f"{login}:{url}/:0", password)

    def store_secret(self, key: str, value: str) -> None:
        words = ("secret-tool", "store", "--label=Nextcloud", "user", key, "server", "Nextcloud", "type", "plaintext")
        self.user.run(*words, env=self.env, text=value)

    def start_client(self, *more: str) -> None:
        words = ("nextcloud", "--background", "--logfile", str(self.log), "--logdebug", "--logflush", *more)
        self._clients.append(self.user.start(*words, env=self.env))
        wait_for(self.client_pid, "the client's process")

    def client_pid(self) -> int:
        """0 if none runs."""
        for pid in self.user.processes():
            with contextlib.suppress(OSError):
                if Path(f"/proc/{pid}/comm").read_text().strip() == "nextcloud" and not is_zombie(pid):
                    return pid
        return 0

    def quit_client(self) -> None:
        pid = self.client_pid()
        if pid:
            os.kill(pid, signal.SIGTERM)
            wait_for(lambda: not self.client_pid(), "the client to end")

    def synced(self) -> int:
        """How often the client that runs now finished a sync without a problem."""
        return self.log_text().count("SyncEngine finished without problem.")

    def log_text(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def states(self) -> list[str]:
        """The states that the account of the client that runs now went through."""
        return re.findall(r'AccountState state change: +".*" -> "(.*)"', self.log_text())

    def account_names(self) -> list[str]:
        """What the client itself says on its socket: ``login@host:port``. Nothing where it does not listen (yet)."""
        data = b""
        with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            connection.connect(str(self.user.runtime / "Nextcloud/socket"))
            connection.sendall(b'V2/LIST_ACCOUNTS:{"id":"1","arguments":{}}\n')
            while not (found := re.search(rb"V2/LIST_ACCOUNTS_RESULT:(.*)\n", data)):
                if not (more := connection.recv(65536)):
                    return []
                data += more
            return [str(account["name"]) for account in json.loads(found[1])["arguments"]["accounts"]]
        return []

    def journals(self) -> dict[str, int]:
        """Names and inodes of the sync journals."""
        return {path.name: path.stat().st_ino for path in self.folder.glob(".sync_*.db")}

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Path to content and time, of everything that is the user's."""
        found = (path for path in self.folder.rglob("*") if path.is_file() and not path.name.startswith(OWN_FILES))
        return {
            str(path.relative_to(self.folder)): (path.read_bytes(), int(path.stat().st_mtime)) for path in sorted(found)
        }


def wait_for(true: Callable[[], T], what: str, seconds: float = 300.0) -> T:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.1)
    return found
