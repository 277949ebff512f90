"""The way back to the original folder: which folders of a profile can go it, and why others cannot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from smartfleet.checks.config import is_encrypted
from smartfleet.checks.folders import pending
from smartfleet.checks.reasons import reason
from smartfleet.checks.second_copy import Doubled, doubled, journals_of_before
from smartfleet.checks.view import Aim, ProfileView
from smartfleet.model.facts import FolderFacts, OrphanFolder
from smartfleet.model.plan import Refusal
from smartfleet.nextcloud.accounts import ACCOUNTS
from smartfleet.nextcloud.cure_edits import raw_local_path
from smartfleet.nextcloud.edits import FolderPlace, spelled
from smartfleet.nextcloud.paths import place
from smartfleet.text import number_of, visible


@dataclass(frozen=True)
class Repoint:
    """A folder that goes back to the original.

    `raw_path` is the original as the configuration shall name it; `journal` the one to use there, which with `carry` is
    a copy of the second copy's.
    """

    found: Doubled
    raw_path: bytes
    journal: str
    carry: bool

    @property
    def place(self) -> FolderPlace:
        mine = self.found.mine
        return mine.account, mine.group, mine.alias


def repoints(view: ProfileView, aim: Aim) -> tuple[list[Repoint], list[Refusal]]:
    """What can go back to its original as far as the facts tell, and a reason for each folder that cannot.

    The host proves it again, path by path, when the client has stopped.
    """
    groups: dict[FolderPlace, list[Doubled]] = defaultdict(list)
    for one in doubled(view, aim):
        groups[(one.mine.account, one.mine.group, one.mine.alias)].append(one)
    possible: list[Repoint] = []
    against: list[Refusal] = []
    for candidates in groups.values():
        found = _decided(view, aim, candidates)
        if isinstance(found, Refusal):
            against.append(found)
        else:
            possible.append(found)
    originals = [_place(view, one.found.other_path) for one in possible]
    if len(set(originals)) < len(originals):
        return [], [*against, reason("repoint-ambiguous", "two accounts were synced in the same original folder")]
    return possible, against


def _decided(view: ProfileView, aim: Aim, candidates: Sequence[Doubled]) -> Repoint | Refusal:
    """An original that an account still syncs comes before folders that no account uses."""
    chosen = [one for one in candidates if one.old] or list(candidates)
    if len(chosen) > 1:
        paths = ", ".join(visible(one.other_path) for one in chosen)
        return reason("repoint-ambiguous", f"which is the original: {paths}?")
    one = chosen[0]
    against = next(_against(view, one), None)
    if against:
        return against
    journal = _journal(one, aim)
    if isinstance(journal, Refusal):
        return journal
    return Repoint(one, _raw_path(view, one), journal or one.mine.journal.name, carry=not journal)


def _against(view: ProfileView, one: Doubled) -> Iterator[Refusal]:
    mine, copy = one.mine, visible(one.mine.local_path)
    sides = [mine, one.before] if isinstance(one.before, FolderFacts) else [mine]
    if any(side.virtual_files != "off" or side.journal.virtual for side in sides):
        yield reason("repoint-virtual", f"{copy} or its original holds virtual files")
    if is_encrypted(one.account) or any(side.journal.encrypted for side in sides):
        yield reason("repoint-encrypted", f"account {one.account.label} uses end-to-end encryption")
    if mine.paused:
        yield reason("copy-paused", f"{copy} is paused, so nobody knows what the server has")
    if mine.journal.state != "ok":
        yield reason("copy-unproven", f"{copy} has no journal that could be read")
    if pending(mine):
        yield reason("copy-pending", f"{copy} has {number_of(pending(mine), 'change')} not uploaded yet")
    yield from _against_places(view, one)
    if isinstance(one.before, FolderFacts):
        yield from _against_original(one, one.before)
    elif not view.windows and "\\" in one.other_path:
        yield reason("repoint-name", f"{visible(one.other_path)} has characters that only its host can spell")


def _against_places(view: ProfileView, one: Doubled) -> Iterator[Refusal]:
    """The copy is renamed, so nothing in use may lie in it or sync it as a part of itself; it must lie in the home."""
    copy, original = _place(view, one.mine.local_path), _place(view, one.other_path)
    staying = [
        _place(view, folder.local_path)
        for account in view.accounts
        for folder in account.folders
        if account is not one.old and folder is not one.mine
    ]
    if original in staying:
        yield reason("shared-folder", f"{visible(one.other_path)} is synced by another account too")
    if not copy.startswith(_place(view, view.facts.home).rstrip("/") + "/"):
        yield reason("copy-unfit", f"{visible(one.mine.local_path)} lies outside the home")
    if any(_is_inside(copy, other) or _is_inside(other, copy) for other in (original, *staying)):
        yield reason("repoint-nested", f"{visible(one.mine.local_path)} and another folder lie in each other")


def _against_original(one: Doubled, before: FolderFacts) -> Iterator[Refusal]:
    path = visible(before.local_path)
    if before.target_path != one.mine.target_path:
        yield reason("repoint-target", f"{path} and {visible(one.mine.local_path)} sync different parts of the server")
    if before.journal.state == "unreadable":
        yield reason("journal-unreadable", f"the journal of {path} cannot be read: {visible(before.journal.detail)}")
    theirs, ours = before.journal.instance_ids, one.mine.journal.instance_ids
    if theirs and ours and theirs != ours:
        yield reason(
            "other-instance", f"{path} is from instance {visible(theirs[0])}, the copy from {visible(ours[0])}"
        )


def _journal(one: Doubled, aim: Aim) -> str | Refusal:
    """The original's own journal; "" where it has none."""
    if isinstance(one.before, OrphanFolder):
        if not one.before.journals:
            return ""
        names = journals_of_before(one.account, one.mine, one.before, aim)
        if names:
            return names[0]
        return reason("repoint-target", f"{visible(one.before.path)} has a journal of another part of the server")
    return one.before.journal.name if one.before.journal.state == "ok" else ""


def _raw_path(view: ProfileView, one: Doubled) -> bytes:
    """As the old account names it, byte for byte, where there is one."""
    if one.old and view.ini and isinstance(one.before, FolderFacts):
        key = f"{one.old.number}/{one.before.group}/{one.before.alias}/localPath"
        raw = view.ini.get_raw(ACCOUNTS, spelled(key))
        if raw is not None:
            return raw
    return raw_local_path(one.other_path, view.qt, windows=view.windows)


def _place(view: ProfileView, path: str) -> str:
    return place(path, windows=view.windows)


def _is_inside(path: str, folder: str) -> bool:
    return path != folder and path.startswith(folder.rstrip("/") + "/")
