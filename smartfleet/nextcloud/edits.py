"""What a move changes in a `nextcloud.cfg`: the URL of the named accounts, and nothing that is not needed for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from smartfleet.model.plan import AccountMove, Edit
from smartfleet.nextcloud.accounts import ACCOUNTS, Account, Folder
from smartfleet.nextcloud.names import journal_name
from smartfleet.nextcloud.qsettings import IniFile, encode_key, encode_string
from smartfleet.nextcloud.urls import written

# a file with more was not made by people, and each change reads the file anew
_MOST_CHANGES = 100

FolderPlace = tuple[str, str, str]
"""An account's number, the folder's group and its alias."""


@dataclass(frozen=True)
class MovedConfig:
    """The new bytes, each value that differs, and the accounts that have another URL now."""

    data: bytes
    edits: list[Edit]
    accounts: list[AccountMove]


def move_edits(
    ini: IniFile,
    accounts: Sequence[Account],
    new_url: str,
    qt: int,
    *,
    journals: Mapping[FolderPlace, str] | None = None,
    keep_journals: bool = True,
) -> MovedConfig:
    """Give `accounts`, which were read from `ini`, the URL `new_url`, as a client of that Qt generation would write it.

    The journal of a folder that names none is found by a hash of the old URL, so its name is written down before the
    URL changes: the one in `journals` (seen on the disk), else the hash. `keep_journals=False` leaves that out.
    ValueError if the file holds a value to change that is no text.
    """
    changes = list(_changes(accounts, written(new_url), qt, journals or {}, keep_journals=keep_journals))
    ini, edits = applied(ini, changes, _MOST_CHANGES)
    return MovedConfig(ini.to_bytes(), edits, [_move(account, written(new_url)) for account in accounts])


def applied(ini: IniFile, changes: Sequence[tuple[str, bytes | None]], most: int) -> tuple[IniFile, list[Edit]]:
    """The file with the raw values of `changes` in its accounts (None takes a key out), and what became another.

    ValueError if there are more than `most`, or a value to change is no text.
    """
    if len(changes) > most:
        raise ValueError(f"the file has {len(changes)} values to change, which no client's file has")
    edits: list[Edit] = []
    for key, raw in changes:
        old = ini.get_raw(ACCOUNTS, key)
        if old != raw:
            edits.append(Edit(section=ACCOUNTS, key=key, old=value_text(old, key), new=value_text(raw, key)))
            ini = ini.with_raw(ACCOUNTS, key, raw)
    return ini, edits


def _changes(
    accounts: Sequence[Account], url: str, qt: int, journals: Mapping[FolderPlace, str], *, keep_journals: bool
) -> Iterator[tuple[str, bytes]]:
    """Key and raw value, the journals of an account before its URL."""
    for account in accounts:
        for folder in account.folders if keep_journals else []:
            if not folder.journal_path:
                name = journals.get((account.number, folder.group, folder.alias)) or _journal(account, folder)
                yield spelled(folder.key("journalPath")), encode_string(name, qt)
        yield spelled(f"{account.number}/url"), encode_string(url, qt)


def _journal(account: Account, folder: Folder) -> str:
    return journal_name(account.login, account.url, folder.target_path)


def spelled(key: str) -> str:
    """A decoded key as Qt writes it."""
    return encode_key(key).decode("ascii")


def value_text(raw: bytes | None, key: str) -> str | None:
    """A raw value for an `Edit`. ValueError if it is no UTF-8."""
    try:
        return None if raw is None else raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"the value of {key} is no UTF-8") from None


def _move(account: Account, new_url: str) -> AccountMove:
    return AccountMove(
        number=account.number, login=account.login, user=account.user, old_url=account.url, new_url=new_url
    )
