"""What a move changes in a `nextcloud.cfg`: the URL of the named accounts, and nothing that is not needed for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from smartfleet.model.plan import AccountMove, Edit
from smartfleet.nextcloud.accounts import ACCOUNTS, Account, Folder, read_accounts
from smartfleet.nextcloud.names import journal_name
from smartfleet.nextcloud.qsettings import encode_key, encode_string, parse
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
    data: bytes,
    numbers: Collection[str],
    new_url: str,
    qt: int,
    *,
    journals: Mapping[FolderPlace, str] | None = None,
    keep_journals: bool = True,
) -> MovedConfig:
    """Give the accounts `numbers` the URL `new_url`, as a client of that Qt generation would write it.

    The journal of a folder that names none is found by a hash of the old URL, so its name is written down before the
    URL changes: the one in `journals` (seen on the disk), else the hash. `keep_journals=False` leaves that out.
    ValueError if the file cannot be read, lacks one of the accounts, or holds a value to change that is no text.
    """
    ini = parse(data)
    accounts = {account.number: account for account in read_accounts(ini, qt)}
    missing = sorted(set(numbers) - set(accounts))
    if missing:
        raise ValueError(f"the file has no account {missing[0]}")
    chosen = [account for number, account in accounts.items() if number in numbers]
    changes = list(_changes(chosen, written(new_url), qt, journals or {}, keep_journals=keep_journals))
    if len(changes) > _MOST_CHANGES:
        raise ValueError(f"the file has {len(changes)} values to change, which no client's file has")
    edits: list[Edit] = []
    for key, raw in changes:
        old = ini.get_raw(ACCOUNTS, key)
        if old != raw:
            edits.append(Edit(section=ACCOUNTS, key=key, old=_text(old, key), new=_text(raw, key)))
            ini = ini.with_raw(ACCOUNTS, key, raw)
    return MovedConfig(ini.to_bytes(), edits, [_move(account, written(new_url)) for account in chosen])


def _changes(
    accounts: list[Account], url: str, qt: int, journals: Mapping[FolderPlace, str], *, keep_journals: bool
) -> Iterator[tuple[str, bytes]]:
    """Key and raw value, the journals of an account before its URL."""
    for account in accounts:
        for folder in account.folders if keep_journals else []:
            if not folder.journal_path:
                name = journals.get((account.number, folder.group, folder.alias)) or _journal(account, folder)
                yield _spelled(folder.key("journalPath")), encode_string(name, qt)
        yield _spelled(f"{account.number}/url"), encode_string(url, qt)


def _journal(account: Account, folder: Folder) -> str:
    return journal_name(account.login, account.url, folder.target_path)


def _spelled(key: str) -> str:
    return encode_key(key).decode("ascii")


def _text(raw: bytes | None, key: str) -> str | None:
    try:
        return None if raw is None else raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"the value of {key} is no UTF-8") from None


def _move(account: Account, new_url: str) -> AccountMove:
    return AccountMove(
        number=account.number, login=account.login, user=account.user, old_url=account.url, new_url=new_url
    )
