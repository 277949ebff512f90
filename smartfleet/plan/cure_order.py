"""The order of a cure, and what it does, told to people."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from smartfleet.checks.view import AccountView, Aim, ProfileView
from smartfleet.model.facts import FolderFacts
from smartfleet.model.plan import AccountMove, Aside, FolderMove, HostCure, ProfileMove
from smartfleet.nextcloud.cure_edits import NewPlace, cure_edits
from smartfleet.nextcloud.edits import FolderPlace
from smartfleet.plan.cures import Cures, place_of
from smartfleet.plan.repoint import Repoint
from smartfleet.text import bytes_text, number_of, visible


def cure_order(view: ProfileView, aim: Aim, cures: Cures) -> tuple[ProfileMove, bytes]:
    """The order and the new configuration. ValueError if the file cannot be rewritten safely."""
    if view.ini is None:
        raise ValueError(view.unread)
    cured = cure_edits(
        view.ini,
        view.qt,
        drop={one.number for one in cures.dropped},
        places={one.place: NewPlace(one.raw_path, one.journal) for one in cures.repointed},
        journals={place_of(one): one.journal.name for one in cures.named},
    )
    names: list[HostCure] = [name for name in cures.names() if name != "sign-in"]
    order = ProfileMove(
        user=view.facts.user,
        config_path=view.facts.config.path,
        # a cure copies no secret, so nobody has to sign in or to be waited for
        strategy="move",
        on_missing_session=aim.on_missing_session,
        old_sha256=view.facts.config.sha256,
        new_sha256=hashlib.sha256(cured.data).hexdigest(),
        new_config=base64.b64encode(cured.data).decode("ascii"),
        edits=cured.edits,
        accounts=[_account(one) for one in view.on("new")],
        secrets=[],
        cookies=[],
        folders=[_folder(folder, cures) for one in view.on("new") for folder in one.folders],
        digests=aim.digests,
        cures=names,
        aside=[_aside(one) for one in cures.repointed],
    )
    return order, cured.data


def _account(one: AccountView) -> AccountMove:
    account = one.account
    return AccountMove(
        number=account.number, login=account.login, user=account.user, old_url=account.url, new_url=account.url
    )


def _folder(folder: FolderFacts, cures: Cures) -> FolderMove:
    """A folder as it will be."""
    going: dict[FolderPlace, Repoint] = {one.place: one for one in cures.repointed}
    repoint = going.get(place_of(folder))
    return FolderMove(
        account=folder.account,
        group=folder.group,
        alias=folder.alias,
        local_path=repoint.found.other_path if repoint else folder.local_path,
        journal=repoint.journal if repoint else folder.journal.name,
        instance_id=next(iter(folder.journal.instance_ids), ""),
    )


def _aside(one: Repoint) -> Aside:
    mine = one.found.mine
    return Aside(
        account=mine.account,
        group=mine.group,
        alias=mine.alias,
        local_path=mine.local_path,
        journal=mine.journal.name,
        original=one.found.other_path,
        carry=one.carry,
    )


def cure_steps(view: ProfileView, order: ProfileMove | None, cures: Cures) -> list[str]:
    """For people, in the order of the work."""
    return [*(_host_steps(view, order, cures) if order else ()), *_notices(cures)]


def _host_steps(view: ProfileView, order: ProfileMove, cures: Cures) -> Iterator[str]:
    yield "prove that the server is the Nextcloud these files are from, and that nothing changed since the audit"
    if cures.edits_config:
        if view.facts.client:
            yield f"stop the client of {visible(view.facts.user)}"
        yield f"back up nextcloud.cfg and {number_of(len(order.folders), 'journal')}"
    for one in cures.repointed:
        yield _proof(one)
    for account in cures.dropped:
        yield from _dropping(account, cures)
    for folder in cures.named:
        yield f"name the journal of {visible(folder.local_path)} in nextcloud.cfg, so that it is found whatever the URL"
    for one in cures.repointed:
        yield from _repointing(one)
    started = "start the client"
    if not cures.edits_config:
        yield f"{started}: its user is logged in, and none runs"
    elif view.facts.client or view.facts.session.state == "active":
        yield f"{started}, and prove that it uses the same files and journals"


def _proof(one: Repoint) -> str:
    copy, original = visible(one.found.mine.local_path), visible(one.found.other_path)
    if one.carry:
        return f"prove by their contents that {copy} and {original} are equal; if not, nothing is done"
    return (
        f"prove that {copy} holds nothing of its own, and that {original} can go on without a conflict; "
        "if not, nothing is done"
    )


def _dropping(account: AccountView, cures: Cures) -> Iterator[str]:
    yield f"take account {account.label} out of nextcloud.cfg; its password stays in the keyring"
    kept = [folder for folder in account.folders if all(one.found.before is not folder for one in cures.repointed)]
    for folder in kept:
        yield f"{visible(folder.local_path)} and its journal stay on the disk, and are synced no more"


def _repointing(one: Repoint) -> Iterator[str]:
    copy, original = visible(one.found.mine.local_path), visible(one.found.other_path)
    if one.carry:
        yield f"copy the journal of {copy} to {original}, so that nothing is downloaded again"
    with_journal = "" if one.carry else " with its own journal"
    yield f"sync {original} again{with_journal}, in the place of {copy}"
    size = bytes_text(one.found.mine.bytes)
    yield f"rename {copy.rstrip('/')} to {copy.rstrip('/')}.aside-RUN; its {size} stay until --purge deletes them"


def _notices(cures: Cures) -> Iterator[str]:
    for account in cures.sign_in:
        yield f"tell the user to sign in to {account.label} once, and to choose the same folder as before if asked"
