"""The order that `account_move` carries out on the host: data only, no names of secrets' values."""

from __future__ import annotations

import base64
import hashlib

from smartfleet.checks.view import AccountView, Aim, ProfileView
from smartfleet.model.facts import Transaction
from smartfleet.model.plan import AccountMove, FolderMove, ProfileMove, SecretCopy
from smartfleet.nextcloud import keys
from smartfleet.nextcloud.edits import move_edits


def new_order(view: ProfileView, aim: Aim) -> tuple[ProfileMove, bytes]:
    """The order and the new configuration. ValueError if the file cannot be rewritten safely."""
    movers = view.on("old")
    new, edits = move_edits(view.data, [one.number for one in movers], aim.new, view.qt)
    order = ProfileMove(
        user=view.facts.user,
        config_path=view.facts.config.path,
        strategy=aim.strategy,
        on_missing_session=aim.on_missing_session,
        old_sha256=view.facts.config.sha256,
        new_sha256=hashlib.sha256(new).hexdigest(),
        new_config=base64.b64encode(new).decode("ascii"),
        edits=edits,
        accounts=[_account(one, aim) for one in movers],
        secrets=[copy for one in movers for copy in _secrets(one, aim)],
        cookies=[f"cookies{one.number}.db" for one in movers],
        folders=[folder for one in movers for folder in _folders(one)],
        digests=aim.digests,
    )
    return order, new


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


def _account(one: AccountView, aim: Aim) -> AccountMove:
    account = one.account
    return AccountMove(
        number=account.number, login=account.login, user=account.user, old_url=account.url, new_url=aim.new
    )


def _secrets(one: AccountView, aim: Aim) -> list[SecretCopy]:
    """With `reconnect` the user signs in, and nothing is copied."""
    return keys.secret_copies(one.account, one.account.url, aim.new) if aim.strategy == "move" else []


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
