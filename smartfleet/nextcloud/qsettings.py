"""A `nextcloud.cfg` byte for byte: read as QSettings reads an INI file, and changed one value at a time.

`IniFile` holds the bytes it was made from; its entries are places in them. A change makes a new file in which nothing
but the bytes of that value differ. What Qt does with odd input is kept: a section may come twice, the last of two
equal keys counts, a line may be continued with a backslash or inside quotes, ``;`` begins a comment, keys may be
written before any section, ``[general]`` is the unnamed group in any case.

Shared with managed hosts: Python 3.9, standard library only. Time and memory are linear in the size of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from .inivalues import Invalid, Variant, decode_key, decode_value, encode_key, encode_string

__all__ = [
    "Entry",
    "IniFile",
    "Invalid",
    "Problem",
    "Variant",
    "decode_key",
    "decode_value",
    "encode_key",
    "encode_string",
    "parse",
    "scan",
]

BOM = b"\xef\xbb\xbf"
_SPACE = re.compile(rb"[\t\n\r ]*")
_PLAIN = re.compile(rb'[^\n\r";=\\]*')
_TO_LINE_END = re.compile(rb"[^\n\r]*")
_LINE_END = re.compile(rb"\r\n|\n|\r")
# nearly every line of a client's file: seen in one step, where the rules below would find the same piece by piece
_COMMON = re.compile(
    rb"[\t\n\r ]*([0-9A-Za-z_.-]*(?:\\[0-9A-Za-z_][0-9A-Za-z_.-]*)*)(?<=[0-9A-Za-z_.-])=[ \t]*(?![ \t])"
    rb'([^\t\n\r ";\\]*(?:(?:\\[0-9A-Za-z]|[ \t]+(?=[^\t\n\r ";]))[^\t\n\r ";\\]*)*)[ \t]*(?=[\n\r]|\Z)'
)


class Problem(NamedTuple):
    """Something in the file that Qt answers with QSettings::FormatError; the client then loads no account."""

    line: int
    message: str


class Entry(NamedTuple):
    """One ``key=value`` of the file. `path` is the decoded section and key, as ``Accounts/0/url``.

    `start`: where the key begins; `value` and `end`: the raw value without blanks around it.
    """

    path: str
    section: int
    start: int
    value: int
    end: int


class Section(NamedTuple):
    """One header with what follows it; the part before the first header has number 0 and no name.

    `prefix` is the decoded name with its slash, "" for the unnamed group. `body` is where its lines begin.
    """

    prefix: str
    body: int


@dataclass(frozen=True)
class IniFile:
    """The bytes of a file and the places of its values."""

    data: bytes
    sections: tuple[Section, ...]
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    index: dict[str, Entry]

    def to_bytes(self) -> bytes:
        return self.data

    @property
    def line_end(self) -> bytes:
        """The file's first line ending; a line feed where it has none."""
        match = _LINE_END.search(self.data)
        return match[0] if match else b"\n"

    @property
    def complete(self) -> bool:
        """Whether the file ends with a line ending, as every file that Qt wrote does."""
        return self.data[-1:] in (b"\n", b"\r")

    def get_raw(self, section: str, key: str) -> bytes | None:
        r"""The raw value that counts; `section` and `key` as Qt spells them: ``0\Folders\1\paused``."""
        return self.raw_at(_path(section, key))

    def raw_at(self, path: str) -> bytes | None:
        """As `get_raw`, by decoded path: ``Accounts/0/url``."""
        entry = self.index.get(path)
        return None if entry is None else self.data[entry.value : entry.end]

    def paths(self) -> list[str]:
        """The decoded paths of all values, in the order of the file."""
        return list(self.index)

    def with_raw(self, section: str, key: str, raw: bytes | None) -> IniFile:
        """A file in which this value is `raw`, and nothing else differs; None takes the key out.

        A new key goes where Qt would sort it among its siblings, with the file's own line ending. ValueError where
        `raw` would not read back as one value.
        """
        if raw is not None and not _is_one_value(raw):
            message = "the raw value would not read back as it was given"
            raise ValueError(message)
        path = _path(section, key)
        entry = self.index.get(path)
        if raw is None:
            return self._without(path)
        if entry is not None:
            return scan(self.data[: entry.value] + raw + self.data[entry.end :])
        return self._with_new(section, key, raw)

    def _without(self, path: str) -> IniFile:
        kept: list[bytes] = []
        position = 0
        for entry in self.entries:
            if entry.path == path:
                start = self._line_start(entry)
                kept.append(self.data[position:start])
                position = self._after_line(entry.end)
        kept.append(self.data[position:])
        return scan(b"".join(kept))

    def _with_new(self, section: str, key: str, raw: bytes) -> IniFile:
        line = key.encode("ascii") + b"=" + raw
        place = self._place(_prefix(section), _path(section, key))
        if place is None:
            header = b"[" + section.encode("ascii") + b"]" + self.line_end
            gap = self.line_end if self.data.rstrip(BOM) else b""
            return scan(self._closed(len(self.data)) + gap + header + line + self.line_end)
        if place == len(self.data) and not self.complete and self.data:
            return scan(self._closed(place) + line)
        return scan(self.data[:place] + line + self.line_end + self.data[place:])

    def _closed(self, end: int) -> bytes:
        """The bytes up to `end`, with the line ending that the last line may lack."""
        data = self.data[:end]
        return data if not data or data[-1:] in (b"\n", b"\r") else data + self.line_end

    def _place(self, prefix: str, path: str) -> int | None:
        """Where a line for `path` belongs; None if the file has no such section."""
        numbers = [number for number, section in enumerate(self.sections) if number and section.prefix == prefix]
        if not numbers:
            return None
        parent = path.rpartition("/")[0] + "/"
        own = [entry for entry in self.entries if entry.section in numbers]
        siblings = [entry for entry in own if entry.path.startswith(parent)] or own
        if not siblings:
            return self._after_line(self.sections[numbers[-1]].body)
        last_part = [entry for entry in siblings if entry.section == siblings[-1].section]
        for entry in last_part:
            if entry.path > path:
                return self._line_start(entry)
        return self._after_line(last_part[-1].end)

    def _line_start(self, entry: Entry) -> int:
        """Where the line of an entry begins, blanks included."""
        start = entry.start
        while start and self.data[start - 1] in b" \t":
            start -= 1
        return start

    def _after_line(self, position: int) -> int:
        """The place behind the line ending that follows; a comment behind a value belongs to the line."""
        rest = _TO_LINE_END.match(self.data, position)
        end = rest.end() if rest else position
        ending = _LINE_END.match(self.data, end)
        return ending.end() if ending else end


def parse(data: bytes) -> IniFile:
    """The file, if Qt would read it without a format error; else ValueError that names the line."""
    ini = scan(data)
    if ini.problems:
        line, message = ini.problems[0]
        more = f" (and {len(ini.problems) - 1} more)" if len(ini.problems) > 1 else ""
        text = f"line {line}: {message}{more}"
        raise ValueError(text)
    return ini


def scan(data: bytes) -> IniFile:
    """The file, whatever its bytes are; what is wrong with it stands in `problems`."""
    sections = [Section("", 0)]
    entries: list[Entry] = []
    problems: list[tuple[int, str]] = []
    position = len(BOM) if data.startswith(BOM) else 0
    while True:
        prefix, number = sections[-1].prefix, len(sections) - 1
        while common := _COMMON.match(data, position):
            path = prefix + common[1].decode("ascii").replace("\\", "/")
            entries.append(Entry(path, number, common.start(1), *common.span(2)))
            position = common.end()
        line = _next_line(data, position)
        if line is None:
            break
        if line.unclosed:
            problems.append((line.start, "a quotation is never closed"))
        if data[line.start] == 0x5B:
            section, complete = _section(data, line)
            sections.append(section)
            if not complete:
                problems.append((line.start, "a section name without its closing bracket"))
        elif line.equals < 0:
            problems.append((line.start, "neither a section, nor a comment, nor key=value"))
        else:
            entries.append(_entry(data, line, prefix, number))
        position = line.end
    return IniFile(data, tuple(sections), tuple(entries), _numbered(data, problems), _winners(sections, entries))


class _Line(NamedTuple):
    start: int
    end: int
    equals: int  # -1 without one
    unclosed: bool


def _next_line(data: bytes, position: int) -> _Line | None:
    """The next line that is neither empty nor a comment, as readIniLine finds it."""
    start = _end(_SPACE, data, position)
    while data[start : start + 1] == b";":
        start = _end(_SPACE, data, _end(_TO_LINE_END, data, start))
    if start == len(data):
        return None
    equals = -1
    in_quotes = False
    at = _end(_PLAIN, data, start)
    while at < len(data):
        byte = data[at]
        if byte == 0x5C:
            at += 3 if data[at + 1 : at + 3] in (b"\r\n", b"\n\r") else 2
        elif byte == 0x22:
            in_quotes = not in_quotes
            at += 1
        elif in_quotes:
            at += 1
        elif byte == 0x3D:
            equals = at if equals < 0 else equals
            at += 1
        else:
            break
        at = _end(_PLAIN, data, at)
    return _Line(start, min(at, len(data)), equals, in_quotes)


def _end(pattern: re.Pattern[bytes], data: bytes, position: int) -> int:
    match = pattern.match(data, position)
    return match.end() if match else position


def _section(data: bytes, line: _Line) -> tuple[Section, bool]:
    close = data.find(b"]", line.start, line.end)
    name = data[line.start + 1 : close if close >= 0 else line.end].strip()
    return Section(_decoded_prefix(name), line.end), close >= 0


def _entry(data: bytes, line: _Line, prefix: str, section: int) -> Entry:
    key = data[line.start : line.equals].strip()
    value = line.equals + 1
    while value < line.end and data[value] in b" \t":
        value += 1
    return Entry(prefix + decode_key(key), section, line.start, value, _value_end(data, value, line.end))


def _value_end(data: bytes, start: int, line_end: int) -> int:
    """Where the value ends without the blanks behind it; they stay with it where Qt might take them as part of it."""
    end = line_end
    while end > start and data[end - 1] in b" \t":
        end -= 1
    last_two = data[max(start, end - 2) : end]
    closed = last_two.endswith(b'"') and not last_two.startswith(b"\\")
    if last_two.endswith(b"\\") or (not closed and data.find(b'"', start, end) >= 0):
        return line_end
    return end


def _winners(sections: list[Section], entries: list[Entry]) -> dict[str, Entry]:
    """The entry that counts for each path: Qt reads sections in the order of their names, and the last one wins."""
    index = {entry.path: entry for entry in entries}
    if len(index) == len(entries):
        return index
    index.clear()
    for entry in entries:
        other = index.get(entry.path)
        if other is None or sections[other.section].prefix <= sections[entry.section].prefix:
            index[entry.path] = entry
    return index


def _numbered(data: bytes, problems: list[tuple[int, str]]) -> tuple[Problem, ...]:
    """The problems with line numbers instead of places; counted once through the file."""
    found: list[Problem] = []
    line, counted = 1, 0
    for place, message in problems:
        line += sum(1 for _ in _LINE_END.finditer(data, counted, place))
        counted = place
        found.append(Problem(line, message))
    return tuple(found)


def _is_one_value(raw: bytes) -> bool:
    probe = scan(b"k=" + raw + b"\n")
    return len(probe.entries) == 1 and not probe.problems and probe.raw_at("k") == raw


def _path(section: str, key: str) -> str:
    return _prefix(section) + decode_key(key.encode("utf-8"))


def _prefix(section: str) -> str:
    return _decoded_prefix(section.encode("utf-8"))


def _decoded_prefix(name: bytes) -> str:
    lowered = name.lower()
    if lowered == b"general":
        return ""
    if lowered == b"%general":
        return name[1:].decode("ascii") + "/"
    return decode_key(name) + "/"
