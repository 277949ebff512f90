r"""Keys and values of a QSettings INI file: between the bytes in the file and what they mean.

The rules are those of Qt's `qsettings.cpp` (functions iniUnescapedKey, iniEscapedKey, iniUnescapedStringList,
iniEscapedString, stringToVariant). Qt 5 reads bytes as Latin-1 and writes everything outside ASCII as ``\\xHH``; Qt 6
reads and writes UTF-8. Text is Python text: a pair of UTF-16 surrogates, as Qt 5 writes an emoji, is joined.

Shared with managed hosts: Python 3.9, standard library only.
"""

from __future__ import annotations

import codecs
import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

_ESCAPES = {
    ord("a"): "\a",
    ord("b"): "\b",
    ord("f"): "\f",
    ord("n"): "\n",
    ord("r"): "\r",
    ord("t"): "\t",
    ord("v"): "\v",
    ord('"'): '"',
    ord("?"): "?",
    ord("'"): "'",
    ord("\\"): "\\",
}
_NAMED = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_NAMED.update({'"': '\\"', "\\": "\\\\"})
_PLAIN_IN_KEYS = frozenset(string.ascii_letters + string.digits + "_-.")
_HEX = frozenset(string.hexdigits)

_BLANKS = re.compile(rb"[ \t]*")
_TEXT = re.compile(rb'[^\\",]+')
# nothing in it means anything else than itself: most values of a client's file
_LITERAL = re.compile(rb"(?:[0-9A-Za-z/.](?:[!#-+\--\[\]-~ ]*[!#-+\--\[\]-~])?)?")
_HEX_RUN = re.compile(rb"[0-9a-fA-F]*")
_OCTAL_RUN = re.compile(rb"[0-7]*")
_PERCENT = re.compile(r"%U([0-9a-fA-F]{4})|%([0-9a-fA-F]{2})")
_GEOMETRY = {"Rect": 4, "Size": 2, "Point": 2}


@dataclass(frozen=True)
class Variant:
    """A value that is kept as it is: `kind` is Variant, DateTime, Rect, Size or Point; `data` is in its brackets."""

    kind: str
    data: bytes


@dataclass(frozen=True)
class Invalid:
    """``@Invalid()``: a value that is not set."""


if TYPE_CHECKING:
    Value = str | bytes | Variant | Invalid | list["Value"]


def decode_key(raw: bytes) -> str:
    r"""The meaning of a key or section name as it stands in the file; groups are parted by ``/``.

    >>> decode_key(rb"0\\Folders\\1\\localPath")
    '0/Folders/1/localPath'
    """
    text = raw.decode("utf-8", "replace").replace("\\", "/")
    return _join_surrogates(_PERCENT.sub(lambda match: chr(int(match[1] or match[2], 16)), text))


def encode_key(key: str) -> bytes:
    """The opposite of `decode_key`, written as Qt writes it."""
    return "".join(_encode_key_character(character) for character in _utf16_units(key)).encode("ascii")


def _encode_key_character(character: str) -> str:
    if character == "/":
        return "\\"
    if character in _PLAIN_IN_KEYS:
        return character
    code = ord(character)
    return f"%{code:02X}" if code <= 0xFF else f"%U{code:04X}"


def decode_value(raw: bytes, qt: int | None = None) -> Value:
    """The meaning of a raw value: text, bytes, a list, or one of the opaque kinds.

    `qt` is the generation that reads it; without it, bytes that are no UTF-8 are taken as Latin-1. Never fails: like
    Qt, it makes something of any bytes.
    """
    if _LITERAL.fullmatch(raw):
        return raw.decode("ascii")
    texts, is_list = _unescape(raw, _encoding(raw, qt))
    if not is_list:
        return _typed(texts[0])
    if any(text.startswith("@") and not text.startswith("@@") for text in texts):
        return [_typed(text) for text in texts]
    return [text.removeprefix("@") for text in texts]


def encode_string(text: str, qt: int) -> bytes:
    """Text as the client of that Qt generation writes it, quoted only where Qt quotes."""
    stored = f"@String({text})" if "\0" in text else f"@{text}" if text.startswith("@") else text
    written: list[str] = []
    after_escape = False
    for character in stored if qt >= 6 else _utf16_units(stored):
        piece, after_escape = _escape(character, qt, after_escape=after_escape)
        written.append(piece)
    result = "".join(written)
    if any(character in stored for character in ";,=") or result[:1] == " " or result[-1:] == " ":
        result = f'"{result}"'
    return result.encode("utf-8")


def _escape(character: str, qt: int, *, after_escape: bool) -> tuple[str, bool]:
    """One character as written, and whether a hex digit right after it would be taken as part of it."""
    if after_escape and character in _HEX:
        return f"\\x{ord(character):x}", True
    if character == "\0":
        return "\\0", True
    named = _NAMED.get(character)
    if named is not None:
        return named, False
    code = ord(character)
    if code <= 0x1F or (code >= 0x7F and qt < 6):
        return f"\\x{code:x}", True
    return character, False


def _encoding(raw: bytes, qt: int | None) -> str:
    if qt is not None:
        return "utf-8-sig" if qt >= 6 else "latin-1"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def _unescape(raw: bytes, encoding: str) -> tuple[list[str], bool]:
    """The elements of a value and whether it is a list, as iniUnescapedStringList makes them."""
    elements: list[str] = []
    pieces: list[str] = []  # of the element under way
    blanks_from = 0  # pieces before this index came from escapes or quotes: their blanks count
    in_quotes = was_quoted = False
    text = codecs.getincrementaldecoder(encoding)("replace")  # as Qt's: a character may go on behind an escape
    position = _skip(_BLANKS, raw, 0)
    while position < len(raw):
        byte = raw[position]
        if byte == 0x5C:
            piece, position = _unescape_one(raw, position + 1)
            pieces.append(piece)
            blanks_from = len(pieces)
        elif byte == 0x22:
            was_quoted = True
            in_quotes = not in_quotes
            position = position + 1 if in_quotes else _skip(_BLANKS, raw, position + 1)
        elif byte == 0x2C and not in_quotes:
            elements.append(_finish(pieces, blanks_from, was_quoted=was_quoted))
            pieces, blanks_from, was_quoted = [], 0, False
            position = _skip(_BLANKS, raw, position + 1)
        else:
            end = _skip(_TEXT, raw, position + 1)
            pieces.append(text.decode(raw[position:end]))
            position = end
    elements.append(_finish(pieces, blanks_from, was_quoted=was_quoted))
    return elements, len(elements) > 1


def _skip(pattern: re.Pattern[bytes], raw: bytes, position: int) -> int:
    match = pattern.match(raw, position)
    return match.end() if match else position


def _finish(pieces: list[str], blanks_from: int, *, was_quoted: bool) -> str:
    text = "".join(pieces[blanks_from:])
    if not was_quoted:
        text = text.rstrip(" \t")
    return _join_surrogates("".join(pieces[:blanks_from]) + text)


def _unescape_one(raw: bytes, position: int) -> tuple[str, int]:
    """What stands after a backslash at `position`, and where the text goes on."""
    if position >= len(raw):
        return "", position
    byte = raw[position]
    position += 1
    if byte in _ESCAPES:
        return _ESCAPES[byte], position
    if byte == 0x78:
        end = _skip(_HEX_RUN, raw, position)
        # only the last four digits count: Qt shifts them through 16 bits
        return (chr(int(raw[max(position, end - 4) : end], 16)) if end > position else ""), end
    if 0x30 <= byte <= 0x37:
        end = _skip(_OCTAL_RUN, raw, position)
        return chr(int(raw[max(position - 1, end - 6) : end], 8) & 0xFFFF), end
    if byte in b"\r\n" and raw[position : position + 1] in (b"\r", b"\n") and raw[position] != byte:
        position += 1
    return "", position


def _typed(text: str) -> Value:
    if text.startswith("@") and text.endswith(")"):
        kind, _, rest = text[1:-1].partition("(")
        if kind == "ByteArray" and "(" in text:
            return _latin1(rest)
        if kind == "String" and "(" in text:
            return rest
        if kind in ("Variant", "DateTime") and "(" in text:
            return Variant(kind, _latin1(rest))
        if _GEOMETRY.get(kind) == len(rest.split()):
            return Variant(kind, _latin1(rest))
        if text == "@Invalid()":
            return Invalid()
    return text[1:] if text.startswith("@@") else text


def _latin1(text: str) -> bytes:
    """As QString::toLatin1: what does not fit becomes a question mark."""
    return "".join(_utf16_units(text)).encode("latin-1", "replace")


def _utf16_units(text: str) -> list[str]:
    """The text as Qt holds it: characters beyond the first plane are two units."""
    data = text.encode("utf-16-le", "surrogatepass")
    return [chr(int.from_bytes(data[index : index + 2], "little")) for index in range(0, len(data), 2)]


def _join_surrogates(text: str) -> str:
    """Half a pair, which only damage or malice leaves in a file, becomes a replacement character: no JSON holds it."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
