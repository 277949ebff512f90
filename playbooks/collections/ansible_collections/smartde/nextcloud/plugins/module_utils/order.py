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
class Order:
    """Names and values as the plan has them; `new_config` as bytes, `edits` as `inverse` takes them.

    An order to `resume` may name no more than the transaction, by its two SHA-256: the host has its own copy.
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
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"the order is not complete: {error}") from error
    _check(order)
    return order


def _check(order: Order) -> None:
    if any(set(edit) != EDIT_KEYS for edit in order.edits):
        raise ValueError("an edit of the order is not complete")
    if not order.edits and not order.resume:
        raise ValueError("the order changes nothing")
    _check_names(order)
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


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
