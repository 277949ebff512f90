"""Text that came from a host, made safe to show.

Names of hosts, users and files are written by others. A terminal obeys escape sequences in them, and right-to-left
marks make a name read as another one; both are shown as what they are.
"""

from __future__ import annotations

import unicodedata

# Cc: control characters, Cf: invisible format characters incl. bidirectional overrides, Cs: lone surrogates,
# Zl/Zp: line and paragraph separators, which some viewers break lines at
_SHOWN_AS_ESCAPE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: str) -> str:
    r"""`text` on one line, with every character that would not be seen written as ``\xNN`` or ``\uNNNN``."""
    if text.isprintable() and text.isascii():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _SHOWN_AS_ESCAPE:
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def bytes_text(count: int) -> str:
    """A size for people, in powers of 1000 as file managers show it: ``67.3 MB``."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(size) < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def number_of(count: int, noun: str, plural: str = "") -> str:
    """``1 file``, ``2 files``; `plural` where an s does not do."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {plural or noun + 's'}"
