"""Which names the client leaves alone: its exclude lists, and hidden files where the folder says so.

Client, csync_exclude.cpp: the lists are ``sync-exclude.lst`` of the system and of the configuration's folder, both
count. A pattern without a slash is tried on every part of a path, one with a slash on the path from the sync folder's
root; ``]`` before it says that the file may be deleted with its folder; a slash behind it means directories only. What
lies in an excluded directory is excluded. Lists inside the sync folder are not read.
"""

from __future__ import annotations

import os
import re
import stat
from typing import Callable, Iterable, List, Tuple

NAME = "sync-exclude.lst"
SYSTEM = "etc/Nextcloud/" + NAME
SIZE_LIMIT = 256 * 1024
# A list is written by its user, and a chain of stars takes its time to match.
MAX_PATTERNS = 500
MAX_STARS = 8

_TOKEN = re.compile(rb"\[!?[^\]/]+\]|.", re.DOTALL)


def read(paths: Iterable[str]) -> bytes:
    """The lists that there are, one behind the other; one that cannot be read counts as missing."""
    found = []
    for path in paths:
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            continue
        with os.fdopen(fd, "rb") as stream:
            if stat.S_ISREG(os.fstat(fd).st_mode):
                found.append(stream.read(SIZE_LIMIT))
    return b"\n".join(found)


def deletable(lists: bytes) -> bytes:
    """Those patterns of the lists whose files the client deletes with their folder: caches that nobody made."""
    return b"\n".join(line for line in lists.splitlines() if line.strip().startswith(b"]"))


def matcher(lists: bytes, *, hidden: bool) -> Callable[[bytes], bool]:
    """Tells of a path whether the client leaves it alone. `hidden`: the folder ignores names that begin with a dot."""
    names, paths = _patterns(lists)

    def unsynced(path: bytes) -> bool:
        parts = path.split(b"/")
        if hidden and any(part.startswith(b".") for part in parts):
            return True
        if any(names.fullmatch(part) for part in parts):
            return True
        return any(paths.fullmatch(b"/".join(parts[:end])) for end in range(1, len(parts) + 1))

    return unsynced


def _patterns(lists: bytes) -> Tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """One expression for the parts of a path, one for whole paths."""
    names: List[bytes] = []
    paths: List[bytes] = []
    for line in lists.splitlines()[:MAX_PATTERNS]:
        pattern = line.strip()
        if not pattern or pattern.startswith(b"#") or pattern.count(b"*") > MAX_STARS:
            continue
        pattern = pattern[1:] if pattern[:1] in (b"]", b"\\") else pattern
        pattern = pattern.rstrip(b"/")
        expression = _expression(pattern.strip(b"/"))
        (paths if b"/" in pattern else names).append(expression)
    return _any(names), _any(paths)


def _expression(pattern: bytes) -> bytes:
    """A wildcard pattern as an expression in which no wildcard goes beyond one part of the path."""
    found = []
    for token in _TOKEN.findall(pattern):
        if token == b"*":
            found.append(rb"[^/]*")
        elif token == b"?":
            found.append(rb"[^/]")
        elif len(token) > 2 and token.startswith(b"["):
            inside = token[1:-1].replace(b"\\", rb"\\").replace(b"[", rb"\[")
            found.append(rb"[" + (b"^" + inside[1:] if inside[:1] == b"!" else inside) + rb"]")
        else:
            found.append(re.escape(token))
    return b"".join(found)


def _any(expressions: List[bytes]) -> re.Pattern[bytes]:
    try:
        return re.compile(rb"|".join(expressions) or rb"(?!)", re.DOTALL)
    except re.error:  # a class such as [z-a]
        return re.compile(rb"(?!)")
