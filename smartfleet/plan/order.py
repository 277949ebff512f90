"""The order that `account_move` carries out on the host: data only, no names of secrets' values."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from smartfleet.checks.view import AccountView, Aim, ProfileView
from smartfleet.model.facts import Transaction
from smartfleet.model.plan import FolderMove, ProfileMove, SecretCopy
from smartfleet.nextcloud import keys
from smartfleet.nextcloud.edits import FolderPlace, move_edits


def new_order(view: ProfileView, aim: Aim) -> tuple[ProfileMove, bytes]:
    """The order and the new configuration. ValueError if the file cannot be rewritten safely."""
    movers = view.on("old")
    if view.ini is None:
        raise ValueError(view.unread)
    moved = move_edits(
        view.ini,
        [one.account for one in movers],
        aim.new,
        view.qt,
        journals=_journals(movers),
    )
    order = ProfileMove(
        user=view.facts.user,
        config_path=view.facts.config.path,
        strategy=aim.strategy,
        on_missing_session=aim.on_missing_session,
        old_sha256=view.facts.config.sha256,
        new_sha256=hashlib.sha256(moved.data).hexdigest(),
        new_config=base64.b64encode(moved.data).decode("ascii"),
        edits=moved.edits,
        accounts=moved.accounts,
        secrets=[copy for one in movers for copy in secrets(view, one, aim)],
        unseen_secrets=view.windows and aim.strategy == "move",
        cookies=[f"cookies{one.number}.db" for one in movers],
        folders=[folder for one in movers for folder in _folders(one)],
        digests=aim.digests,
    )
    return order, moved.data


def resumed_order(view: ProfileView, aim: Aim, begun: Transaction) -> ProfileMove:
    """Names the move that the host shall go on with; its own copy of the order tells it what is left to do."""
    return ProfileMove(
        user=view.facts.user,
        config_path=view.facts.config.path,
        strategy=aim.strategy,
        on_missing_session=aim.on_missing_session,
        resume=True,
        old_sha256=begun.old_sha256,
        new_sha256=begun.new_sha256,
        new_config=base64.b64encode(view.data).decode("ascii"),
        edits=[],
        accounts=[],
        secrets=[],
        cookies=[],
        folders=[folder for one in view.on("new") for folder in _folders(one)],
        digests=aim.digests,
    )


def secrets(view: ProfileView, one: AccountView, aim: Aim) -> list[SecretCopy]:
    """The entries to copy for an account.

    With `reconnect` nothing is copied; the one that the client needs tells the host whether the user has signed in.
    """
    account, old, new = one.account, one.account.url, aim.new
    if view.windows:
        copies = keys.named_copies(account, old, new)
    else:
        copies = keys.secret_copies(account, old, new, view.secrets)
    return copies if aim.strategy == "move" else [copy for copy in copies if copy.required]


def for_host(move: ProfileMove) -> dict[str, Any]:
    """The order as `account_move` reads it."""
    unseen = [copy for one in move.accounts for copy in keys.unseen_copies(one)] if move.unseen_secrets else []
    order = move.model_dump(mode="json", exclude={"secrets", "unseen_secrets"})
    return order | {"secrets": [copy.model_dump() for copy in [*move.secrets, *unseen]]}


def _journals(movers: tuple[AccountView, ...]) -> dict[FolderPlace, str]:
    """The journals that were seen on the disk; a folder that does not name its own gets that name."""
    return {
        (one.number, folder.group, folder.alias): folder.journal.name
        for one in movers
        for folder in one.folders
        if folder.journal.state == "ok"
    }


def _folders(one: AccountView) -> list[FolderMove]:
    return [
        FolderMove(
            account=one.number,
            group=folder.group,
            alias=folder.alias,
            local_path=folder.local_path,
            journal=folder.journal.name,
            instance_id=next(iter(folder.journal.instance_ids), ""),
        )
        for folder in one.folders
    ]
