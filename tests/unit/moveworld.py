"""A small host for tests of the move: a home with a client's files, a desk made of files, and no network.

The desk's state lies in files too, so that a process that is killed leaves it as a real desktop would be left.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import pwd
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.smartde.nextcloud.plugins.module_utils.applying import Request, carry_out
from ansible_collections.smartde.nextcloud.plugins.module_utils.desk import Keyring, Presence
from ansible_collections.smartde.nextcloud.plugins.module_utils.marks import Mark, Marks
from ansible_collections.smartde.nextcloud.plugins.module_utils.move import Checks
from ansible_collections.smartde.nextcloud.plugins.module_utils.order import parse_order
from ansible_collections.smartde.nextcloud.plugins.module_utils.outcome import Outcome, Proof
from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person
from ansible_collections.smartde.nextcloud.plugins.module_utils.profile import Profile, SyncFolder
from ansible_collections.smartde.nextcloud.plugins.module_utils.restoring import Restore, restore
from ansible_collections.smartde.nextcloud.plugins.module_utils.state import transactions
from ansible_collections.smartde.nextcloud.plugins.module_utils.transaction import StepError

OLD, NEW = "https://old.example.org", "https://mein.smartde.coop"
JOURNAL = ".sync_0123456789ab.db"
CONFIG = (
    "[General]\n"
    "clientVersion=3.16.7\n"
    "\n"
    "[Accounts]\n"
    "0\\Folders\\1\\journalPath={journal}\n"
    "0\\Folders\\1\\localPath={local}\n"
    "0\\Folders\\1\\targetPath=/\n"
    "0\\authType=webflow\n"
    "0\\dav_user=anna\n"
    "0\\url={url}\n"
    "0\\version=13\n"
    "0\\webflow_user=anna\n"
    "version=13\n"
)
SOURCE, TARGET = f"anna:{OLD}/:0", f"anna:{NEW}/:0"


@dataclass
class FileDesk:
    """A desk in a folder: `client` is there while a client runs (with the URL it loaded), `keyring` holds the entries.

    `on_stop` is what the client writes to its configuration when it quits.
    """

    folder: Path
    config: Path
    on_stop: Callable[[bytes], bytes] | None = None
    stubborn: bool = False

    def session(self, **changes: Any) -> dict[str, Any]:
        path = self.folder / "session"
        found = {"there": True, "keyring": "unlocked", **(json.loads(path.read_text()) if path.exists() else {})}
        if changes:
            path.write_text(json.dumps({**found, **changes}))
        return {**found, **changes}

    def presence(self, recorded: Presence | None = None) -> Presence:
        clients = [["nextcloud", "--background"]] if self.running() else recorded.clients if recorded else []
        return Presence({"DISPLAY": ":1"} if self.session()["there"] else {}, clients)

    def keyring(self, presence: Presence) -> Keyring:
        assert presence.session
        return Keyring(self.session()["keyring"], frozenset(self.entries()))

    def entries(self) -> dict[str, str]:
        path = self.folder / "keyring"
        found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def running(self) -> bool:
        return (self.folder / "client").exists()

    def loaded(self) -> str:
        """The URL that the running client works with."""
        return (self.folder / "client").read_text()

    def stop(self, _presence: Presence) -> str:
        if self.stubborn:
            raise StepError("client-will-not-stop", "the client (process 1) does not end")
        if self.on_stop:
            self.config.write_bytes(self.on_stop(self.config.read_bytes()))
        (self.folder / "client").unlink(missing_ok=True)
        return "quit"

    def start(self, presence: Presence) -> str:
        assert presence.session
        assert not self.running(), "a second client was started"
        text = self.config.read_text("utf-8", "replace")
        (self.folder / "client").write_text(next(line[6:] for line in text.splitlines() if line.startswith("0\\url=")))
        return "process 1"

    def copy_secrets(self, presence: Presence, pairs: Sequence[tuple[str, str]]) -> list[str]:
        assert presence.session
        entries, states = self.entries(), []
        for source, target in pairs:
            states.append("same" if entries.get(target) == entries[source] else "copied")
            entries[target] = entries[source]
        (self.folder / "keyring").write_text(json.dumps(entries))
        return states


class World:
    """The host. `order()` is what a plan made of the configuration as it is when it is called would send."""

    def __init__(self, folder: Path, *, running: bool = True) -> None:
        self.root = folder / "root"
        self.home = folder / "home"
        self.sync = self.home / "Nextcloud"
        self.config = self.home / ".config/Nextcloud/nextcloud.cfg"
        self.journal = self.sync / JOURNAL
        for path in (self.root, self.sync, self.config.parent, folder / "desk"):
            path.mkdir(parents=True)
        self.config.write_text(CONFIG.format(journal=JOURNAL, local=self.sync, url=OLD))
        self.config.chmod(0o640)
        self.journal.write_bytes(b"the journal")
        (self.config.parent / "cookies0.db").write_bytes(b"cookies")
        (self.sync / "letter.txt").write_bytes(b"dear")
        me = pwd.getpwuid(os.geteuid())
        self.person = Person("anna", me.pw_uid, me.pw_gid, str(self.home), (me.pw_gid,))
        self.desk = FileDesk(folder / "desk", self.config)
        (self.desk.folder / "keyring").write_text(json.dumps({SOURCE: "app-password"}))
        if running:
            (self.desk.folder / "client").write_text(OLD)
        self.before = self.config.read_bytes()
        self.instance_error: StepError | None = None
        self.proofs = [Proof("client-running", "ok")]

    def order(self, **changes: Any) -> dict[str, Any]:
        data = self.config.read_bytes()
        new = data.replace(OLD.encode(), NEW.encode())
        raw: dict[str, Any] = {
            "user": "anna",
            "config_path": str(self.config),
            "strategy": "move",
            "on_missing_session": "defer",
            "resume": False,
            "old_sha256": hashlib.sha256(data).hexdigest(),
            "new_sha256": hashlib.sha256(new).hexdigest(),
            "new_config": base64.b64encode(new).decode(),
            "edits": [{"section": "Accounts", "key": "0\\url", "old": OLD, "new": NEW}],
            "accounts": [{"number": "0", "login": "anna", "user": "anna", "old_url": OLD, "new_url": NEW}],
            "secrets": [{"source": SOURCE, "target": TARGET, "required": True}],
            "cookies": ["cookies0.db"],
            "folders": [
                {
                    "account": "0",
                    "group": "Folders",
                    "alias": "1",
                    "local_path": str(self.sync),
                    "journal": JOURNAL,
                    "instance_id": "oclgbg67eqtf",
                }
            ],
            "digests": False,
        }
        return {**raw, **changes}

    def checks(self) -> Checks:
        return Checks(self._instance, self._manifest, self._proofs)

    def move(
        self,
        raw: dict[str, Any],
        *,
        run: str = "run-1",
        phases: Sequence[str] = ("prepare", "commit"),
        check: bool = False,
    ) -> Outcome:
        request = Request(
            root=str(self.root),
            run=run,
            order=parse_order(raw),
            raw_order=raw,
            person=self.person,
            config_path=str(self.config),
            desk=self.desk,
            checks=self.checks(),
            phases=frozenset(phases),
            check_mode=check,
        )
        return carry_out(request)

    def restore(self, *, only_open: bool = False, check: bool = False) -> Outcome:
        found = transactions(str(self.root))[-1]
        request = Restore(str(self.root), self.person, lambda _path: self.desk, self._instance, check_mode=check)
        return restore(request, found, only_open=only_open)

    def marks(self) -> list[Mark]:
        return Marks(f"{transactions(str(self.root))[-1].folder}/marks.jsonl").read()

    def state(self) -> str:
        return transactions(str(self.root))[-1].state

    def moved(self) -> dict[str, object]:
        """What counts of the host, to be compared between two ways to get there."""
        state = Path(transactions(str(self.root))[-1].folder)
        return {
            "config": self.config.read_bytes(),
            "mode": self.config.stat().st_mode & 0o777,
            "journal": self.moved_journal(),
            "keyring": self.desk.entries(),
            "client": self.desk.loaded() if self.desk.running() else None,
            "beside": sorted(path.name for path in self.config.parent.iterdir()),
            "sync": sorted(path.name for path in self.sync.iterdir()),
            "transaction": (self.state(), sorted(path.name for path in state.iterdir())),
            "backup": sorted(path.name for path in (state / "backup").iterdir()),
        }

    def moved_journal(self) -> tuple[int, bytes]:
        """A journal that was kept has its inode and its bytes."""
        return self.journal.stat().st_ino, self.journal.read_bytes()

    def _instance(self, _profile: Profile) -> str:
        if self.instance_error:
            raise self.instance_error
        return "oclgbg67eqtf"

    def _manifest(self, profile: Profile, folders: Sequence[SyncFolder]) -> str:
        assert not self.desk.running()
        Path(profile.folder, "manifest.gz").write_bytes(b"manifest")
        return f"{len(folders)} folders"

    def _proofs(self, _profile: Profile, _folders: Sequence[SyncFolder], _presence: Presence) -> list[Proof]:
        return self.proofs


def killed(work: Callable[[], object], *, at: int, when: str) -> bool:
    """Do `work` in a child that kills itself before or after it writes its n-th mark; whether it came to that."""
    pid = os.fork()
    if pid == 0:
        try:
            _die_at_mark(at, when=when)
            work()
        finally:
            os._exit(0)
    _pid, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _die_at_mark(at: int, *, when: str) -> None:
    add, count = Marks.add, [0]

    def dying(self: Marks, step: str, state: str, detail: str = "") -> Mark:
        count[0] += 1
        if when == "before" and count[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)
        mark = add(self, step, state, detail)
        if count[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return mark

    Marks.add = dying  # type: ignore[method-assign]  # in a child that is about to die


def untouched(world: World) -> bool:
    """Whether nothing of a move has begun."""
    state = world.root / "var/lib/smartfleet/runs"
    return (
        world.config.read_bytes() == world.before
        and world.desk.loaded() == OLD
        and world.desk.entries() == {SOURCE: "app-password"}
        and (world.config.parent / "cookies0.db").exists()
        and not state.exists()
    )
