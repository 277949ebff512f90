"""What is known of versions: of the client, of its settings, of Qt."""

from __future__ import annotations

import re

# The newest `version` of an account, a folder and the [Accounts] group that client 3.16.7 reads (accountmanager.cpp,
# folder.cpp). Newer ones may mean things we do not know: such a file is shown and never rewritten.
MAX_ACCOUNT_VERSION = 13
MAX_FOLDER_VERSION = 13
MAX_GROUP_VERSION = 13

# Qt 6 since about 3.13.3; what a Qt 5 client writes is read by both, so the doubtful versions count as Qt 5
_FIRST_QT6 = (3, 14)

# nextcloud/desktop issues 10513 and 10474: shows a green icon and transfers nothing
_UNSAFE = frozenset({(34, 0, 0)})

_NUMBERS = re.compile(r"\s*v?(?:[0-9]{1,4}:)?([0-9]{1,6}(?:\.[0-9]{1,6})*)(?![0-9])", re.ASCII)


def parse_version(text: str) -> tuple[int, ...]:
    """The numbers of a version, for comparison; () if there are none.

    Package epochs and what follows the numbers do not count: ``1:3.16.7-1~deb13u1 (Debian built)`` is (3, 16, 7).
    """
    match = _NUMBERS.match(text)
    return tuple(int(number) for number in match[1].split(".")) if match else ()


def compare(one: str, other: str) -> int | None:
    """-1, 0 or 1: whether `one` is older than `other`, the same or newer; None where one of them tells nothing.

    Only as many numbers count as both have: the MSI of 3.16.7 shows itself as 3.16.7.24567, and is no newer one.
    """
    mine, theirs = parse_version(one), parse_version(other)
    if not mine or not theirs:
        return None
    length = min(len(mine), len(theirs))
    return (mine[:length] > theirs[:length]) - (mine[:length] < theirs[:length])


def is_unsafe(text: str) -> bool:
    """Whether this client is known not to sync some files, or to lose some."""
    numbers = parse_version(text)
    return (*numbers, 0, 0, 0)[:3] in _UNSAFE if numbers else False


def qt_generation(text: str) -> int:
    """5 or 6: the Qt whose dialect this client writes; 5 where the version tells nothing, which both can read."""
    return 6 if parse_version(text) >= _FIRST_QT6 else 5
