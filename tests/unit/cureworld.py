"""A host whose user has signed in to the new server beside the old account, and synced a second copy."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from ansible_collections.smartde.nextcloud.plugins.module_utils.desk import Presence
from ansible_collections.smartde.nextcloud.plugins.module_utils.outcome import Outcome
from ansible_collections.smartde.nextcloud.plugins.module_utils.purging import Purge, purge
from ansible_collections.smartde.nextcloud.plugins.module_utils.state import transactions

from smartfleet.nextcloud.accounts import read_accounts
from smartfleet.nextcloud.cure_edits import NewPlace, cure_edits
from smartfleet.nextcloud.qsettings import parse
from tests.unit.copytrees import write_journal, write_tree
from tests.unit.moveworld import NEW, OLD, FileDesk, World

OWN, THEIRS = ".sync_0123456789ab.db", ".sync_bbbbbbbbbbbb.db"
FILES = {"letter.txt": "dear", "d/b.txt": "bbb"}
KNOWN: dict[str, list[Any] | None] = {"letter.txt": ["dear", "e1"], "d/b.txt": ["bbb", "e2"]}
PLACE = ("1", "Folders", "2")
CONFIG = (
    "[General]\n"
    "clientVersion=3.16.7\n"
    "\n"
    "[Accounts]\n"
    "0\\Folders\\1\\journalPath={own}\n"
    "0\\Folders\\1\\localPath={original}/\n"
    "0\\Folders\\1\\targetPath=/\n"
    "0\\authType=webflow\n"
    "0\\dav_user=anna\n"
    "0\\url={old}\n"
    "0\\version=13\n"
    "0\\webflow_user=anna\n"
    "1\\Folders\\2\\journalPath={theirs}\n"
    "1\\Folders\\2\\localPath={copy}/\n"
    "1\\Folders\\2\\targetPath=/\n"
    "1\\authType=webflow\n"
    "1\\dav_user=anna\n"
    "1\\url={new}\n"
    "1\\version=13\n"
    "1\\webflow_user=anna\n"
    "version=13\n"
)


class CureDesk(FileDesk):
    """A client that never finds one of its folders missing; it notes what it loaded."""

    def start(self, presence: Presence) -> str:
        assert presence.session
        assert not self.running(), "a second client was started"
        accounts = read_accounts(parse(self.config.read_bytes()))
        for folder in (one for account in accounts if account.url == NEW for one in account.folders):
            path = Path(folder.local_path.decode())
            assert path.is_dir(), f"the client finds no {path}"
            if path.is_symlink():  # a user's own doing
                continue
            assert (path / folder.journal_path).exists(), f"the client finds no journal in {path}"
        loaded = {account.url: [folder.local_path.decode() for folder in account.folders] for account in accounts}
        (self.folder / "client").write_text(json.dumps(loaded))
        return "process 1"


class CureWorld(World):
    """`carry`: the user removed the old account, and with it the original's journal went."""

    def __init__(self, folder: Path, *, running: bool = True, carry: bool = False) -> None:
        super().__init__(folder, running=running)
        self.carry = carry
        self.copy = self.home / "Nextcloud2"
        self.journal.unlink()
        write_tree(self.sync, FILES)
        write_tree(self.copy, FILES)
        write_journal(self.copy / THEIRS, KNOWN)
        if not carry:
            write_journal(self.journal, KNOWN)
        text = CONFIG.format(own=OWN, theirs=THEIRS, original=self.sync, copy=self.copy, old=OLD, new=NEW)
        if carry:
            text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("0\\"))
        self.config.write_text(text)
        self.before = self.config.read_bytes()
        self.desk: FileDesk = CureDesk(self.desk.folder, self.config)
        self.old_journal = THEIRS if carry else OWN

    def away(self, run: str = "run-1") -> Path:
        return self.copy.with_name(f"Nextcloud2.aside-{run}")

    def order(self, **changes: Any) -> dict[str, Any]:
        """To drop the old account and go back to the original."""
        raw_path = f"{self.sync}/".encode()
        return self._order(
            cure_edits(
                parse(self.config.read_bytes()),
                6,
                drop=() if self.carry else ("0",),
                places={PLACE: NewPlace(raw_path, self.old_journal)},
            ).data,
            ["repoint"] if self.carry else ["repoint", "drop-account"],
            aside=True,
            **changes,
        )

    def drop_order(self, **changes: Any) -> dict[str, Any]:
        """To drop the old account alone; both folders stay."""
        data = cure_edits(parse(self.config.read_bytes()), 6, drop=("0",)).data
        return self._order(data, ["drop-account"], aside=False, **changes)

    def start_order(self, **changes: Any) -> dict[str, Any]:
        return self._order(self.config.read_bytes(), ["start-client"], aside=False, **changes)

    def _order(self, data: bytes, cures: list[str], *, aside: bool, **changes: Any) -> dict[str, Any]:
        now = self.config.read_bytes()
        ini, target = parse(now), parse(data)
        keys = [
            path for path in dict.fromkeys([*ini.paths(), *target.paths()]) if ini.raw_at(path) != target.raw_at(path)
        ]
        edits = [
            {
                "section": "Accounts",
                "key": path.removeprefix("Accounts/").replace("/", "\\"),
                "old": _text(ini.raw_at(path)),
                "new": _text(target.raw_at(path)),
            }
            for path in keys
        ]
        place = {"account": PLACE[0], "group": PLACE[1], "alias": PLACE[2]}
        raw: dict[str, Any] = {
            "user": "anna",
            "config_path": str(self.config),
            "strategy": "move",
            "on_missing_session": "defer",
            "resume": False,
            "old_sha256": hashlib.sha256(now).hexdigest(),
            "new_sha256": hashlib.sha256(data).hexdigest(),
            "new_config": base64.b64encode(data).decode(),
            "edits": edits,
            "accounts": [{"number": "1", "login": "anna", "user": "anna", "old_url": NEW, "new_url": NEW}],
            "secrets": [],
            "cookies": [],
            "folders": [
                {
                    **place,
                    "local_path": str(self.sync) if aside else f"{self.copy}/",
                    "journal": self.old_journal if aside else THEIRS,
                    "instance_id": "oclgbg67eqtf",
                }
            ],
            "digests": False,
            "cures": cures,
            "aside": [
                {
                    **place,
                    "local_path": f"{self.copy}/",
                    "journal": THEIRS,
                    "original": str(self.sync),
                    "carry": self.carry,
                }
            ]
            if aside
            else [],
        }
        return {**raw, **changes}

    def purge(self, *, check: bool = False) -> Outcome:
        return purge(Purge(str(self.root), self.person, self.desk, "anna", str(self.config), check_mode=check))

    def cured(self) -> dict[str, object]:
        """What counts of the host, to be compared between two ways to get there; paths are told from the home."""
        state = Path(transactions(str(self.root))[-1].folder)
        return {
            "config": self.config.read_text().replace(str(self.home), "~"),
            "client": self.desk.loaded().replace(str(self.home), "~") if self.desk.running() else None,
            "home": sorted(path.name for path in self.home.iterdir()),
            "original": _listed(self.sync),
            "copies": [_listed(path) for path in sorted(self.home.glob("Nextcloud2*"))],
            "transaction": (self.state(), sorted(path.name for path in state.iterdir())),
        }

    def untouched(self) -> bool:
        """Whether everything is as it was before a cure, the client running with the old configuration."""
        return (
            self.config.read_bytes() == self.before
            and sorted(path.name for path in self.home.glob("Nextcloud*")) == ["Nextcloud", "Nextcloud2"]
            and (self.journal.exists() or self.carry)
            and not (self.carry and list(self.sync.glob(".sync_*")))
            and (self.copy / THEIRS).exists()
        )


def _listed(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode()
