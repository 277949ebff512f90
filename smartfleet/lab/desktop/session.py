"""One signed-in account of the running client: from nothing to connected and syncing."""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
from typing import Literal

from smartfleet.lab.desktop.journal import Journal
from smartfleet.lab.desktop.remote import Remote, RemoteError
from smartfleet.lab.desktop.settings import Settings
from smartfleet.lab.desktop.surroundings import Surroundings
from smartfleet.lab.desktop.sync import FolderSync
from smartfleet.nextcloud.accounts import Account, Folder
from smartfleet.nextcloud.names import journal_name

State = Literal["Disconnected", "Connected", "Asking Credentials", "Network error", "Maintenance mode"]
log = logging.getLogger("nextcloud.gui.account.state")

POLL_SECONDS = 2.0
RETRY_SECONDS = 3.0


class AccountSession:
    """Connects one account and syncs its folders; call `tick` often."""

    def __init__(
        self,
        account: Account,
        settings: Settings,
        agent: str,
        version: tuple[int, int, int],
        surroundings: Surroundings,
    ) -> None:
        self.account = account
        self.state: State = "Disconnected"
        self._settings = settings
        self._version = version
        self._surroundings = surroundings
        self._remote = Remote(account.url, account.user, account.login, agent)
        self._syncs: dict[str, FolderSync] = {}
        self._journals: list[Journal] = []
        self._sign_in = ""
        self._due = 0.0

    @property
    def name(self) -> str:
        """``user@host:port``, as the socket shows it."""
        return f"{self.account.user}@{self.account.url.partition('://')[2].partition('/')[0]}"

    @property
    def folders(self) -> list[str]:
        return [_shown(folder) for folder in self.account.folders]

    def is_synced(self, folder: str) -> bool:
        """Whether the last look at `folder` found nothing to do. (The real client's status promises less.)"""
        sync = self._syncs.get(folder)
        return self.state == "Connected" and sync is not None and sync.at_rest

    def tick(self, now: float) -> None:
        """Does what is due; every trouble ends in a state, none is raised."""
        if now < self._due:
            return
        self._due = now + POLL_SECONDS
        try:
            if self.state == "Asking Credentials":
                self._ask()
            elif self.state != "Connected":
                self._connect()
            if self.state == "Connected" and self._sync():
                self._due = now
        except RemoteError as error:
            log.warning("%s", error)
            self._change("Maintenance mode" if error.status == 503 else "Network error")
            self._due = now + RETRY_SECONDS
        except (OSError, sqlite3.Error) as error:
            log.warning("SyncEngine finished with ERROR: %s", error)

    def close(self) -> None:
        """Closes the journals, which moves their write-ahead logs into them."""
        self._remote.close()
        for journal in self._journals:
            journal.close()

    def _connect(self) -> None:
        status = self._remote.status()
        if status.get("maintenance"):
            raise RemoteError(503, "the server is in maintenance")
        password = self._surroundings.secrets.lookup(self._key())
        if password is None:
            self._change("Asking Credentials")
            self._sign_in, page = self._remote.start_sign_in()
            log.info("sign in at %s", page)
            return
        self._remote.password = password
        self._signed_on(str(status.get("version", "")))

    def _signed_on(self, server_version: str) -> None:
        try:
            self._remote.listing("", 0)
            name = self._remote.display_name()
        except RemoteError as error:
            if error.status != 401:
                raise
            self._remote.password = ""
            self._change("Asking Credentials")
            self._sign_in, _page = self._remote.start_sign_in()
            return
        self._settings.note_server(self.account.number, name, server_version)
        self._write_cookies()
        self._change("Connected")
        if not self._syncs:
            self._syncs = {
                _shown(folder): self._folder_sync(folder) for folder in self.account.folders if not folder.paused
            }

    def _ask(self) -> None:
        answer = self._remote.poll_sign_in(self._sign_in)
        if answer is None:
            return
        _login, self._remote.password = answer
        self._surroundings.secrets.store(self._key(), self._remote.password)
        self._signed_on(str(self._remote.status().get("version", "")))

    def _sync(self) -> bool:
        return any([sync.run() for sync in self._syncs.values()])  # noqa: C419 - every folder gets its turn

    def _folder_sync(self, folder: Folder) -> FolderSync:
        disk = self._surroundings.disk(self.account, folder)
        name = folder.journal_path or journal_name(self.account.login, self.account.url, folder.target_path)
        journal = Journal(disk.root / name, self._version)
        self._journals.append(journal)
        return FolderSync(disk, folder.target_path, journal, self._remote)

    def _key(self) -> str:
        prefix = self._surroundings.key_prefix
        return f"{prefix}{self.account.login}:{self.account.url.rstrip('/')}/:{self.account.number}"

    def _write_cookies(self) -> None:
        """The cookie jar of the account, which belongs to the host name."""
        digest = hashlib.sha256(self.account.url.encode()).digest()
        (self._settings.folder / f"cookies{self.account.number}.db").write_bytes(b"\0\0\0\1" + digest)

    def _change(self, state: State) -> None:
        if state != self.state:
            log.info('AccountState state change: "%s" -> "%s"', self.state, state)
        self.state = state


def _shown(folder: Folder) -> str:
    return os.fsdecode(folder.local_path).rstrip("/")
