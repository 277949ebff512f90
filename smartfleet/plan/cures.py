"""What `fix` does to a profile beside a move: which cures its facts ask for, and why some of them cannot be."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from smartfleet.checks.config import config_reasons, unusable_config
from smartfleet.checks.folders import pending
from smartfleet.checks.mendable import is_stopped, unnamed_journals, unsigned
from smartfleet.checks.reasons import reason
from smartfleet.checks.second_copy import THERE
from smartfleet.checks.view import AccountView, Aim, ProfileView
from smartfleet.model.facts import FolderFacts
from smartfleet.model.plan import Cure, Refusal
from smartfleet.nextcloud import versions
from smartfleet.nextcloud.edits import FolderPlace
from smartfleet.nextcloud.paths import place
from smartfleet.plan.repoint import Repoint, repoints
from smartfleet.text import number_of, visible


@dataclass(frozen=True)
class Cures:
    """What is to be done: accounts that leave, folders that go back, journals that are named.

    `start`: the client does not run; any change of the configuration starts it too. `sign_in`: accounts whose user is
    to be told to sign in. `against`: why something that the audit asks for is not done.
    """

    dropped: tuple[AccountView, ...] = ()
    repointed: tuple[Repoint, ...] = ()
    named: tuple[FolderFacts, ...] = ()
    start: bool = False
    sign_in: tuple[AccountView, ...] = ()
    against: tuple[Refusal, ...] = ()

    @property
    def edits_config(self) -> bool:
        return bool(self.dropped or self.repointed or self.named)

    @property
    def on_host(self) -> bool:
        return self.edits_config or self.start

    def names(self) -> list[Cure]:
        """The cures by name, in the order in which they are told."""
        asked: list[tuple[Cure, object]] = [
            ("repoint", self.repointed),
            ("drop-account", self.dropped),
            ("journal-path", self.named),
            ("start-client", self.start and not self.edits_config),
            ("sign-in", self.sign_in),
        ]
        return [name for name, wanted in asked if wanted]


def cures_for(view: ProfileView, aim: Aim, *, only: Collection[Cure] = (), signs_in: bool = False) -> Cures:
    """The cures of a profile; with `only` no others. `signs_in`: an earlier run left it waiting for the sign-in."""
    if unusable_config(view) or not view.on("new"):
        return Cures()
    wanted = _wanted(only)
    possible, against = repoints(view, aim) if "repoint" in wanted else ([], [])
    if possible and "drop-account" not in wanted:
        possible = [one for one in possible if one.found.old is None]
    dropped, undropped = _droppable(view, possible) if "drop-account" in wanted else ([], [])
    # an original that an account still syncs is free only when that account leaves
    possible = [one for one in possible if one.found.old is None or one.found.old in dropped]
    moved = {one.place for one in possible}
    named = [one for one in unnamed_journals(view) if place_of(one) not in moved] if "journal-path" in wanted else []
    cures = Cures(
        dropped=tuple(dropped),
        repointed=tuple(possible),
        named=tuple(named),
        start="start-client" in wanted and is_stopped(view),
        sign_in=_signing_in(view, signs_in=signs_in) if "sign-in" in wanted else (),
        against=(*against, *undropped),
    )
    unsafe = list(_against_editing(view)) if cures.edits_config else []
    if unsafe:
        return Cures(sign_in=cures.sign_in, against=(*unsafe, *cures.against))
    if view.os == "darwin" and cures.on_host:
        return Cures(against=(reason("macos-not-yet", "a client on macOS cannot be mended yet"),))
    return cures


def place_of(folder: FolderFacts) -> FolderPlace:
    return folder.account, folder.group, folder.alias


def _wanted(only: Collection[Cure]) -> Collection[Cure]:
    return only or ("drop-account", "repoint", "journal-path", "start-client", "sign-in")


def _signing_in(view: ProfileView, *, signs_in: bool) -> tuple[AccountView, ...]:
    found = tuple(unsigned(view))
    return found or (view.on("new") if signs_in else ())


def _droppable(view: ProfileView, repointed: list[Repoint]) -> tuple[list[AccountView], list[Refusal]]:
    """Accounts on an old server whose user has one on the new server, and why others of them must stay."""
    persons = {one.person for one in view.on("new")}
    found: list[AccountView] = []
    against: list[Refusal] = []
    for old in view.on("old"):
        if old.person in persons:
            why = next(_against_dropping(view, old, repointed), None)
            if why:
                against.append(why)
            else:
                found.append(old)
    return found, against


def _against_dropping(view: ProfileView, old: AccountView, repointed: list[Repoint]) -> Iterator[Refusal]:
    """What would be lost with the account. Its folder stays on the disk; what was never uploaded would stay there."""
    originals = {place_of(one.found.before) for one in repointed if isinstance(one.found.before, FolderFacts)}
    staying = {
        place(folder.local_path, windows=view.windows)
        for one in view.accounts
        if one is not old
        for folder in one.folders
    }
    if len(old.folders) < len(old.account.folders):
        yield reason("folder-unseen", f"the facts lack a folder of account {old.label}")
    for folder in old.folders:
        path = visible(folder.local_path)
        if place(folder.local_path, windows=view.windows) in staying:
            yield reason("shared-folder", f"{path} is synced by the account that stays too")
        if place_of(folder) in originals or folder.state not in THERE:
            continue
        if pending(folder):
            yield reason("drop-pending", f"{path} has {number_of(pending(folder), 'change')} not uploaded yet")
        if folder.journal.state != "ok" and folder.files:
            yield reason("drop-unproven", f"whether {path} was uploaded cannot be told: it has no journal to read")


def _against_editing(view: ProfileView) -> Iterator[Refusal]:
    """As for a move; versions are those of the accounts that are rewritten."""
    yield from config_reasons(view)
    for one in view.on("new"):
        known = [one.account.version <= versions.MAX_ACCOUNT_VERSION]
        known += [folder.version <= versions.MAX_FOLDER_VERSION for folder in one.account.folders]
        if not all(known):
            yield reason("config-newer", f"account {one.label} was written by a client newer than smartfleet knows")
