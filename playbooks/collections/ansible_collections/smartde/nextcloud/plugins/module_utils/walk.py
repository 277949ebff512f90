"""Walk a sync folder without touching it: names and inodes only, no file is ever opened.

A sync folder is written by its user and may be hostile: links are reported and never followed, directories are opened
relative to their parent (so a path longer than PATH_MAX is no obstacle and a directory that is swapped for a link while
we walk is not entered), FIFOs, sockets and devices are left out as the client leaves them out.

Placeholders of virtual files are recognised by name, attribute or flag. Reading one would download it, so it gets a
kind of its own and whoever reads content must ask for ``file`` only.

Order: the byte order of the path, a directory counting as its name with a slash behind it, each directory before what
it holds. This is the order of a journal's paths as SQLite sorts them, so both can be merged without holding either.
Memory: the names of the directories from the root down to where the walk stands, nothing else.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import Callable, Iterator, NamedTuple, Union

from .names import is_ignored_name

# Deeper than any path that a server stores (4,000 characters), and few enough descriptors for the usual limit of 1,024.
MAX_DEPTH = 500
# macOS: the content of the file (or the listing of the directory) is in the cloud only.
SF_DATALESS = 0x40000000
# Client, vfs/xattr/xattrwrapper.cpp: the attribute that marks a dehydrated file.
HYDRATE_ATTRIBUTE = "user.nextcloud.hydrate_exec"
PLACEHOLDER_SUFFIX = b".nextcloud"

PlaceholderTest = Callable[[int, bytes, os.stat_result], bool]
"""Open folder, name in it, what lstat says of it: whether that is a placeholder."""
Placeholders = Union[str, PlaceholderTest]
"""The folder's mode in the configuration (off, suffix, xattr, wincfapi), or the test itself."""
_SLASH = ord("/")
# The client's own files have a dot before their name, but for this one.
_ODD_LENGTH = len("Desktop.ini")
# Special files are none of these: the client leaves them out. A directory here was none when it was listed: it is not
# entered, and not to be taken for gone.
_KINDS = {stat.S_IFREG: "file", stat.S_IFLNK: "link", stat.S_IFDIR: "unread"}
_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class Entry(NamedTuple):
    """One name below the root. Directories have size 0 and mtime_ns 0: theirs change with the client's own files.

    `kind`: file, dir, link, placeholder; `unread` for a name that cannot be looked at, `unread-dir` for a directory
    that cannot be listed (nothing is known of what it holds).
    """

    path: bytes
    size: int
    mtime_ns: int
    kind: str

    @property
    def key(self) -> bytes:
        """What the order goes by."""
        return self.path + b"/" if self.kind in ("dir", "unread-dir") else self.path

    @property
    def mtime(self) -> int:
        """Whole seconds, as the client's journal keeps them."""
        return self.mtime_ns // 1_000_000_000


class _Level:
    """An open directory and the names in it that are still to be visited, the next one last."""

    __slots__ = ("fd", "names", "prefix")

    def __init__(self, fd: int, prefix: bytes) -> None:
        self.fd = fd
        self.prefix = prefix
        try:
            self.names = _names(fd)
        except OSError:
            os.close(fd)
            raise


def walk(root: bytes, virtual_files: Placeholders = "off") -> Iterator[Entry]:
    """Yield all below `root` but the client's own files.

    What vanishes meanwhile is left out. Raises OSError if `root` itself cannot be listed; it must be a directory and no
    link.
    """
    is_placeholder = _placeholder_test(virtual_files)
    levels = [_Level(os.open(root, _OPEN_DIRECTORY), b"")]
    try:
        while levels:
            level = levels[-1]
            yield from _leaves(level, is_placeholder)
            if not level.names:
                os.close(levels.pop().fd)
                continue
            key = level.names.pop()
            entry = _descend(levels, level.prefix + key, key[:-1])
            if entry is not None:
                yield entry
    finally:
        for level in levels:
            os.close(level.fd)


def _leaves(level: _Level, is_placeholder: PlaceholderTest | None) -> Iterator[Entry]:
    """What comes before the next directory of the level. The loop that a walk spends its time in."""
    names, fd, prefix, new, look = level.names, level.fd, level.prefix, tuple.__new__, os.stat
    while names and names[-1][-1] != _SLASH:
        name = names.pop()
        try:
            info = look(name, dir_fd=fd, follow_symlinks=False)
        except FileNotFoundError:
            continue
        except OSError:
            yield Entry(prefix + name, 0, 0, "unread")
            continue
        kind = _KINDS.get(stat.S_IFMT(info.st_mode))
        if kind == "file" and is_placeholder is not None and is_placeholder(fd, name, info):
            kind = "placeholder"
        if kind == "unread":
            yield Entry(prefix + name, 0, 0, kind)
        elif kind is not None:
            # half the time of Entry(...), once for every file
            yield new(Entry, (prefix + name, info.st_size, info.st_mtime_ns, kind))


def _names(fd: int) -> list[bytes]:
    """Names in descending order, directories with a slash behind them."""
    encoding, names = sys.getfilesystemencoding(), []
    with os.scandir(fd) as listing:
        for item in listing:
            name = item.name
            if (name[0] == "." or len(name) == _ODD_LENGTH) and is_ignored_name(name):
                continue
            plain = name.encode(encoding, "surrogateescape")
            names.append(plain + b"/" if item.is_dir(follow_symlinks=False) else plain)
    names.sort(reverse=True)
    return names


def _descend(levels: list[_Level], prefix: bytes, name: bytes) -> Entry | None:
    """Open the directory `name` of the last level and add it as a level of its own."""
    path = prefix[:-1]
    parent = levels[-1].fd
    if len(levels) > MAX_DEPTH:
        return Entry(path, 0, 0, "unread-dir")
    try:
        if sys.platform == "darwin" and _dataless(os.stat(name, dir_fd=parent, follow_symlinks=False)):
            return Entry(path, 0, 0, "unread-dir")
        levels.append(_Level(os.open(name, _OPEN_DIRECTORY, dir_fd=parent), prefix))
    except OSError as error:
        return None if error.errno == errno.ENOENT else Entry(path, 0, 0, "unread-dir")
    return Entry(path, 0, 0, "dir")


def _placeholder_test(virtual_files: Placeholders) -> PlaceholderTest | None:
    """How to tell a placeholder; None where there cannot be any."""
    if not isinstance(virtual_files, str):
        return virtual_files
    if sys.platform == "darwin":
        return lambda _fd, name, info: _dataless(info) or (virtual_files == "suffix" and _has_suffix(name))
    if virtual_files == "suffix":
        return lambda _fd, name, _info: _has_suffix(name)
    if virtual_files == "xattr":
        return _has_attribute
    return None


def _has_suffix(name: bytes) -> bool:
    return name.endswith(PLACEHOLDER_SUFFIX)


def _dataless(info: os.stat_result) -> bool:
    return bool(getattr(info, "st_flags", 0) & SF_DATALESS)


def _has_attribute(fd: int, name: bytes, _info: os.stat_result) -> bool:
    """Ask by name, without opening: getxattr takes no directory descriptor, /proc gives a path through ours."""
    if not hasattr(os, "getxattr"):
        return False
    try:
        os.getxattr(b"/proc/self/fd/%d/%s" % (fd, name), HYDRATE_ATTRIBUTE, follow_symlinks=False)
    except OSError as error:
        # no such attribute (or a file system without attributes): a normal file; anything else: do not read it
        return error.errno not in (errno.ENODATA, errno.ENOTSUP, errno.ENOENT)
    return True
