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
from typing import Callable, Iterator, NamedTuple

from .names import is_ignored_name

# Deeper than any path that a server stores (4,000 characters), and few enough descriptors for the usual limit of 1,024.
MAX_DEPTH = 500
# macOS: the content of the file (or the listing of the directory) is in the cloud only.
SF_DATALESS = 0x40000000
# Client, vfs/xattr/xattrwrapper.cpp: the attribute that marks a dehydrated file.
HYDRATE_ATTRIBUTE = "user.nextcloud.hydrate_exec"
PLACEHOLDER_SUFFIX = b".nextcloud"

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


def walk(root: bytes, virtual_files: str = "off") -> Iterator[Entry]:
    """Yield all below `root` but the client's own files.

    `virtual_files` is the folder's mode in the configuration (off, suffix, xattr, wincfapi). What vanishes meanwhile is
    left out. Raises OSError if `root` itself cannot be listed; it must be a directory and no link.
    """
    is_placeholder = _placeholder_test(virtual_files)
    levels = [_Level(os.open(root, _OPEN_DIRECTORY), b"")]
    try:
        while levels:
            level = levels[-1]
            if not level.names:
                levels.pop()
                os.close(level.fd)
                continue
            key = level.names.pop()
            if key.endswith(b"/"):
                entry = _descend(levels, level.prefix + key, key[:-1])
            else:
                entry = _leaf(level, key, is_placeholder)
            if entry is not None:
                yield entry
    finally:
        for level in levels:
            os.close(level.fd)


def _names(fd: int) -> list[bytes]:
    """Names in descending order, directories with a slash behind them."""
    with os.scandir(fd) as listing:
        names = [
            os.fsencode(item.name) + (b"/" if item.is_dir(follow_symlinks=False) else b"")
            for item in listing
            if not is_ignored_name(item.name)
        ]
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


def _leaf(level: _Level, name: bytes, is_placeholder: Callable[[int, bytes, os.stat_result], bool]) -> Entry | None:
    """Look at anything but a directory; None for what the client does not sync or what has vanished."""
    try:
        info = os.stat(name, dir_fd=level.fd, follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError:
        return Entry(level.prefix + name, 0, 0, "unread")
    if stat.S_ISREG(info.st_mode):
        kind = "placeholder" if is_placeholder(level.fd, name, info) else "file"
        return Entry(level.prefix + name, info.st_size, info.st_mtime_ns, kind)
    if stat.S_ISLNK(info.st_mode):
        return Entry(level.prefix + name, info.st_size, info.st_mtime_ns, "link")
    # a directory by now, though the listing said otherwise: not entered, and not to be taken for gone
    return Entry(level.prefix + name, 0, 0, "unread") if stat.S_ISDIR(info.st_mode) else None


def _placeholder_test(virtual_files: str) -> Callable[[int, bytes, os.stat_result], bool]:
    if sys.platform == "darwin":
        return lambda _fd, name, info: _dataless(info) or (virtual_files == "suffix" and _has_suffix(name))
    if virtual_files == "suffix":
        return lambda _fd, name, _info: _has_suffix(name)
    if virtual_files == "xattr":
        return _has_attribute
    return lambda _fd, _name, _info: False


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
