r"""A manifest: what a sync folder held at one moment, one line a name, gzipped.

::

    smartfleet-manifest 1
    f 5 1700000000000000000 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12 letters/one.txt
    d 0 0 - letters/two
    end 2 <root digest>

Fields: kind (letter of KINDS; upper case for a file that the journal of that moment did not know, so the server may not
have it yet), size in bytes, mtime in nanoseconds, SHA-1 in hex or ``-``, path. The path is last and may hold any byte;
backslash and line end are written ``\\`` and ``\n``. Lines are in the order of `walk`.

The root digest is SHA-256 over all lines between the first and the last, with their kinds in lower case: two folders
with the same digest hold the same names, sizes, times and (with digests) contents.

SHA-1, because it is what the client's journal holds: a manifest finds damage and differences, it is no signature.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import BinaryIO, Iterable, Iterator, NamedTuple

from .walk import Entry

MAGIC = b"smartfleet-manifest 1\n"
KINDS = {"file": b"f", "dir": b"d", "link": b"l", "placeholder": b"p", "unread": b"u", "unread-dir": b"x"}
CHUNK = 256 * 1024
# The longest path that Linux can name in one call is 4 KiB; nested deeper, a line grows by 256 bytes a level.
LINE_LIMIT = 1024 * 1024

_NAMES = {letter: kind for kind, letter in KINDS.items()}


class Item(NamedTuple):
    """One line. `digest` is lower-case hex or empty; `pending`: the journal of that moment did not know the file."""

    path: bytes
    size: int
    mtime_ns: int
    kind: str
    digest: bytes = b""
    pending: bool = False

    @property
    def key(self) -> bytes:
        """What the order goes by; see `walk`."""
        return self.path + b"/" if self.kind in ("dir", "unread-dir") else self.path

    @property
    def mtime(self) -> int:
        """Whole seconds, as the client's journal keeps them."""
        return self.mtime_ns // 1_000_000_000


class Count(NamedTuple):
    """What a whole tree holds."""

    lines: int
    files: int
    bytes: int
    placeholders: int
    unread: int
    root: str


class Counter:
    """Turns items into lines and adds them up, in memory that does not grow."""

    def __init__(self) -> None:
        self._root = hashlib.sha256()
        self._plain: list[bytes] = []
        self._stored: list[bytes] = []
        self._size = 0
        self._kinds = dict.fromkeys(KINDS, 0)
        self._bytes = 0

    def add(self, entry: Entry | Item, digest: bytes = b"", *, pending: bool = False) -> bytes:
        """Take in one name; the next chunk of lines once there is enough for one, else nothing."""
        path, size, mtime_ns, kind = entry[:4]
        if b"\\" in path or b"\n" in path:
            path = path.replace(b"\\", b"\\\\").replace(b"\n", b"\\n")
        line = b"%s %d %d %s %s\n" % (KINDS[kind], size, mtime_ns, digest or b"-", path)
        self._plain.append(line)
        self._stored.append(line[:1].upper() + line[1:] if pending else line)
        self._kinds[kind] += 1
        if kind == "file":
            self._bytes += size
        self._size += len(line)
        return self.rest() if self._size >= CHUNK else b""

    def rest(self) -> bytes:
        """The lines that no chunk has had yet."""
        self._root.update(b"".join(self._plain))
        chunk = b"".join(self._stored)
        self._plain.clear()
        self._stored.clear()
        self._size = 0
        return chunk

    def count(self) -> Count:
        """The sums; to be asked after `rest`."""
        kinds = self._kinds
        return Count(
            lines=sum(kinds.values()),
            files=kinds["file"],
            bytes=self._bytes,
            placeholders=kinds["placeholder"],
            unread=kinds["unread"] + kinds["unread-dir"],
            root=self._root.hexdigest(),
        )


class Writer:
    """Writes chunks of lines, as a `Counter` makes them, to a binary stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        # level 1: digests do not compress, and the rest is a quarter of its size at any level
        self._zip = zlib.compressobj(1, zlib.DEFLATED, 31)
        self.write(MAGIC)

    def write(self, chunk: bytes) -> None:
        self._stream.write(self._zip.compress(chunk))

    def close(self, count: Count) -> None:
        """Write the last line. A manifest without it is cut off, and no manifest."""
        self.write(b"end %d %s\n" % (count.lines, count.root.encode()))
        self._stream.write(self._zip.flush())


def write(stream: BinaryIO, items: Iterable[Item]) -> Count:
    """Write a whole manifest."""
    writer, counter = Writer(stream), Counter()
    for item in items:
        writer.write(counter.add(item, item.digest, pending=item.pending))
    writer.write(counter.rest())
    count = counter.count()
    writer.close(count)
    return count


def read(stream: BinaryIO) -> Iterator[Item]:
    """The items of a manifest; ValueError as soon as it turns out damaged, cut off or out of order."""
    lines = _lines(stream)
    if next(lines, b"") + b"\n" != MAGIC:
        raise ValueError("this is no manifest of smartfleet")
    root, last = hashlib.sha256(), b""
    for number, line in enumerate(lines):
        if line.startswith(b"end "):
            if line != b"end %d %s" % (number, root.hexdigest().encode()) or next(lines, None) is not None:
                break
            return
        item = _parse(line)
        kind = item[3]
        # as `key`, without a call for every line
        key = item[0] + b"/" if kind == "dir" or kind == "unread-dir" else item[0]  # noqa: PLR1714 - the fastest
        if key <= last:
            raise ValueError(f"line {number + 2} of the manifest is out of order")
        last = key
        root.update((line[:1].lower() + line[1:] if item[5] else line) + b"\n")
        yield item
    raise ValueError("the manifest is damaged or cut off")


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    unzip, rest = zlib.decompressobj(31), b""
    try:
        while not unzip.eof:
            data = unzip.unconsumed_tail or stream.read(CHUNK)
            if not data:
                raise ValueError("the manifest is cut off")
            *lines, rest = (rest + unzip.decompress(data, CHUNK)).split(b"\n")
            yield from lines
            if len(rest) > LINE_LIMIT:
                raise ValueError("a line of the manifest is too long")
    except zlib.error as error:
        raise ValueError(f"the manifest is damaged: {error}") from error
    if rest or unzip.unused_data:
        raise ValueError("the manifest is damaged: something follows its end")


def _parse(line: bytes) -> Item:
    try:
        letter, size, mtime_ns, digest, path = line.split(b" ", 4)
        kind = _NAMES[letter.lower()]
        path = _unescape(path) if b"\\" in path else path
        digest = b"" if digest == b"-" else digest
        # half the time of Item(...), once for every line
        return tuple.__new__(Item, (path, int(size), int(mtime_ns), kind, digest, letter.isupper()))
    except (ValueError, KeyError) as error:
        raise ValueError("a line of the manifest cannot be read") from error


def _unescape(path: bytes) -> bytes:
    # a pair of backslashes is kept apart from one before an n by splitting at the pairs first
    return b"\\".join(part.replace(b"\\n", b"\n") for part in path.split(b"\\\\"))
