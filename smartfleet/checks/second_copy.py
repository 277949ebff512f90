"""The second copy: an account on the new server that syncs another folder than the old account did."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from smartfleet.checks.view import AccountView, Aim, ProfileView
from smartfleet.model.assessment import SecondCopy
from smartfleet.model.facts import FolderFacts, OrphanFolder
from smartfleet.nextcloud.names import journal_name
from smartfleet.nextcloud.paths import place

THERE = {"ok", "unwalked"}
# what a cure has renamed; the hosts give it that name (asides.py)
_ASIDE = re.compile(r"\.aside-[A-Za-z0-9][A-Za-z0-9._-]{0,99}/?\Z")


@dataclass(frozen=True)
class Doubled:
    """A folder of an account on the new server, and one of before that is still on the disk beside it.

    `old` is the account that still syncs the one of before; None where no account does.
    """

    account: AccountView
    mine: FolderFacts
    old: AccountView | None
    before: FolderFacts | OrphanFolder

    @property
    def other_path(self) -> str:
        return self.before.path if isinstance(self.before, OrphanFolder) else self.before.local_path


def second_copies(view: ProfileView, aim: Aim) -> list[SecondCopy]:
    """Each folder of before that is still on the disk beside the folder of an account on the new server."""
    return [_copy(one) for one in doubled(view, aim)]


def doubled(view: ProfileView, aim: Aim) -> Iterator[Doubled]:
    for account in view.on("new"):
        yield from _of_account(view, account, aim)


def _of_account(view: ProfileView, account: AccountView, aim: Aim) -> Iterator[Doubled]:
    mine = [folder for folder in account.folders if folder.state in THERE]
    if not mine:
        return
    for old in (one for one in view.on("old") if one.person == account.person):
        for before in old.folders:
            other = _counterpart(mine, before.target_path)
            if before.state in THERE and _place(view, before.local_path) != _place(view, other.local_path):
                yield Doubled(account, other, old, before)
    if not view.facts.orphans:
        return
    used = {_place(view, folder.local_path) for one in view.accounts for folder in one.folders}
    for orphan in view.facts.orphans:
        if _place(view, orphan.path) in used or _ASIDE.search(orphan.path):
            continue
        other = next((folder for folder in mine if journals_of_before(account, folder, orphan, aim)), mine[0])
        if _was_synced_by(account, orphan, aim) or _is_twin(orphan):
            yield Doubled(account, other, None, orphan)


def journals_of_before(account: AccountView, mine: FolderFacts, orphan: OrphanFolder, aim: Aim) -> list[str]:
    """The orphan's journals that the same user had for the same part of the server, those of the new server first.

    The name of a journal is a hash of login, URL and remote path.
    """
    names = _names(account, aim, [mine.target_path])
    return [name for name in names if name in orphan.journals]


def _place(view: ProfileView, path: str) -> str:
    return place(path, windows=view.windows)


def _copy(one: Doubled) -> SecondCopy:
    wasted = min(one.mine.bytes, one.before.bytes)
    if isinstance(one.before, OrphanFolder) and not one.before.journals:
        wasted = one.before.twin_bytes
    return SecondCopy(
        account=one.account.number,
        local_path=one.mine.local_path,
        other_account=one.old.number if one.old else "",
        other_path=one.other_path,
        bytes_wasted=wasted,
    )


def _counterpart(mine: list[FolderFacts], target: str) -> FolderFacts:
    """The folder that syncs the same part of the server, else the first."""
    return next((folder for folder in mine if folder.target_path == target), mine[0])


def _was_synced_by(account: AccountView, orphan: OrphanFolder, aim: Aim) -> bool:
    """Whether the folder without an account holds a journal that the same user's account on an old server would have.

    A folder of somebody else, or of a third server, has another one and is no copy. A journal of the new account itself
    is one: the folder was left for another.
    """
    targets = ["/", *(folder.target_path for folder in account.account.folders)]
    return bool(orphan.journals) and not set(_names(account, aim, targets)).isdisjoint(orphan.journals)


def _names(account: AccountView, aim: Aim, targets: list[str]) -> list[str]:
    found = (
        journal_name(login, spelled, target)
        for url in (account.account.url, aim.new, *aim.old)
        for spelled in (url.rstrip("/"), url.rstrip("/") + "/")
        for login in (account.account.login, account.account.user)
        for target in targets
    )
    return list(dict.fromkeys(found))


def _is_twin(orphan: OrphanFolder) -> bool:
    """Whether a folder that "Remove account" left without a journal is most likely the one of before.

    It is named like one, and at least half of its files stand in the account's folder too, with the same path and size.
    """
    return not orphan.journals and 0 < orphan.files <= 2 * orphan.twins
