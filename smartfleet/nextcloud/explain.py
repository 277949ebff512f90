"""A `nextcloud.cfg` explained without its host: accounts, folders, what is wrong, what a move would change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from smartfleet.model.assessment import AccountState, Finding
from smartfleet.model.explain import ExplainDocument, ExplainedAccount, ExplainedFolder, ExplainedMove
from smartfleet.model.facts import FolderGroup, JournalFacts
from smartfleet.nextcloud.accounts import Account, Folder, client_version, group_version, read_accounts
from smartfleet.nextcloud.edits import FolderPlace, MovedConfig, move_edits
from smartfleet.nextcloud.findings import file_findings, is_from_windows
from smartfleet.nextcloud.keys import entry_name, secret_copies
from smartfleet.nextcloud.names import journal_name
from smartfleet.nextcloud.qsettings import IniFile, scan
from smartfleet.nextcloud.urls import same_server
from smartfleet.nextcloud.versions import qt_generation

_ENDINGS: dict[bytes, Literal["lf", "crlf", "cr"]] = {b"\n": "lf", b"\r\n": "crlf", b"\r": "cr"}
_GROUPS: dict[str, FolderGroup] = {
    "Folders": "Folders",
    "Multifolders": "Multifolders",
    "FoldersWithPlaceholders": "FoldersWithPlaceholders",
}


@dataclass(frozen=True)
class Servers:
    """Where a move would lead from and to."""

    old: str
    new: str


@dataclass(frozen=True)
class Explanation:
    """The document, and the new file if there is something to move and nothing against it."""

    document: ExplainDocument
    new_data: bytes | None


def expected_journals(data: bytes) -> dict[FolderPlace, str]:
    """The journal that the client looks for in each folder of a file."""
    accounts = read_accounts(scan(data))
    return {_place(folder): _journal(account, folder) for account in accounts for folder in account.folders}


def explain(
    data: bytes,
    *,
    name: str,
    servers: Servers | None = None,
    journals: Mapping[FolderPlace, JournalFacts] | None = None,
) -> Explanation:
    """Explain the bytes of a file that is called `name`; never raises for what is in them.

    `journals`: counts of the journals that came with the file, by folder.
    """
    ini = scan(data)
    accounts = read_accounts(ini)
    qt: Literal[5, 6] = 6 if qt_generation(client_version(ini)) == 6 else 5
    findings = file_findings(ini, accounts)
    windows = is_from_windows(ini, accounts)
    moved, refusals = _moved(ini, accounts, servers, findings, qt)
    document = ExplainDocument(
        file=name,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        line_ending=_ENDINGS[ini.line_end],
        client_version=client_version(ini),
        qt=qt,
        settings_version=group_version(ini),
        accounts=[_account(account, servers, journals or {}, windows=windows) for account in accounts],
        findings=[*findings, *refusals],
        move=_move(moved, accounts, servers, windows=windows) if moved and servers else None,
    )
    return Explanation(document, moved.data if moved else None)


def _moved(
    ini: IniFile, accounts: list[Account], servers: Servers | None, findings: list[Finding], qt: int
) -> tuple[MovedConfig | None, list[Finding]]:
    """The new file, or why there is none."""
    if servers is None or any(finding.severity == "error" for finding in findings):
        return None, []
    numbers = [account.number for account in accounts if same_server(account.url, servers.old)]
    if not numbers:
        return None, [Finding(code="not-on-old-server", severity="note", message=f"no account is on {servers.old}")]
    try:
        chosen = [account for account in read_accounts(ini, qt) if account.number in numbers]
        return move_edits(ini, chosen, servers.new, qt), []
    except ValueError as error:
        return None, [Finding(code="config-broken", severity="error", message=str(error))]


def _move(moved: MovedConfig, accounts: list[Account], servers: Servers, *, windows: bool) -> ExplainedMove:
    numbers = {move.number for move in moved.accounts}
    return ExplainedMove(
        old_server=servers.old,
        new_server=servers.new,
        accounts=moved.accounts,
        edits=moved.edits,
        secrets=[
            copy
            for account in accounts
            if account.number in numbers
            for copy in secret_copies(account, account.url, servers.new, windows=windows)
        ],
        new_sha256=hashlib.sha256(moved.data).hexdigest(),
    )


def _account(
    account: Account, servers: Servers | None, journals: Mapping[FolderPlace, JournalFacts], *, windows: bool
) -> ExplainedAccount:
    folders = [_folder(account, folder, journals.get(_place(folder))) for folder in account.folders]
    return ExplainedAccount(
        number=account.number,
        state=_state(account, servers),
        url=account.url,
        login=account.login,
        user=account.user,
        display_name=account.display_name,
        auth_type=account.auth_type,
        version=account.version,
        encrypted=account.e2ee or any(folder.counts.encrypted for folder in folders if folder.counts),
        client_certificate=account.client_cert,
        keyring_entry=entry_name(account, windows=windows),
        folders=folders,
    )


def _folder(account: Account, folder: Folder, counts: JournalFacts | None) -> ExplainedFolder:
    return ExplainedFolder(
        group=_GROUPS[folder.group],
        alias=folder.alias,
        local_path=folder.local_path.decode("utf-8", "backslashreplace"),
        target_path=folder.target_path,
        virtual_files=folder.virtual_files,
        paused=folder.paused,
        journal=_journal(account, folder),
        journal_named=bool(folder.journal_path),
        counts=counts,
    )


def _journal(account: Account, folder: Folder) -> str:
    return folder.journal_path or journal_name(account.login, account.url, folder.target_path)


def _place(folder: Folder) -> FolderPlace:
    return folder.account, folder.group, folder.alias


def _state(account: Account, servers: Servers | None) -> AccountState | Literal["unknown"]:
    if servers is None:
        return "unknown"
    if same_server(account.url, servers.new):
        return "new"
    return "old" if same_server(account.url, servers.old) else "foreign"
