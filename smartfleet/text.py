"""Text that came from a host, made safe to show.

Names of hosts, users and files are written by others. A terminal obeys escape sequences in them, and right-to-left
marks make a name read as another one; both are shown as what they are.
"""

from __future__ import annotations

import re
import unicodedata

# Cc: control characters, Cf: invisible format characters incl. bidirectional overrides, Cs: lone surrogates,
# Zl/Zp: line and paragraph separators, which some viewers break lines at
_SHOWN_AS_ESCAPE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# letters, marks and signs that leave nothing to be seen all the same: Default_Ignorable_Code_Point of Unicode's
# DerivedCoreProperties.txt where the category does not tell, and the empty braille cell
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
_MARKS = {"Mn", "Me"}
_NO_MARKS_BELOW = "\u0300"
"""Nor blank letters: what is printable there, European names for the most part, need not be looked at one by one."""
_PILE = 8
"""Marks on one letter that a language may have; more of them cover the lines around it."""
_NO_ASCII = re.compile(r"[^\n\x20-\x7e]")


def visible(text: str) -> str:
    r"""`text` on one line, with every character that would not be seen written as ``\xNN`` or ``\uNNNN``."""
    if text.isprintable() and max(text, default="") < _NO_MARKS_BELOW:
        return text
    shown, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in _MARKS else 0
        shown.append(character if marks <= _PILE and _is_seen(character) else _escape(character))
    return "".join(shown)


def visible_json(text: str) -> str:
    r"""JSON as it was, with every character that would not be seen written as ``\uNNNN``: the same document."""
    return text if text.isascii() and "\x7f" not in text else _NO_ASCII.sub(_json_escape, text)


def _is_seen(character: str) -> bool:
    if unicodedata.category(character) in _SHOWN_AS_ESCAPE or _BLANK.match(character):
        return False
    # the last two of each plane are no characters, and XML refuses them
    return ord(character) & 0xFFFE != 0xFFFE


def _json_escape(found: re.Match[str]) -> str:
    if _is_seen(found[0]):
        return found[0]
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _escape(character: str) -> str:
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
