"""Whether a folder that a configuration names may be walked.

The name was written by the user, so it can be anything: the root, a link, somebody else's home. Runs as the user, who
can read nothing there that he could not read anyway; still nobody wants another user's files in a report.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import Sequence


def folder_state(path: bytes, uid: int, other_homes: Sequence[str]) -> tuple[str, str]:
    """`FolderState` of the facts document with a detail; only ``ok`` is to be walked.

    A folder outside the home is ok where it is the user's own (a second disk); inside another person's home it is not,
    nor is one that holds such a home.
    """
    if not path.startswith(b"/") or b"\0" in path:
        return ("relative", "it is no absolute path") if path else ("missing", "the configuration names no folder")
    real = os.path.realpath(path)
    if real == b"/":
        return "root", "it is the root of the file system"
    try:
        info = os.lstat(path.rstrip(b"/"))
    except OSError as error:
        absent = error.errno in (errno.ENOENT, errno.ENOTDIR)
        return "missing" if absent else "unreadable", str(error.strerror)
    if stat.S_ISLNK(info.st_mode):
        return "link", "it leads to " + real.decode("utf-8", "backslashreplace")
    return _owned_state(real, info, uid, other_homes) if stat.S_ISDIR(info.st_mode) else ("not-a-folder", "")


def _owned_state(real: bytes, info: os.stat_result, uid: int, other_homes: Sequence[str]) -> tuple[str, str]:
    homes = [(home, os.path.realpath(os.fsencode(home))) for home in other_homes]
    around = next((home for home, place in homes if _is_inside(real, place)), None)
    if around is not None:
        return "outside-home", f"it lies in the home {around}"
    within = next((home for home, place in homes if _is_inside(place, real)), None)
    if within is not None:
        return "root", f"the home {within} lies in it"
    if info.st_uid != uid:
        return "foreign-owner", f"it belongs to uid {info.st_uid}"
    if not os.access(real, os.R_OK | os.X_OK):
        return "unreadable", "its owner may not look into it"
    return "ok", ""


def _is_inside(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")
