"""Checks of `nextcloud.cfg` and of the accounts in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from smartfleet.checks.reasons import reason
from smartfleet.checks.view import AccountView, Aim, ProfileView
from smartfleet.model.plan import Refusal
from smartfleet.nextcloud import versions
from smartfleet.text import number_of, visible

_TOLD = {
    "absent": "there is no nextcloud.cfg",
    "empty": "nextcloud.cfg is empty",
    "too-large": "nextcloud.cfg is larger than any client writes it",
    "unreadable": "nextcloud.cfg cannot be read",
    "link": "nextcloud.cfg is a link",
    "not-a-file": "nextcloud.cfg is no regular file",
    "foreign-owner": "nextcloud.cfg belongs to somebody else",
    "broken": "nextcloud.cfg cannot be understood",
}


def unusable_config(view: ProfileView) -> Refusal | None:
    """Why the configuration cannot be trusted to say what accounts there are."""
    config = view.facts.config
    if config.state != "ok":
        detail = f": {visible(config.detail)}" if config.detail else ""
        return reason(f"config-{config.state}", _TOLD[config.state] + detail)
    if view.unread:
        return reason("config-broken", f"{_TOLD['broken']}: {view.unread}")
    if view.odd_keys:
        more = f" and {number_of(len(view.odd_keys) - 1, 'other')}" if view.odd_keys[1:] else ""
        shown = visible(view.odd_keys[0])
        return reason("config-spelling", f"{shown}{more}: there twice, or spelled as no client does it")
    if not view.complete:
        return reason(
            "config-truncated", "nextcloud.cfg ends in the middle of a line: it was cut off, or edited by hand"
        )
    return None


def nothing_to_do(view: ProfileView) -> Refusal | None:
    """The reason why this profile needs no move; None if it has an account on an old server."""
    if view.on("old"):
        return None
    if view.without_url:
        return reason("no-url", f"account {_numbers(view)} has no URL: nobody can tell its server")
    if not view.accounts:
        return reason("no-account", "the configuration holds no account")
    if view.on("new"):
        return reason("already", f"account {_labels(view.on('new'))} is on the new server")
    return reason("not-on-old-server", f"no account on an old server, only {_labels(view.on('foreign'))}")


def config_reasons(view: ProfileView) -> Iterator[Refusal]:
    """What in the file itself speaks against rewriting it."""
    masked = view.facts.config.masked
    if masked:
        keys = ", ".join(visible(key) for key in masked)
        yield reason("plain-text-password", f"a password stands in nextcloud.cfg in the clear ({keys})")
    for what, version, known in _versions(view):
        if version > known:
            yield reason("config-newer", f"{what} has version {version}, smartfleet knows versions up to {known}")


def _versions(view: ProfileView) -> Iterator[tuple[str, int, int]]:
    """What has a version, which, and the newest that is known."""
    yield "the list of accounts", view.settings_version, versions.MAX_GROUP_VERSION
    for one in view.on("old"):
        yield f"account {one.label}", one.account.version, versions.MAX_ACCOUNT_VERSION
        for folder in one.account.folders:
            yield f"a folder of {one.label}", folder.version, versions.MAX_FOLDER_VERSION


def account_reasons(view: ProfileView) -> Iterator[Refusal]:
    """Accounts that would be one and the same after the move."""
    on_new = {one.person: one for one in view.on("new")}
    movers: dict[str, list[AccountView]] = defaultdict(list)
    for one in view.on("old"):
        movers[one.person].append(one)
        other = on_new.get(one.person)
        if other:
            yield reason("both-servers", f"account {one.label} is to be moved, and {other.label} is there already")
    for same in movers.values():
        if len(same) > 1:
            yield reason("accounts-collide", f"accounts {_labels(tuple(same))} would become the same account")


def account_warnings(view: ProfileView, aim: Aim) -> Iterator[Refusal]:
    """What is worth knowing about the accounts."""
    if view.without_url:
        yield reason("account-without-url", f"account {_numbers(view)} has no URL")
    if aim.strategy != "reconnect" or not view.on("old"):
        return
    yield reason("sign-in-needed", "with strategy reconnect no password is copied")
    for one in view.on("old"):
        if is_encrypted(one):
            yield reason("e2ee-mnemonic", f"account {one.label} uses end-to-end encryption")


def is_encrypted(one: AccountView) -> bool:
    """Whether an account uses end-to-end encryption: by its own word, or by its journals."""
    return one.account.e2ee or any(folder.journal.encrypted for folder in one.folders)


def _labels(found: tuple[AccountView, ...]) -> str:
    return ", ".join(one.label for one in found)


def _numbers(view: ProfileView) -> str:
    return ", ".join(visible(number) for number in view.without_url)
