"""A second copy of a sync folder: set aside, brought back, deleted; and its journal carried over.

All of it runs as the user, in the dropped child. Parents are opened once and names are used relative to them; nothing
is ever put over something that is there, and links are neither followed nor moved.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from typing import Iterator, List

from .backup import JOURNAL_PARTS
from .dropped import DroppedError

TEMPORARY = ".smartfleet-tmp"
CHUNK = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def identity(path: str) -> List[int]:
    """Device and inode of the user's own folder `path`; empty where there is nothing. DroppedError copy-unfit."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return []
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise DroppedError("copy-unfit", f"{path} is no folder of the user's own", "look what lies there")
    return [found.st_dev, found.st_ino]


def require_movable(path: str, home: str, used: List[str]) -> List[int]:
    """The identity of a copy that can be renamed where it is: in the home, and no mount. DroppedError copy-unfit.

    `used` are places that must not go with it, however a link makes them look like others.
    """
    parent = os.path.dirname(path)
    inside = lying_in(path, used)
    around = [one for one in used if lying_in(one, [path])]
    if around:
        raise DroppedError("copy-unfit", f"{path} lies in {around[0]}, which is synced too", "set it aside by hand")
    if inside:
        raise DroppedError("copy-unfit", f"{inside[0]} lies in {path}, which is to be renamed", "set it aside by hand")
    found = identity(path)
    within = os.path.realpath(home).rstrip("/") + "/"
    if not found or not (os.path.realpath(parent) + "/").startswith(within) or os.path.realpath(path) + "/" == within:
        raise DroppedError("copy-unfit", f"{path} is no folder inside the user's home", "set it aside by hand")
    if os.lstat(parent).st_dev != found[0] or not os.access(parent, os.W_OK | os.X_OK):
        raise DroppedError("copy-unfit", f"{path} cannot be renamed: it is a disk of its own, or its folder is closed")
    return found


def lying_in(path: str, places: List[str]) -> List[str]:
    """Those of `places` that are `path` or lie in it, links on the way followed."""
    real = os.path.realpath(path).rstrip("/") + "/"
    return [one for one in places if (os.path.realpath(one) + "/").startswith(real)]


def rename(path: str, target: str, expected: List[int]) -> bool:
    """Give the folder `path` the name `target` beside it; False if that was done before. DroppedError copy-unfit.

    `expected` is the identity of the folder that is meant.
    """
    parent, name, new = os.path.dirname(path), os.path.basename(path), os.path.basename(target)
    there, away = identity(path), identity(target)
    if away == expected and not there:
        return False
    if there != expected or away or os.path.lexists(target):
        taken = target if away or os.path.lexists(target) else path
        raise DroppedError("copy-unfit", f"{taken} is another folder than before", "look what lies there")
    folder = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.rename(name, new, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def carry(source: str, target: str, journal: str) -> List[str]:
    """Copy the journal of the folder `source` into the folder `target`; the names that are there then.

    The database comes last: without it the rest is nothing to a client. What is there already must be the same bytes
    (an earlier try), else DroppedError journal-there.
    """
    carried = []
    with _folder(source) as there, _folder(target) as here:
        for name in reversed([journal + part for part in JOURNAL_PARTS]):
            with contextlib.suppress(FileNotFoundError):
                _carry_file(there, here, name)
                carried.append(name)
        os.fsync(here)
    return carried


def remove_carried(folder: str, journal: str, source: str, inode: int) -> List[str]:
    """Remove the files of a journal that was carried into `folder` from `source`; their names.

    It is known by its inode, whatever a client wrote since; one that was not noted yet (0) by its bytes.
    """
    removed = []
    with _folder(folder) as here:
        noted = bool(inode) and _inode(journal, here) in (inode, 0)
        for name in [journal + part + end for part in (*JOURNAL_PARTS, "-shm") for end in ("", TEMPORARY)]:
            with contextlib.suppress(FileNotFoundError):
                mine = noted or name.endswith(TEMPORARY) or _is_copy(os.path.join(source, name), here, name)
                if mine and stat.S_ISREG(os.lstat(name, dir_fd=here).st_mode):
                    os.unlink(name, dir_fd=here)
                    removed.append(name)
        os.fsync(here)
    return removed


def exists(paths: List[str]) -> List[bool]:
    return [os.path.lexists(path) for path in paths]


def remove_tree(path: str, expected: List[int], journal: str) -> bool:
    """Delete a copy that was set aside, links as such; False if it is gone. DroppedError copy-unfit for another one.

    The journal goes last: while it is there, what is left can be proven again.
    """
    if not shutil.rmtree.avoids_symlink_attacks:
        raise DroppedError("copy-unfit", "this system offers no way to delete a tree that follows no link")
    found = identity(path)
    if not found:
        return False
    if found != expected:
        raise DroppedError("copy-unfit", f"{path} is another folder than the one that was set aside")
    last = [journal + part for part in reversed((*JOURNAL_PARTS, "-shm"))]
    with _folder(path) as here:
        for name in os.listdir(here):
            if stat.S_ISDIR(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
                shutil.rmtree(os.path.join(path, name))
            elif name not in last:
                os.unlink(name, dir_fd=here)
        for name in last:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=here)
    os.rmdir(path)
    return True


@contextlib.contextmanager
def _folder(path: str) -> Iterator[int]:
    fd = os.open(path.rstrip("/"), _FOLDER)
    try:
        yield fd
    finally:
        os.close(fd)


def _carry_file(source: int, target: int, name: str) -> None:
    fd = os.open(name, _FILE, dir_fd=source)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise DroppedError("copy-unfit", f"{name} is no ordinary file of the user")
        if _is_there(fd, target, name):
            return
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name + TEMPORARY, dir_fd=target)
        _write(fd, target, name + TEMPORARY, found)
        os.rename(name + TEMPORARY, name, src_dir_fd=target, dst_dir_fd=target)
    finally:
        os.close(fd)


def _inode(name: str, folder: int) -> int:
    """0 where there is nothing."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_ino
    except FileNotFoundError:
        return 0


def _is_copy(source: str, folder: int, name: str) -> bool:
    """Whether the two are the same bytes; not where one of them is missing."""
    with contextlib.ExitStack() as stack:
        fds = []
        for path, at in ((source, None), (name, folder)):
            try:
                fds.append(os.open(path, _FILE, dir_fd=at))
            except OSError:
                return False
            stack.callback(os.close, fds[-1])
        return _same_bytes(*fds)


def _is_there(source: int, target: int, name: str) -> bool:
    try:
        fd = os.open(name, _FILE, dir_fd=target)
    except FileNotFoundError:
        return False
    try:
        if not _same_bytes(source, fd):
            raise DroppedError("journal-there", f"the original has a journal {name} of its own", "audit the host again")
        return True
    finally:
        os.close(fd)


def _same_bytes(one: int, other: int) -> bool:
    at = 0
    while True:
        left, right = os.pread(one, CHUNK, at), os.pread(other, CHUNK, at)
        if left != right:
            return False
        if not left:
            return True
        at += len(left)


def _write(source: int, folder: int, name: str, like: os.stat_result) -> None:
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    with os.fdopen(fd, "wb") as stream:
        for chunk in _chunks(source):
            stream.write(chunk)
        stream.flush()
        os.fchmod(fd, stat.S_IMODE(like.st_mode))
        os.fsync(fd)


def _chunks(fd: int) -> Iterator[bytes]:
    at = 0
    while chunk := os.pread(fd, CHUNK, at):
        at += len(chunk)
        yield chunk
