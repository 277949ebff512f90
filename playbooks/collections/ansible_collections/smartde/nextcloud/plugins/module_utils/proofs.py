"""After the move: what has to be true, one proof each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence
from urllib.parse import urlsplit

from .accounts import read_accounts
from .asides import aside_proofs, carried
from .backup import CONFIG, look
from .desk import Presence
from .dropped import DroppedError, run_as
from .gates import kinds
from .move import is_moved
from .outcome import Proof
from .profile import Config, Profile, SyncFolder
from .socketapi import account_names, missing

Trees = Callable[[Profile, Sequence[SyncFolder], Presence], "list[Proof]"]
Accounts = Callable[[Profile, Presence], Proof]


@dataclass(frozen=True)
class Prover:
    """`trees` gives the proofs disk, conflicts and server, `accounts` the one that asks the client."""

    trees: Trees
    accounts: Accounts

    def proofs(self, profile: Profile, folders: Sequence[SyncFolder], presence: Presence) -> list[Proof]:
        """Every proof; one that could not be had is unknown, never left out."""
        running = presence.startable
        return [
            _client(profile, expected=running),
            self.accounts(profile, presence) if running else Proof("account-list", "unknown", "no session"),
            _config(profile),
            _journals(profile),
            _folders(profile, folders),
            *aside_proofs(profile),
            *self.trees(profile, folders, presence),
        ]


def ask_client(profile: Profile, presence: Presence, *, seconds: float) -> Proof:
    """Whether the client names the new servers, as its socket says within `seconds`."""
    wanted = sorted({_host(account.new_url) for account in profile.order.accounts})
    if any(not host.isascii() or "xn--" in host for host in wanted):
        return Proof("account-list", "unknown", "the client spells international names its own way")
    try:
        names = run_as(profile.person, account_names, presence.env, wanted, seconds, timeout=seconds + 30)
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
    expected = {**{one.path: one.inode for one in saved}, **carried(profile)}
    found = run_as(profile.person, look, list(expected))
    other = [path for path, now in zip(expected, found) if not now or now[0] != expected[path]]
    if other:
        return Proof("journal", "failed", f"{other[0]} is not the journal that it was")
    return (
        Proof("journal", "ok", f"{len(expected)} kept") if expected else Proof("journal", "unknown", "there was none")
    )


def _folders(profile: Profile, folders: Sequence[SyncFolder]) -> Proof:
    """Every folder is where it was, and no second one has come."""
    missing_ones = [
        folder.path
        for folder, kind in zip(folders, run_as(profile.person, kinds, [folder.path for folder in folders]))
        if kind != "folder"
    ]
    if missing_ones:
        return Proof("folders", "failed", f"{missing_ones[0]} is gone")
    expected = _local_paths(profile.target(profile.before()))
    added = _local_paths(profile.config().data) - expected
    if added:
        return Proof("folders", "failed", f"the client has another folder now: {min(added)!r}")
    return Proof("folders", "ok", f"{len(expected)}")


def _local_paths(data: bytes) -> set[bytes]:
    from_file = Config(data, "").ini
    return {folder.local_path.rstrip(b"/") for account in read_accounts(from_file) for folder in account.folders}


def _host(url: str) -> str:
    """As the client names a server: the port only where it is none of the usual two."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port not in (None, 80, 443) else str(parts.hostname)
