"""Keys of a `nextcloud.cfg` that the client on Windows may read otherwise than they are read here.

There QSettings compares keys without regard to case (qsettings_p.h, IniCaseSensitivity), elsewhere with it. The client
writes each key in one spelling only, so another spelling, or a second one, comes from somewhere else; what such a file
means is not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from smartfleet.nextcloud.accounts import ACCOUNTS, FOLDER_GROUPS
from smartfleet.nextcloud.qsettings import IniFile

_WORDS = frozenset(
    (
        ACCOUNTS,
        *FOLDER_GROUPS,
        *("url", "authType", "dav_user", "webflow_user", "http_user", "user", "displayName", "version"),
        *("localPath", "journalPath", "targetPath", "paused", "ignoreHiddenFiles", "virtualFilesMode"),
        *("usePlaceholders", "encryptionCertificateSha256Fingerprint"),
        *("networkProxyNeedsAuth", "networkProxyUser", "networkProxyHostName"),
    )
)
_FOLDED = frozenset(word.casefold() for word in _WORDS)


def odd_keys(ini: IniFile) -> list[str]:
    """The paths, below ``Accounts``, that stand there twice or in a spelling that no client writes; each once."""
    return list(dict.fromkeys(_odd(ini)))


def _odd(ini: IniFile) -> Iterator[str]:
    seen: set[str] = set()
    group = f"{ACCOUNTS.casefold()}/"
    for entry in ini.entries:
        folded = entry.path.casefold()
        if folded.startswith(group):
            if folded in seen or not _is_spelled_well(entry.path):
                yield entry.path
            seen.add(folded)


# a fleet's files name the same few keys again and again
@lru_cache(10_000)
def _is_spelled_well(path: str) -> bool:
    """An alias may be called anything; what stands around it may not."""
    parts = path.split("/")
    others = {parts[0], *parts[2:3], parts[-1]} - _WORDS
    return _FOLDED.isdisjoint(map(str.casefold, others))
