"""The local side of a sync folder: what lies there, and writing it as the client does."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from smartfleet.lab.desktop.reconcile import LocalEntry
from smartfleet.nextcloud.names import is_conflict_name, is_ignored_name

SUFFIX = ".nextcloud"
"""Ends the name of a placeholder where virtual files are shown by suffix; such a file is one byte long."""


class VirtualFiles(Protocol):
    """How placeholders are shown. `path` is the one on the server; their own is `shown(path)`."""

    def shown(self, path: str) -> str: ...

    def plain(self, path: str) -> str:
        """The path on the server of a placeholder's own."""

    def is_placeholder(self, path: str, status: os.stat_result) -> bool: ...

    def content(self, size: int) -> bytes:
        """What lies in a placeholder for a file of `size` bytes."""

    def mark(self, target: Path) -> None:
        """A placeholder has been written."""

    def unmark(self, target: Path) -> None:
        """What was a placeholder is gone, or a file now."""


class SuffixFiles:
    """Placeholders with a name of their own, as on Linux: `VirtualFiles`."""

    def shown(self, path: str) -> str:
        return path + SUFFIX

    def plain(self, path: str) -> str:
        return path.removesuffix(SUFFIX)

    def is_placeholder(self, path: str, status: os.stat_result) -> bool:
        return path.endswith(SUFFIX) and status.st_size == 1

    def content(self, size: int) -> bytes:  # noqa: ARG002 - one byte, whatever the size
        return b" "

    def mark(self, target: Path) -> None:
        """The name says it."""

    def unmark(self, target: Path) -> None:
        """As `mark`."""


class Disk:
    """A sync folder on the disk; paths are relative to it, with ``/``. `virtual`: how it shows placeholders."""

    def __init__(self, root: Path, *, ignore_hidden: bool, virtual: VirtualFiles | None = None) -> None:
        self.root = root
        self._ignore_hidden = ignore_hidden
        self.virtual = virtual

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
            virtual = self.virtual is not None and self.virtual.is_placeholder(path, status)
            yield (
                self.virtual.plain(path) if self.virtual is not None and virtual else path,
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
        if self.virtual is not None:
            self.virtual.unmark(target)
        return _file(len(content), mtime, target.stat().st_ino)

    def write_placeholder(self, virtual: VirtualFiles, path: str, size: int, mtime: int) -> LocalEntry:
        shown = virtual.shown(path)
        entry = self.write(shown, virtual.content(size), mtime)
        virtual.mark(self.root / shown)
        return _file(entry.size, mtime, entry.inode, virtual=True)

    def set_mtime(self, path: str, mtime: int) -> None:
        os.utime(self.root / path, (mtime, mtime))

    def make_folder(self, path: str) -> LocalEntry:
        (self.root / path).mkdir(exist_ok=True)
        status = (self.root / path).stat()
        return LocalEntry(folder=True, size=0, mtime=int(status.st_mtime), inode=status.st_ino)

    def delete(self, path: str, *, folder: bool, virtual: bool) -> None:
        """Deletes; a folder stays if something is left in it that the client does not sync."""
        target = self.root / (self.virtual.shown(path) if self.virtual is not None and virtual else path)
        if not folder:
            target.unlink(missing_ok=True)
            if self.virtual is not None:
                self.virtual.unmark(target)
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
