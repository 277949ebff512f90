"""One profile that is being moved or taken back: its files, and the folder of its transaction."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, Mapping, Tuple

from . import configwrite
from .accounts import ACCOUNTS, Folder, read_accounts
from .backup import CONFIG, Backup, Saved, Source, journal_sources, look
from .desk import Desk, Presence, presence_from
from .dropped import run_as
from .inivalues import decode_key, encode_key
from .inverse import apply_edits
from .ondisk import Disk, PosixDisk
from .order import FolderMove, Order
from .people import Person
from .qsettings import IniFile, parse
from .state import SETTLED, read_json, write_json
from .transaction import StepError
from .walk import Placeholders


@dataclass(frozen=True)
class Config:
    """`nextcloud.cfg` as it was read a moment ago."""

    data: bytes
    sha256: str

    @property
    def ini(self) -> IniFile:
        return parse(self.data)


@dataclass(frozen=True)
class SyncFolder:
    """A folder of the order with its place on this host's disk."""

    move: FolderMove
    path: str
    target_path: str
    virtual_files: Placeholders
    ignore_hidden: bool

    @property
    def journal(self) -> str:
        return os.path.join(self.path, self.move.journal)


@dataclass(frozen=True)
class Profile:
    """`config_path` is the path on the disk; `folder` is the transaction's."""

    root: str
    order: Order
    person: Person
    desk: Desk
    config_path: str
    folder: str
    disk: Disk = field(default_factory=PosixDisk)

    @property
    def backup(self) -> Backup:
        return Backup(self.folder)

    def config(self) -> Config:
        """DroppedError with a code that begins with config-."""
        found = run_as(self.person, configwrite.read, self.config_path)
        return Config(base64.b64decode(found["content"]), found["sha256"])

    def replace_config(self, expected: Config, data: bytes) -> str:
        """The sha256 of what was written. DroppedError config-changed if the file is not `expected` any more."""
        self.disk.require_free(self.config_path)
        content = base64.b64encode(data).decode()
        written: str = run_as(self.person, configwrite.replace, self.config_path, expected.sha256, content)
        return written

    def folders(self, config: Config) -> Tuple[SyncFolder, ...]:
        """The order's folders, their places taken from the host's own file. StepError folder-unknown.

        A cure gives a folder another place: then they are where they will be. ValueError where the edits do not fit.
        """
        ini = applied(config.ini, self.order) if self.order.aside else config.ini
        known = known_folders(ini)
        return tuple(
            _place(self.disk, move, known.get((move.account, move.group, move.alias))) for move in self.order.folders
        )

    def sources(self, folders: Tuple[SyncFolder, ...]) -> list[Source]:
        """What the backup holds."""
        journals = [source for number, one in enumerate(folders) for source in journal_sources(number, one.journal)]
        return [Source(self.config_path, CONFIG), *journals]

    def before(self) -> Config:
        """The configuration as it was when the client had stopped: from the backup."""
        data = self.backup.read(CONFIG)
        return Config(data, next(one.sha256 for one in self.backup.saved() if one.name == CONFIG))

    def target(self, before: Config) -> bytes:
        """The new configuration.

        It is the order's edits on the file of this moment: a client may have saved its window's place when it quit. On
        the file that the plan saw they give the order's own bytes (`gates` has checked that).
        """
        return applied(before.ini, self.order).to_bytes()

    def settle(self) -> None:
        """Note which file is moved to which. ValueError where the order's edits do not fit."""
        before = self.before()
        new = hashlib.sha256(self.target(before)).hexdigest()
        write_json(os.path.join(self.folder, SETTLED), {"old_sha256": before.sha256, "new_sha256": new})

    def recorded(self) -> Presence | None:
        """Who was at the desk when the transaction stopped the client; None if it never did."""
        try:
            return presence_from(read_json(os.path.join(self.folder, "client.json")))
        except (OSError, ValueError, KeyError):
            return None

    def record(self, presence: Presence) -> None:
        write_json(os.path.join(self.folder, "client.json"), asdict(presence))

    def place_of(self, folder: Folder) -> str:
        """Where a folder of a configuration lies on the disk, without a slash behind it. StepError as `Disk.place`."""
        return self.disk.place(folder).path.rstrip("/")

    def missing_journals(self) -> list[Saved]:
        """The backup's files of journals that the home has no more; a database and its log belong together."""
        saved = [one for one in self.backup.saved() if one.name != CONFIG]
        found: list[list[int]] = run_as(self.person, look, [one.path for one in saved])
        gone = {one.name for one, there in zip(saved, found) if not there}
        return [one for one in saved if one.name.partition(".db")[0] + ".db" in gone]


def applied(ini: IniFile, order: Order) -> IniFile:
    """The file with the order's edits; ValueError where a value is neither the old nor the new one.

    An account that leaves takes all its values with it, whatever the client made of them when it quit.
    """
    gone = tuple(f"{ACCOUNTS}/{number}/" for number in order.dropped)
    for path in ini.paths():
        if gone and path.startswith(gone):
            ini = ini.with_raw(ACCOUNTS, encode_key(path.partition("/")[2]).decode("ascii"), None)
    return apply_edits(ini, [edit for edit in order.edits if not _belongs(edit, gone)])


def _belongs(edit: Mapping[str, Any], accounts: Tuple[str, ...]) -> bool:
    path = f"{edit['section']}/{decode_key(edit['key'].encode())}"
    return bool(accounts) and path.startswith(accounts)


def known_folders(ini: IniFile) -> Dict[Tuple[str, str, str], Folder]:
    """Every folder of a configuration by account, group and alias."""
    return {
        (folder.account, folder.group, folder.alias): folder
        for account in read_accounts(ini)
        for folder in account.folders
    }


def _place(disk: Disk, move: FolderMove, found: Folder | None) -> SyncFolder:
    if found is None:
        raise StepError(
            "folder-unknown",
            f"the configuration has no folder {move.alias} in {move.group} of account {move.account}",
            "audit the host and plan again",
            outcome="refused",
        )
    place = disk.place(found)
    return SyncFolder(move, place.path, found.target_path, place.placeholders, found.ignore_hidden)
