"""The change of a `nextcloud.cfg` as people read it."""

from __future__ import annotations

import difflib

from smartfleet.text import visible

_WIDEST = 300
_CONTEXT = 2


def config_diff(old: bytes, new: bytes, path: str) -> str:
    """A unified diff; characters that would not be seen are written out, very long lines are cut.

    A file with one kind of line ending shows none of them; in a mixed file they are shown.
    """
    hide = b"\r" if _all_crlf(old) and _all_crlf(new) else b""
    before, after = _lines(old, hide), _lines(new, hide)
    name = visible(path)
    diff = difflib.unified_diff(before, after, f"{name} (now)", f"{name} (after)", n=_CONTEXT, lineterm="")
    return "\n".join(_cut(visible(line)) for line in diff)


def _all_crlf(data: bytes) -> bool:
    return 0 < data.count(b"\n") == data.count(b"\r\n")


def _lines(data: bytes, hide: bytes) -> list[str]:
    lines = data.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    return [line.removesuffix(hide).decode("utf-8", "backslashreplace") for line in lines]


def _cut(line: str) -> str:
    return line if len(line) <= _WIDEST else f"{line[:_WIDEST]}… ({len(line)} characters)"
