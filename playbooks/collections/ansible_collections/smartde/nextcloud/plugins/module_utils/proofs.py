"""After the move: what has to be true, one proof each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence
from urllib.parse import urlsplit

from .accounts import read_accounts
from .backup import CONFIG, Saved, look
from .desk import Presence
from .dropped import DroppedError, run_as
from .gates import kinds
from .move import is_moved
from .outcome import Proof
from .profile import Config, Profile, SyncFolder
from .socketapi import account_names, missing

Trees = Callable[[Profile, Sequence[SyncFolder], Presence], "list[Proof]"]


@dataclass(frozen=True)
class Prover:
    """`trees` gives the proofs disk, conflicts and server; `seconds` is how long a client may take to answer."""

    trees: Trees
    seconds: float

    def proofs(self, profile: Profile, folders: Sequence[SyncFolder], presence: Presence) -> list[Proof]:
        """Every proof; one that could not be had is unknown, never left out."""
        running = presence.startable
        return [
            _client(profile, expected=running),
            self._accounts(profile, presence) if running else Proof("account-list", "unknown", "no session"),
            _config(profile),
            _journals(profile),
            _folders(profile, folders),
            *self.trees(profile, folders, presence),
        ]

    def _accounts(self, profile: Profile, presence: Presence) -> Proof:
        wanted = sorted({_host(account.new_url) for account in profile.order.accounts})
        if any(not host.isascii() or "xn--" in host for host in wanted):
            return Proof("account-list", "unknown", "the client spells international names its own way")
        try:
            names = run_as(profile.person, account_names, presence.env, wanted, self.seconds, timeout=self.seconds + 30)
        except DroppedError as error:
            return Proof("account-list", "unknown", error.message)
        if not names:
            return Proof("account-list", "unknown", "the client's socket does not answer, or names no account yet")
        if missing(names, wanted):
            return Proof("account-list", "failed", f"the client does not name {', '.join(missing(names, wanted))}")
        return Proof("account-list", "ok", ", ".join(wanted))


def _client(profile: Profile, *, expected: bool) -> Proof:
    if profile.desk.running():
        return Proof("client-running", "ok")
    if expected:
        return Proof("client-running", "failed", "the client has ended")
    return Proof("client-running", "unknown", "no session: it starts when the user logs in")


def _config(profile: Profile) -> Proof:
    try:
        if is_moved(profile.order, profile.config().data):
            return Proof("config", "ok")
    except DroppedError as error:
        return Proof("config", "failed", error.message)
    return Proof("config", "failed", "the client has put other values into nextcloud.cfg")


def _journals(profile: Profile) -> Proof:
    """The same files as before, by name and inode: a journal that was made anew would mean a new comparison of all."""
    saved = [one for one in profile.backup.saved() if one.name != CONFIG and one.name.endswith(".db")]
    found = run_as(profile.person, look, [one.path for one in saved])
    other = [one.path for one, now in zip(saved, found) if not _same(one, now)]
    if other:
        return Proof("journal", "failed", f"{other[0]} is not the journal that it was")
    return Proof("journal", "ok", f"{len(saved)} kept") if saved else Proof("journal", "unknown", "there was none")


def _same(saved: Saved, now: Sequence[int]) -> bool:
    return bool(now) and now[0] == saved.inode


def _folders(profile: Profile, folders: Sequence[SyncFolder]) -> Proof:
    """Every folder is where it was, and no second one has come."""
    missing_ones = [
        folder.path
        for folder, kind in zip(folders, run_as(profile.person, kinds, [folder.path for folder in folders]))
        if kind != "folder"
    ]
    if missing_ones:
        return Proof("folders", "failed", f"{missing_ones[0]} is gone")
    before = _local_paths(profile.before().data)
    added = _local_paths(profile.config().data) - before
    if added:
        return Proof("folders", "failed", f"the client has another folder now: {min(added)!r}")
    return Proof("folders", "ok", f"{len(before)}")


def _local_paths(data: bytes) -> set[bytes]:
    from_file = Config(data, "").ini
    return {folder.local_path.rstrip(b"/") for account in read_accounts(from_file) for folder in account.folders}


def _host(url: str) -> str:
    """As the client names a server: the port only where it is none of the usual two."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port not in (None, 80, 443) else str(parts.hostname)
