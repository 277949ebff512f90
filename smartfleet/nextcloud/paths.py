"""Paths of hosts compared as the host itself compares them. Nothing here opens one."""

from __future__ import annotations

import re

_DRIVE = re.compile(r"(?:[\\/]{2}\?[\\/])?[A-Za-z]:(?:[\\/]|$)")
_LONG = re.compile(r"//\?/(?:UNC(?=/))?", re.IGNORECASE)


def is_windows(path: str) -> bool:
    r"""Whether this is a path of Windows by its look: with a drive letter, or to a share with backslashes."""
    return _DRIVE.match(path) is not None or path.startswith("\\\\")


def place(path: str, *, windows: bool) -> str:
    r"""A text that is equal for two spellings of one place, and no path to open.

    A slash at its end does not count; on Windows neither case nor the direction of slashes nor ``\\?\``.
    """
    if windows:
        slashes = path.replace("\\", "/")
        path = _LONG.sub(lambda prefix: "" if prefix[0].endswith("/") else "/", slashes, count=1)
        # NTFS compares letter by letter: what upper() makes longer (ß) stays as it is
        path = path.upper() if path.isascii() else "".join(map(_upper, path))
    return path.rstrip("/") or "/"


def _upper(letter: str) -> str:
    upper = letter.upper()
    return upper if len(upper) == 1 else letter
