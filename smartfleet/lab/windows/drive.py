r"""Names on Windows' disk ``C:\`` and the folder that stands for it here."""

from __future__ import annotations

import ntpath
import os
import re
from dataclasses import dataclass
from pathlib import Path

_DRIVE = re.compile(r"(?:\\\\\?\\)?([A-Za-z]):(?:\\(.*))?", re.DOTALL)


class NotOnDrive(ValueError):  # noqa: N818 - it reads as what it is
    """The name is no absolute path on ``C:``."""


@dataclass(frozen=True)
class Drive:
    r"""`root` stands for ``C:\``. Case does not matter in a path; both slashes separate."""

    root: Path

    def real(self, path: str) -> Path:
        """Where a path lies here. What does not exist keeps the spelling it is asked for with. NotOnDrive."""
        current = self.root
        for part in parts(path):
            current = _child(current, part)
        return current

    def spelled(self, real: str | os.PathLike[str]) -> str:
        """A path below `root` as Windows spells it."""
        below = os.path.relpath(real, self.root)
        return "C:\\" if below == "." else "C:\\" + below.replace("/", "\\")

    def reparse_point(self, path: str) -> Path | None:
        """The first part of the path that is a junction or a link; None if it is plain all the way."""
        current = self.root
        for part in parts(path):
            current = _child(current, part)
            if current.is_symlink():
                return current
        return None

    def spell_all(self, text: str) -> str:
        """A message in which every path of this machine's disk is spelled as Windows does."""
        root = str(self.root)
        if text.startswith(f"{root}/") and "\n" not in text and ": " not in text:
            return self.spelled(text)
        found = re.compile(re.escape(root) + r"((?:/[^\s:;,'\"]*)*)")
        return found.sub(lambda match: "C:" + (match[1].replace("/", "\\") or "\\"), text)


def parts(path: str) -> list[str]:
    """The names in a path on ``C:``, any spelling. NotOnDrive."""
    match = _DRIVE.fullmatch(path.replace("/", "\\"))
    if match is None or match[1].upper() != "C":
        raise NotOnDrive(f"{path} is no path on C:")
    normal = ntpath.normpath("C:\\" + (match[2] or ""))
    return [part for part in normal[3:].split("\\") if part]


def same(one: str, other: str) -> bool:
    """Whether two paths name the same place: without case, whatever the slashes."""
    return fold(one) == fold(other)


def inside(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or lies in it."""
    return same(path, folder) or fold(path).startswith(fold(folder).rstrip("\\") + "\\")


def fold(path: str) -> str:
    return ntpath.normpath(path.replace("/", "\\").removeprefix("\\\\?\\")).lower()


def _child(folder: Path, name: str) -> Path:
    exact = folder / name
    if os.path.lexists(exact):
        return exact
    wanted = name.casefold()
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return exact
    return next((one for one in found if one.name.casefold() == wanted), exact)
