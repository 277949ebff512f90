"""The marks of a transaction: one JSON line a mark, each on the disk before the next thing happens."""

from __future__ import annotations

import errno
import json
import os
import time
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Mark:
    """`state`: begin, end, skip, fail, undo; for the step ``transaction`` open, done and undone."""

    step: str
    state: str
    time: float
    detail: str = ""


class Marks:
    """An append-only file. A power cut while a mark is written leaves a torn last line: it is no mark."""

    def __init__(self, path: str) -> None:
        self.path = path

    def read(self) -> list[Mark]:
        """All marks, oldest first; none where the file is missing.

        ValueError for a broken line that is not the last: that is no power cut, somebody wrote there.
        """
        try:
            with open(self.path, "rb") as stream:
                lines = stream.read().split(b"\n")
        except FileNotFoundError:
            return []
        # what follows the last line end is a torn line, or nothing
        return [_parse(line, number) for number, line in enumerate(lines[:-1], 1)]

    def add(self, step: str, state: str, detail: str = "") -> Mark:
        """Write a mark and wait until the disk has it."""
        mark = Mark(step, state, time.time(), detail)
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            self._drop_torn_line(fd)
            line = json.dumps(asdict(mark)).encode() + b"\n"
            if os.write(fd, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.path)
            os.fsync(fd)
        finally:
            os.close(fd)
        self._sync_folder()
        return mark

    @staticmethod
    def _drop_torn_line(fd: int) -> None:
        """Cut the file behind its last line end, and stand there."""
        size = os.fstat(fd).st_size
        content = os.pread(fd, size, 0)
        whole = content.rfind(b"\n") + 1
        if whole != size:
            os.ftruncate(fd, whole)
        os.lseek(fd, whole, os.SEEK_SET)

    def _sync_folder(self) -> None:
        fd = os.open(os.path.dirname(self.path), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _parse(line: bytes, number: int) -> Mark:
    try:
        found = json.loads(line)
        return Mark(str(found["step"]), str(found["state"]), float(found["time"]), str(found.get("detail", "")))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"line {number} is no mark: {error}") from error
