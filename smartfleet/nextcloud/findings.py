"""What in a `nextcloud.cfg` alone deserves a remark, without the host it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from smartfleet.model.assessment import Finding
from smartfleet.nextcloud import versions
from smartfleet.nextcloud.accounts import ACCOUNTS, Account, client_version, group_version, proxy_password_keys
from smartfleet.nextcloud.paths import is_windows, place
from smartfleet.nextcloud.qsettings import IniFile
from smartfleet.nextcloud.spelling import odd_keys
from smartfleet.text import visible


def file_findings(ini: IniFile, accounts: list[Account]) -> list[Finding]:
    """All remarks, the worst first. An error keeps a move from happening."""
    found = [*_file(ini, accounts), *_versions(ini, accounts), *_accounts(ini, accounts), *_folders(accounts)]
    order = ("error", "warning", "note")
    return sorted(found, key=lambda finding: order.index(finding.severity))


def _file(ini: IniFile, accounts: list[Account]) -> Iterator[Finding]:
    if not ini.to_bytes().strip():
        yield Finding(
            code="config-empty",
            severity="error",
            message="the file is empty",
            do="Take the newest backup beside it (nextcloud.cfg.backup_...), or let the user sign in again.",
        )
        return
    if ini.problems:
        more = f" (and {len(ini.problems) - 1} more)" if len(ini.problems) > 1 else ""
        yield Finding(
            code="config-broken",
            severity="error",
            message=f"line {ini.problems[0].line}: {ini.problems[0].message}{more}",
            do="The client loads no account from such a file: mend the line, or take a backup from beside the file.",
        )
    if not ini.complete and not ini.problems:
        yield Finding(
            code="config-truncated",
            severity="warning",
            message="the file ends in the middle of a line: it was cut off, or edited by hand",
            do="Compare the last line with the original.",
        )
    if is_from_windows(ini, accounts):
        for path in odd_keys(ini)[:1]:
            yield Finding(
                code="config-spelling",
                severity="error",
                message=f"{visible(path)} is there twice, or spelled as no client does it",
                do="On Windows the client reads keys without regard to case: leave one of them, in the usual spelling.",
            )
    for section, key in proxy_password_keys(ini):
        yield Finding(
            code="plain-text-password",
            severity="warning",
            message=f"[{visible(section)}] {visible(key)} holds a secret in plain text",
            do="Take care where this file goes, and have the secret changed.",
        )


def is_from_windows(ini: IniFile, accounts: list[Account]) -> bool:
    """By its folders' paths; a file without folders by its line endings."""
    paths = [folder.local_path.decode("utf-8", "replace") for account in accounts for folder in account.folders]
    return any(is_windows(path) for path in paths) if paths else ini.line_end == b"\r\n"


def _versions(ini: IniFile, accounts: list[Account]) -> Iterator[Finding]:
    folders = [folder.version for account in accounts for folder in account.folders]
    newest = max([group_version(ini), *(account.version for account in accounts), *folders])
    if newest > versions.MAX_ACCOUNT_VERSION:
        yield Finding(
            code="config-newer",
            severity="error",
            message=f"the settings have version {newest}, known are versions up to {versions.MAX_ACCOUNT_VERSION}",
            do="Update smartfleet; until then such a file is shown and not rewritten.",
        )
    if versions.is_unsafe(client_version(ini)):
        yield Finding(
            code="client-unsafe",
            severity="warning",
            message=f"client {visible(client_version(ini))} is known to show success and transfer nothing",
            do="Install a newer client before the move.",
        )


def _accounts(ini: IniFile, accounts: list[Account]) -> Iterator[Finding]:
    known = {account.number for account in accounts}
    places = [path.split("/", 2) for path in ini.paths()]
    for number in dict.fromkeys(parts[1] for parts in places if parts[0] == ACCOUNTS and len(parts) > 2):
        if number not in known:
            yield Finding(
                code="account-without-url",
                severity="warning",
                message=f"account {visible(number)} names no server: the client skips it as damaged",
                do="Let the user add the account again, or put its url back from a backup.",
            )
    if not accounts and ini.to_bytes().strip():
        yield Finding(code="no-account", severity="note", message="the file holds no account")


def _folders(accounts: list[Account]) -> Iterator[Finding]:
    users: dict[str, list[str]] = defaultdict(list)
    shown: dict[str, str] = {}
    for account in accounts:
        for folder in account.folders:
            written = folder.local_path.decode("utf-8", "replace")
            path = visible(written)
            where = place(written, windows=is_windows(written))
            users[where].append(account.number)
            shown.setdefault(where, path.rstrip("/") or "/")
            if not _is_absolute(written):
                yield Finding(
                    code="folder-relative",
                    severity="error",
                    message=f"account {visible(account.number)} syncs {path or '(nothing)'}: that is no absolute path",
                    do="Correct localPath.",
                )
    for where, numbers in users.items():
        if len(numbers) > 1:
            yield Finding(
                code="folder-shared",
                severity="error",
                message=f"{shown[where]} is synced by more than one connection (accounts {', '.join(numbers)})",
                do="Remove one of the connections in the client: two of them on one folder can delete files.",
            )


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or is_windows(path)
