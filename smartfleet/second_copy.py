"""The second copy: an account on the new server that syncs another folder than the old account did."""

from __future__ import annotations

from collections.abc import Iterator

from smartfleet.checks.view import AccountView, Aim, ProfileView
from smartfleet.model.assessment import SecondCopy
from smartfleet.model.facts import FolderFacts, OrphanFolder
from smartfleet.nextcloud.names import journal_name

_THERE = {"ok", "unwalked"}


def second_copies(view: ProfileView, aim: Aim) -> list[SecondCopy]:
    """Each folder of before that is still on the disk beside the folder of an account on the new server."""
    return [copy for account in view.on("new") for copy in _of_account(view, account, aim)]


def _of_account(view: ProfileView, account: AccountView, aim: Aim) -> Iterator[SecondCopy]:
    mine = [folder for folder in account.folders if folder.state in _THERE]
    if not mine:
        return
    used = {_normal(folder.local_path) for one in view.accounts for folder in one.folders}
    for old in (one for one in view.on("old") if one.person == account.person):
        for before in old.folders:
            other = _counterpart(mine, before.target_path)
            if before.state in _THERE and _normal(before.local_path) != _normal(other.local_path):
                yield _copy(account, other, old.number, before)
    for orphan in view.facts.orphans:
        if _normal(orphan.path) not in used and (_was_synced_by(account, orphan, aim) or _is_twin(orphan)):
            yield _copy(account, mine[0], "", orphan)


def _copy(account: AccountView, mine: FolderFacts, number: str, before: FolderFacts | OrphanFolder) -> SecondCopy:
    path = before.path if isinstance(before, OrphanFolder) else before.local_path
    wasted = min(mine.bytes, before.bytes)
    if isinstance(before, OrphanFolder) and not before.journals:
        wasted = before.twin_bytes
    return SecondCopy(
        account=account.number,
        local_path=mine.local_path,
        other_account=number,
        other_path=path,
        bytes_wasted=wasted,
    )


def _counterpart(mine: list[FolderFacts], target: str) -> FolderFacts:
    """The folder that syncs the same part of the server, else the first."""
    return next((folder for folder in mine if folder.target_path == target), mine[0])


def _was_synced_by(account: AccountView, orphan: OrphanFolder, aim: Aim) -> bool:
    """Whether the folder without an account holds a journal that the same user's account on an old server would have.

    The name of a journal is a hash of login, URL and remote path. A folder of somebody else, or of a third server,
    has another one and is no copy. A journal of the new account itself is one: the folder was left for another.
    """
    targets = {"/", *(folder.target_path for folder in account.account.folders)}
    names = {
        journal_name(login, spelled, target)
        for url in (*aim.old, aim.new, account.account.url)
        for spelled in (url.rstrip("/"), url.rstrip("/") + "/")
        for login in (account.account.login, account.account.user)
        for target in targets
    }
    return not names.isdisjoint(orphan.journals)


def _is_twin(orphan: OrphanFolder) -> bool:
    """Whether a folder that "Remove account" left without a journal is most likely the one of before.

    It is named like one, and at least half of its files stand in the account's folder too, with the same path and size.
    """
    return not orphan.journals and 0 < orphan.files <= 2 * orphan.twins


def _normal(path: str) -> str:
    return path.rstrip("/") or "/"
