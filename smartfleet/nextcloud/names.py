"""Names that the client gives to files in a sync folder.

Shared with managed hosts: Python 3.9, standard library only.
"""

from __future__ import annotations

import hashlib
import re

_CONFLICT = re.compile(
    r"\((?:.+ )?conflicted copy (?:[^()]* )?\d{4}-\d{2}-\d{2} \d{6}(?:-\d+)?\)"
    r"|_conflict-\d{8}-\d{6}|\(case clash from .*\)",
    re.DOTALL,
)
_IGNORED = re.compile(
    r"\.sync_[^/]*\.db[^/]*|\._sync_[^/]*\.db[^/]*|\.csync_journal\.db[^/]*|\..*\.~[0-9a-fA-F]+"
    r"|\.(?:nextcloud|owncloud)sync\.log.*|\.sync-exclude\.lst|\.nextcloudpermissions-test\.tmp",
    re.DOTALL,
)


def journal_name(login: str, url: str, remote_path: str) -> str:
    """The journal that a folder without ``journalPath`` uses: a hash of login, URL and remote path.

    The URL counts as it stands in the configuration (syncjournaldb.cpp, makeDbName).

    >>> journal_name("anna", "http://old.cloud.test:18080", "/")
    '.sync_ee68b1894063.db'
    """
    text = f"{login}@{url}:{remote_path}".encode("utf-8", "surrogatepass")
    return f".sync_{hashlib.md5(text, usedforsecurity=False).hexdigest()[:12]}.db"


def is_conflict_name(name: str) -> bool:
    """Whether the client made this name for a conflict or a clash of case."""
    return _CONFLICT.search(name) is not None


def is_ignored_name(name: str) -> bool:
    """Whether the client itself writes this file and never syncs it. `name` is the last part of a path."""
    return _IGNORED.fullmatch(name) is not None or name.lower() == "desktop.ini"
