"""The order that the controller sends for a profile (model.plan.ProfileMove), checked before it is carried out."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Any, Mapping, Tuple

COOKIES = re.compile(r"cookies[0-9]{1,9}\.db")
JOURNAL = re.compile(r"\.(_?sync_[0-9A-Za-z]+|csync_journal)\.db")
SHA256 = re.compile(r"[0-9a-f]{64}")


DROP, REPOINT, JOURNAL_PATH, START = CURES = ("drop-account", "repoint", "journal-path", "start-client")
EDIT_KEYS = {"section", "key", "old", "new"}


@dataclass(frozen=True)
class AccountMove:
    number: str
    login: str
    user: str
    old_url: str
    new_url: str


@dataclass(frozen=True)
class SecretCopy:
    source: str
    target: str
    required: bool


@dataclass(frozen=True)
class FolderMove:
    account: str
    group: str
    alias: str
    local_path: str
    journal: str
    instance_id: str


@dataclass(frozen=True)
class Aside:
    """A second copy, `local_path`, that gives its place in an account to the folder `original`."""

    account: str
    group: str
    alias: str
    local_path: str
    journal: str
    original: str
    carry: bool

    @property
    def place(self) -> Tuple[str, str, str]:
        return self.account, self.group, self.alias


@dataclass(frozen=True)
class Order:
    """Names and values as the plan has them; `new_config` as bytes, `edits` as `inverse` takes them.

    An order to `resume` may name no more than the transaction, by its two SHA-256: the host has its own copy. One with
    `cures` changes no server; one that only starts the client has no `edits`.
    """

    user: str
    config_path: str
    strategy: str
    on_missing_session: str
    resume: bool
    old_sha256: str
    new_sha256: str
    new_config: bytes
    edits: Tuple[Mapping[str, Any], ...]
    accounts: Tuple[AccountMove, ...]
    secrets: Tuple[SecretCopy, ...]
    cookies: Tuple[str, ...]
    folders: Tuple[FolderMove, ...]
    digests: bool
    cures: Tuple[str, ...] = ()
    aside: Tuple[Aside, ...] = ()

    @property
    def dropped(self) -> Tuple[str, ...]:
        """The numbers of the accounts that leave: those whose URL is taken out."""
        if DROP not in self.cures:
            return ()
        found = (re.fullmatch(r"([0-9]{1,9})\\url", edit["key"]) for edit in self.edits if edit["new"] is None)
        return tuple(one[1] for one in found if one)

    @property
    def starts_only(self) -> bool:
        """Whether nothing is to be changed: the client is started, and that is all."""
        return self.cures == (START,)


def parse_order(raw: Mapping[str, Any]) -> Order:
    """ValueError where the order is not what the controller writes: it names files that are removed and replaced."""
    try:
        order = Order(
            user=_text(raw["user"]),
            config_path=_text(raw["config_path"]),
            strategy=_text(raw["strategy"]),
            on_missing_session=_text(raw["on_missing_session"]),
            resume=bool(raw["resume"]),
            old_sha256=_text(raw["old_sha256"]),
            new_sha256=_text(raw["new_sha256"]),
            new_config=base64.b64decode(raw["new_config"], validate=True),
            edits=tuple(raw["edits"]),
            accounts=tuple(AccountMove(**account) for account in raw["accounts"]),
            secrets=tuple(SecretCopy(**secret) for secret in raw["secrets"]),
            cookies=tuple(map(_text, raw["cookies"])),
            folders=tuple(FolderMove(**folder) for folder in raw["folders"]),
            digests=bool(raw["digests"]),
            cures=tuple(map(_text, raw.get("cures", ()))),
            aside=tuple(Aside(**aside) for aside in raw.get("aside", ())),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"the order is not complete: {error}") from error
    _check(order)
    return order


def _check(order: Order) -> None:
    if any(set(edit) != EDIT_KEYS for edit in order.edits):
        raise ValueError("an edit of the order is not complete")
    if not order.edits and not order.resume and not order.starts_only:
        raise ValueError("the order changes nothing")
    _check_names(order)
    _check_cures(order)
    for digest in (order.old_sha256, order.new_sha256):
        if not SHA256.fullmatch(digest):
            raise ValueError(f"{digest!r} is no SHA-256")
    if hashlib.sha256(order.new_config).hexdigest() != order.new_sha256:
        raise ValueError("the new configuration is not the one that the order names by its SHA-256")


def _check_names(order: Order) -> None:
    """Names of files in a home are held to what a client calls them: an order can reach nothing else."""
    for name in order.cookies:
        if not COOKIES.fullmatch(name):
            raise ValueError(f"{name!r} is no cookie jar of the client")
    for folder in order.folders:
        if not JOURNAL.fullmatch(folder.journal):
            raise ValueError(f"{folder.journal!r} is no journal of the client")
        if not order.resume and folder.account not in {account.number for account in order.accounts}:
            raise ValueError(f"the folder {folder.alias} belongs to no account of the order")


def _check_cures(order: Order) -> None:
    unknown = sorted(set(order.cures) - set(CURES))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no cure that this host knows")
    if bool(order.aside) != (REPOINT in order.cures):
        raise ValueError("copies are set aside by the cure repoint, and by it alone")
    if order.starts_only and order.edits:
        raise ValueError("an order that starts the client changes nothing")
    if order.cures and (order.secrets or any(one.old_url != one.new_url for one in order.accounts)):
        raise ValueError("a cure changes no server and copies no secret")
    places = {(folder.account, folder.group, folder.alias): folder for folder in order.folders}
    for aside in order.aside:
        folder = places.get(aside.place)
        if folder is None or folder.local_path != aside.original:
            raise ValueError(f"the original of {aside.local_path} is no folder of the order")
        if not JOURNAL.fullmatch(aside.journal) or (aside.carry and aside.journal != folder.journal):
            raise ValueError(f"{aside.journal!r} is not the journal of {aside.local_path}")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
