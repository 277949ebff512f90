"""The local side of a sync folder: what lies there, and writing it as the client does."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from smartfleet.lab.desktop.reconcile import LocalEntry
from smartfleet.nextcloud.names import is_conflict_name, is_ignored_name

SUFFIX = ".nextcloud"
"""Ends the name of a placeholder where virtual files are shown by suffix; such a file is one byte long."""


class Disk:
    """A sync folder on the disk; paths are relative to it, with ``/``."""

    def __init__(self, root: Path, *, ignore_hidden: bool, virtual_files: bool) -> None:
        self.root = root
        self._ignore_hidden = ignore_hidden
        self.virtual_files = virtual_files

    def scan(self) -> dict[str, LocalEntry]:
        """Everything that the client syncs; its own files, conflict files and links are left out."""
        return dict(self._walk(self.root, ""))

    def _walk(self, folder: Path, prefix: str) -> Iterator[tuple[str, LocalEntry]]:
        for entry in os.scandir(folder):
            if self._is_left_out(entry):
                continue
            status = entry.stat(follow_symlinks=False)
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                yield path, LocalEntry(folder=True, size=0, mtime=int(status.st_mtime), inode=status.st_ino)
                yield from self._walk(Path(entry.path), f"{path}/")
                continue
            virtual = self.virtual_files and path.endswith(SUFFIX) and status.st_size == 1
            yield (
                path.removesuffix(SUFFIX) if virtual else path,
                _file(status.st_size, int(status.st_mtime), status.st_ino, virtual=virtual),
            )

    def _is_left_out(self, entry: os.DirEntry[str]) -> bool:
        try:
            entry.name.encode()
        except UnicodeEncodeError:
            return True  # the client cannot sync a name that is not UTF-8
        hidden = self._ignore_hidden and entry.name.startswith(".")
        regular = entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)
        return hidden or not regular or is_ignored_name(entry.name) or is_conflict_name(entry.name)

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def checksum(self, path: str) -> str:
        return hashlib.sha1(self.read(path), usedforsecurity=False).hexdigest()

    def write(self, path: str, content: bytes, mtime: int) -> LocalEntry:
        """Writes beside the target first, under the name that the client gives to partial downloads."""
        target = self.root / path
        partial = target.with_name(f".{target.name}.~{secrets.token_hex(4)}")
        partial.write_bytes(content)
        os.utime(partial, (mtime, mtime))
        partial.replace(target)
        return _file(len(content), mtime, target.stat().st_ino)

    def write_placeholder(self, path: str, mtime: int) -> LocalEntry:
        self.write(path + SUFFIX, b" ", mtime)
        return _file(1, mtime, (self.root / (path + SUFFIX)).stat().st_ino, virtual=True)

    def set_mtime(self, path: str, mtime: int) -> None:
        os.utime(self.root / path, (mtime, mtime))

    def make_folder(self, path: str) -> LocalEntry:
        (self.root / path).mkdir(exist_ok=True)
        status = (self.root / path).stat()
        return LocalEntry(folder=True, size=0, mtime=int(status.st_mtime), inode=status.st_ino)

    def delete(self, path: str, *, folder: bool, virtual: bool) -> None:
        """Deletes; a folder stays if something is left in it that the client does not sync."""
        target = self.root / (path + SUFFIX if virtual else path)
        if not folder:
            target.unlink(missing_ok=True)
        elif not any(target.iterdir()):
            target.rmdir()

    def set_aside(self, path: str, mtime: int) -> str:
        """Gives the local file the name of a conflict file, as of its own time, and returns that."""
        target = Path(path)
        stamp = time.strftime("%Y-%m-%d %H%M%S", time.localtime(mtime))
        name = str(target.with_name(f"{target.stem} (conflicted copy {stamp}){target.suffix}"))
        (self.root / path).rename(self.root / name)
        return name


def _file(size: int, mtime: int, inode: int, *, virtual: bool = False) -> LocalEntry:
    return LocalEntry(folder=False, size=size, mtime=mtime, inode=inode, virtual=virtual)
