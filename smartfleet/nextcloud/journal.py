"""A copy of a sync journal: an SQLite file with its write-ahead log beside it.

The running client locks its journal, and much of it may still be in the ``-wal`` file: copy both, then read the copy
here. It is opened read only; nothing in the copy's database is changed. Facts about the schema: syncjournaldb.cpp,
csync.h (types of rows).

Shared with managed hosts: Python 3.9, standard library only.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

FILE, SYMLINK, DIRECTORY, SKIP, VIRTUAL, VIRTUAL_DOWNLOAD, VIRTUAL_DEHYDRATE = range(7)
_VIRTUAL = (VIRTUAL, VIRTUAL_DOWNLOAD, VIRTUAL_DEHYDRATE)
_MAGIC = b"SQLite format 3\0"
_INSTANCE = re.compile(r"[0-9]{8,}([a-z][0-9a-z]*)")
_MAX_INSTANCES = 5
_BATCH = 1000
# sqlite3 cannot even raise its error where the name of a damaged table in it is no text
_DAMAGED = (sqlite3.Error, UnicodeDecodeError)
_ORDER = f" ORDER BY CASE type WHEN {DIRECTORY} THEN path || '/' ELSE path END"
_PENDING = ("uploadinfo", "downloadinfo", "blacklist", "conflicts", "caseconflicts")
_MAX_PENDING = 100_000
# what a client writes; SQLite columns hold what was put in them, whatever their type says
_USUAL = (bytes, int, int, int, bytes, bytes, bytes, int, int)

if TYPE_CHECKING:
    AnyPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]


class Row(NamedTuple):
    """What the client last knew of one path. `mtime` in seconds; `etag` without quotes; `checksum` in hex or ""."""

    path: bytes
    type: int
    size: int
    mtime: int
    etag: str
    fileid: str
    checksum: str
    checksum_type: str
    e2ee: bool


@dataclass(frozen=True)
class JournalSummary:
    """Counts; the names are those of `JournalFacts` in the facts document."""

    files: int = 0
    directories: int = 0
    symlinks: int = 0
    virtual: int = 0
    checksums: int = 0
    uploads: int = 0
    downloads: int = 0
    blacklist: int = 0
    conflicts: int = 0
    encrypted: int = 0
    instance_ids: list[str] = field(default_factory=list)


def instance_id(fileid: str) -> str:
    """The server's instance id, which ends every file id (``00000381oclgbg67eqtf``); "" where there is none.

    An instance id begins with a letter; the number before it has at least eight digits.
    """
    match = _INSTANCE.fullmatch(fileid)
    return match[1] if match else ""


def summarize(copy_path: AnyPath) -> JournalSummary:
    """The counts of a journal's copy; ValueError if it is no journal or is damaged."""
    with closing(_open(copy_path)) as database:
        try:
            return _summarize(database)
        except _DAMAGED as error:
            raise ValueError(_damage(error)) from error


def rows(copy_path: AnyPath, *, ordered: bool = False) -> Iterator[Row]:
    """The rows of a journal's copy, one after the other; ValueError as soon as the copy turns out bad.

    `ordered`: in the byte order of their paths, a directory counting as its name with a slash behind it; else in none.
    """
    with closing(_open(copy_path)) as database:
        try:
            yield from _rows(database, _ORDER if ordered else "")
        except _DAMAGED as error:
            raise ValueError(_damage(error)) from error


def pending(copy_path: AnyPath) -> dict[bytes, str]:
    """Paths that the client has still to deal with, each with the table that says so; ValueError for a bad copy.

    At most 100,000: a client with more of them is not in a state to be compared.
    """
    found: dict[bytes, str] = {}
    with closing(_open(copy_path)) as database:
        try:
            for table in _PENDING:
                if _columns(database, table):
                    # the table's name is one of ours
                    for (path,) in database.execute(f"SELECT path FROM {table} LIMIT {_MAX_PENDING}"):  # noqa: S608
                        found[path if isinstance(path, bytes) else b""] = table
        except _DAMAGED as error:
            raise ValueError(_damage(error)) from error
    return found


def left_out(copy_path: AnyPath) -> set[bytes]:
    """Folders of the server that the user does not sync, or has not decided about; ValueError for a bad copy."""
    with closing(_open(copy_path)) as database:
        try:
            if not _columns(database, "selectivesync"):
                return set()
            query = f"SELECT path FROM selectivesync WHERE type IN (1, 3) LIMIT {_MAX_PENDING}"  # noqa: S608 - constant
            return {path.rstrip(b"/") for (path,) in database.execute(query) if isinstance(path, bytes)}
        except _DAMAGED as error:
            raise ValueError(_damage(error)) from error


def _open(copy_path: AnyPath) -> sqlite3.Connection:
    path = Path(os.fsdecode(copy_path))
    if not path.is_file():
        raise FileNotFoundError(2, "no such journal", str(path))
    with path.open("rb") as file:
        head = file.read(len(_MAGIC))
    if head != _MAGIC and (head or not path.with_name(path.name + "-wal").is_file()):
        raise ValueError("not a sync journal: the file is no SQLite database")
    try:
        database = sqlite3.connect(f"file:{quote(os.fsencode(path))}?mode=ro", uri=True)
    except _DAMAGED as error:
        raise ValueError(_damage(error)) from error
    database.text_factory = bytes
    return database


def _damage(error: Exception) -> str:
    if "no such table" in str(error) or "no such column" in str(error):
        return f"not a sync journal: {error}"
    return f"the journal is damaged or cut off: {error}"


def _summarize(database: sqlite3.Connection) -> JournalSummary:
    types: Counter[int] = Counter()
    checksums = encrypted = 0
    instances: set[str] = set()
    for row in _rows(database):
        types[row.type] += 1
        checksums += row.type == FILE and bool(row.checksum)
        encrypted += row.e2ee
        if len(instances) < _MAX_INSTANCES:
            instances.add(instance_id(row.fileid))
    return JournalSummary(
        files=types[FILE],
        directories=types[DIRECTORY],
        symlinks=types[SYMLINK],
        virtual=sum(types[number] for number in _VIRTUAL),
        checksums=checksums,
        uploads=_count(database, "uploadinfo"),
        downloads=_count(database, "downloadinfo"),
        blacklist=_count(database, "blacklist"),
        conflicts=_count(database, "conflicts") + _count(database, "caseconflicts"),
        encrypted=encrypted,
        instance_ids=sorted(instances - {""}),
    )


def _rows(database: sqlite3.Connection, order: str = "") -> Iterator[Row]:
    names = _checksum_types(database)
    columns = _columns(database, "metadata")
    e2ee = "isE2eEncrypted" if "isE2eEncrypted" in columns else "0"
    checksum = "contentChecksum, contentChecksumTypeId" if "contentChecksum" in columns else "'', 0"
    # every name in this statement is from the lines above
    query = f"SELECT path, type, filesize, modtime, md5, fileid, {checksum}, {e2ee} FROM metadata{order}"  # noqa: S608
    cursor = database.execute(query)
    while True:
        batch = cursor.fetchmany(_BATCH)
        if not batch:
            return
        for values in batch:
            yield _row(values, names)


def _row(values: tuple[Any, ...], names: dict[int, str]) -> Row:
    path, kind, size, mtime, etag, fileid, checksum, checksum_type, e2ee = values
    if tuple(map(type, values)) == _USUAL:
        # a third of the time of what follows, once for every file
        texts = (str(etag, "utf-8", "replace"), str(fileid, "utf-8", "replace"), str(checksum, "utf-8", "replace"))
        return tuple.__new__(Row, (path, kind, size, mtime, *texts, names.get(checksum_type, ""), e2ee != 0))
    return Row(
        path=path if isinstance(path, bytes) else b"",
        type=_integer(kind),
        size=_integer(size),
        mtime=_integer(mtime),
        etag=_string(etag),
        fileid=_string(fileid),
        checksum=_string(checksum),
        checksum_type=names.get(_integer(checksum_type), ""),
        e2ee=_integer(e2ee) != 0,
    )


def _checksum_types(database: sqlite3.Connection) -> dict[int, str]:
    if not _columns(database, "checksumtype"):
        return {}
    return {_integer(number): _string(name) for number, name in database.execute("SELECT id, name FROM checksumtype")}


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    return {_string(row[1]) for row in database.execute(f"PRAGMA table_info({table})")}


def _count(database: sqlite3.Connection, table: str) -> int:
    """Rows of a table; 0 where this version of the client has no such table."""
    if not _columns(database, table):
        return 0
    answer: tuple[int] | None = database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - constant
    return answer[0] if answer else 0


def _integer(value: object) -> int:
    """What is no number counts as 0."""
    if isinstance(value, (int, float)):
        return int(value)
    return int(value) if isinstance(value, bytes) and re.fullmatch(rb"-?[0-9]{1,18}", value) else 0


def _string(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else "" if value is None else str(value)
