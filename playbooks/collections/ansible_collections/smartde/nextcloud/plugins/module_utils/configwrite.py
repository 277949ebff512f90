"""Replace `nextcloud.cfg` in one atomic step. Runs as the user, in the dropped child.

Paths are opened relative to the folder that was opened once, so a folder swapped for a link in between leads nowhere
else. The temporary file lies in the same folder and does not end in ``.cfg``: the client renames a foreign ``*.cfg``
over its own.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import os
import stat
from typing import Any, Iterator

from .dropped import DroppedError

SIZE_LIMIT = 2 * 1024 * 1024
TEMPORARY = ".smartfleet-tmp"


def read(path: str) -> dict[str, Any]:
    """The file as it lies there: content (base64), sha256, mode, uid, gid. DroppedError as for `replace`."""
    with _folder(path) as (folder, name):
        data, found = _read(folder, name)
    return {
        "content": base64.b64encode(data).decode(),
        "sha256": hashlib.sha256(data).hexdigest(),
        "mode": stat.S_IMODE(found.st_mode),
        "uid": found.st_uid,
        "gid": found.st_gid,
    }


def replace(path: str, expected_sha256: str, content: str) -> str:
    """Put `content` (base64) in the place of the file, if that still is the expected one; return its new sha256.

    Mode and group stay. Codes: config-changed, config-link, config-not-a-file, config-foreign, config-too-large; what
    the system says (out-of-space, no-permission) passes through. Nothing is changed then and nothing is left behind.
    """
    data = base64.b64decode(content)
    with _folder(path) as (folder, name):
        temporary = name + TEMPORARY
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)  # of an earlier try that was killed
        try:
            _write(folder, temporary, data, like=_expected(folder, name, expected_sha256))
            _expected(folder, name, expected_sha256)
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=folder)
            raise
        os.fsync(folder)
    return hashlib.sha256(data).hexdigest()


def remove_leftover(path: str) -> None:
    """Remove the temporary file of a `replace` that was killed."""
    with _folder(path) as (folder, name):
        _remove(folder, name + TEMPORARY)


def remove_cookies(path: str, names: list[str]) -> list[str]:
    """Remove cookie jars beside the configuration; the names of those that were there."""
    with _folder(path) as (folder, _name):
        removed = [name for name in names if _remove(folder, name)]
        os.fsync(folder)
    return removed


def may_write(path: str) -> bool:
    """Whether a file could be made beside the configuration: not on a disk that is read only."""
    return os.access(os.path.dirname(path), os.W_OK | os.X_OK)


@contextlib.contextmanager
def _folder(path: str) -> Iterator[tuple[int, str]]:
    folder, name = os.path.split(path)
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield fd, name
    finally:
        os.close(fd)


def _remove(folder: int, name: str) -> bool:
    """Whether it was there. A disk that is read only refuses to remove even what is not."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def _read(folder: int, name: str) -> tuple[bytes, os.stat_result]:
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError as error:
        raise DroppedError("config-missing", f"{name} is gone") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise DroppedError("config-link", f"{name} is a link", "replace the link by the file itself") from error
        raise
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise DroppedError("config-not-a-file", f"{name} is no ordinary file")
        if found.st_uid != os.geteuid():
            raise DroppedError("config-foreign", f"{name} belongs to uid {found.st_uid}")
        if found.st_size > SIZE_LIMIT:
            raise DroppedError("config-too-large", f"{name} is larger than {SIZE_LIMIT} bytes")
        with os.fdopen(fd, "rb", closefd=False) as stream:
            return stream.read(SIZE_LIMIT + 1), found
    finally:
        os.close(fd)


def _expected(folder: int, name: str, sha256: str) -> os.stat_result:
    data, found = _read(folder, name)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DroppedError("config-changed", f"{name} is not what it was", "audit the host and plan again")
    return found


def _write(folder: int, name: str, data: bytes, like: os.stat_result) -> None:
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    with os.fdopen(fd, "wb") as stream:
        stream.write(data)
        stream.flush()
        mode = stat.S_IMODE(like.st_mode)
        if os.fstat(fd).st_gid != like.st_gid:
            try:
                os.fchown(fd, -1, like.st_gid)
            except PermissionError:  # a group that the user has left: the bits must not serve another one
                mode &= ~stat.S_IRWXG
        os.fchmod(fd, mode)
        os.fsync(fd)
