"""A desktop entry: a file that tells a desktop what to start, by freedesktop.org's Desktop Entry Specification."""

from __future__ import annotations

import os
import shlex
import stat
from dataclasses import dataclass
from typing import Mapping

SIZE_LIMIT = 256 * 1024
COMMAND_LIMIT = 8 * 1024
_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_ESCAPES = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


@dataclass(frozen=True)
class DesktopEntry:
    """The keys of its main group, values as they stand in the file."""

    keys: Mapping[str, str]

    def text(self, key: str) -> str:
        """A value without the escapes of its type; "" if it is not there."""
        parts = iter(self.keys.get(key, ""))
        return "".join(_ESCAPES.get(next(parts, ""), "") if part == "\\" else part for part in parts)

    def names(self, key: str) -> set[str] | None:
        """A list of names; None if the key is not there."""
        return {name for name in self.text(key).split(";") if name} if key in self.keys else None

    def is_set(self, key: str, *, to: str) -> bool:
        return self.keys.get(key, "").strip().lower() == to

    def command(self) -> list[str]:
        """The words of Exec without its field codes; none if a desktop could not run it either."""
        text = self.text("Exec")
        try:
            words = shlex.split(text) if "\0" not in text and len(text) <= COMMAND_LIMIT else []
        except ValueError:
            return []
        return [word.replace("%%", "%") for word in words if not (len(word) == 2 and word[0] == "%" and word != "%%")]


def read(path: str) -> DesktopEntry | None:
    """The entry at `path`; None where there is no ordinary file. OSError as `plain_bytes`."""
    data = plain_bytes(path)
    return None if data is None else parse(os.fsdecode(data))


def plain_bytes(path: str) -> bytes | None:
    """The content of an ordinary file, links followed; None for anything else. To be called as the user.

    OSError if it cannot be read.
    """
    fd = os.open(path, _OPEN)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return None
        with open(fd, "rb", closefd=False) as stream:
            return stream.read(SIZE_LIMIT)
    finally:
        os.close(fd)


def parse(text: str) -> DesktopEntry:
    """What is in the first group, which has to be [Desktop Entry]; the groups behind it are other actions."""
    keys: dict[str, str] = {}
    group = ""
    for line in text.split("\n"):
        name, equals, value = line.partition("=")
        if line.startswith("["):
            if group:
                break
            group = line.strip()
        elif equals and not line.startswith("#") and group == "[Desktop Entry]":
            keys.setdefault(name.strip(), value.strip())
    return DesktopEntry(keys)
