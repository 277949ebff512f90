from __future__ import annotations

import shutil
import sqlite3
import tracemalloc
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartfleet.nextcloud.journal import JournalSummary, Row, instance_id, rows, summarize
from tests.unit.client_files import SAMPLES

PLAIN = SAMPLES / "client-3.7.3/journal/sync_bf7191848ef0.db"
IN_WAL = SAMPLES / "client-3.16.7/journal-in-wal/sync_aaaaaaaaaaaa.db"


def copy(journal: Path, folder: Path) -> Path:
    """As the tool does it: the file and its log, nothing else."""
    for path in journal.parent.glob(journal.name + "*"):
        shutil.copy(path, folder / path.name)
    return folder / journal.name


_SCHEMA = """
CREATE TABLE metadata(
  path, type, md5, fileid, filesize, modtime, contentChecksum, contentChecksumTypeId, isE2eEncrypted
);
CREATE TABLE checksumtype(id INTEGER PRIMARY KEY, name TEXT UNIQUE);
INSERT INTO checksumtype VALUES (1, 'SHA1');
"""


def build(path: Path, rows_: Sequence[tuple[object, ...]], extra: str = "") -> Path:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(_SCHEMA)
        database.executescript(extra)
        database.executemany("INSERT INTO metadata VALUES (?,?,?,?,?,?,?,?,?)", rows_)
        database.commit()
    return path


def test_a_journal_whose_rows_are_all_in_the_log(tmp_path: Path) -> None:
    path = copy(IN_WAL, tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.glob("*.db*")}
    assert summarize(path) == JournalSummary(files=5, checksums=5, instance_ids=["ocinst"])
    found = {row.path: row for row in rows(str(path))}
    assert len(found) == 5
    assert found[b"b_mtime_nochk.txt"] == Row(
        path=b"b_mtime_nochk.txt",
        type=0,
        size=6,
        mtime=1700000000,
        etag="f1",
        fileid="00000101ocinst",
        checksum="f572d396fae9206628714fb2ce00f72e94f2258f",
        checksum_type="SHA1",
        e2ee=False,
    )
    for name, data in before.items():
        assert (tmp_path / name).read_bytes() == data


def test_without_its_log_that_journal_is_none(tmp_path: Path) -> None:
    path = copy(IN_WAL, tmp_path)
    (tmp_path / (path.name + "-wal")).unlink()
    with pytest.raises(ValueError, match="not a sync journal"):
        summarize(path)


def test_a_journal_of_an_older_client(tmp_path: Path) -> None:
    path = copy(PLAIN, tmp_path)
    with closing(sqlite3.connect(path)) as database:
        types = dict(database.execute("SELECT type, count(*) FROM metadata GROUP BY type"))
        checksums = database.execute("SELECT count(*) FROM metadata WHERE type = 0 AND contentChecksum <> ''")
        expected = JournalSummary(
            files=types.get(0, 0),
            directories=types.get(2, 0),
            checksums=checksums.fetchone()[0],
            conflicts=1,
            instance_ids=["ocinst"],
        )
    assert summarize(path) == expected
    assert summarize(bytes(path)) == expected
    assert len(list(rows(path))) == sum(types.values()) > 0


def test_every_count(tmp_path: Path) -> None:
    made = [
        (b"a", 0, "e1", "00000001ocabc", 3, 10, "ff", 1, 0),
        (b"b", 0, "e2", "00000002ocabc", 3, 10, "", 0, 1),
        (b"d", 2, "e3", "00000003ocabc", 0, 10, "ff", 1, 2),
        (b"l", 1, "e4", "", 0, 10, None, None, None),
        *((b"v%d" % kind, kind, "e", "1234567890ocxyz", 1, 1, "ff", 9, 0) for kind in (4, 5, 6)),
        (b"s", 3, "", None, 0, 0, None, None, 0),
    ]
    tables = ("uploadinfo", "downloadinfo", "blacklist", "conflicts", "caseconflicts")
    extra = "".join(f"CREATE TABLE {name} AS SELECT 1 AS path UNION SELECT 2;" for name in tables)
    path = build(tmp_path / "j.db", made, extra)
    assert summarize(path) == JournalSummary(
        files=2,
        directories=1,
        symlinks=1,
        virtual=3,
        checksums=1,
        uploads=2,
        downloads=2,
        blacklist=2,
        conflicts=4,
        encrypted=2,
        instance_ids=["ocabc", "ocxyz"],
    )
    assert [row.checksum_type for row in rows(path)][:2] == ["SHA1", ""]


def test_rows_with_values_of_the_wrong_kind(tmp_path: Path) -> None:
    odd = [
        (None, "x", 5, b"\xff", "17", "-3", 3.5, "1", "1"),
        ("ü\n{{ x }}", None, None, None, None, None, None, None, None),
        (b"\xff\xfe", 0, b"e", b"00000001ocabc", 2**62, -1, b"ff", 1, 0),
    ]
    found = list(rows(build(tmp_path / "j.db", odd)))
    assert found[0] == Row(b"", 0, 17, -3, "5", "\ufffd", "3.5", "SHA1", e2ee=True)
    assert found[1].path == "ü\n{{ x }}".encode()
    assert found[2] == Row(b"\xff\xfe", 0, 2**62, -1, "e", "00000001ocabc", "ff", "SHA1", e2ee=False)
    assert summarize(tmp_path / "j.db").files == 3


def test_a_schema_of_before_checksums(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE metadata(path, type, md5, fileid, filesize, modtime)")
        database.execute("INSERT INTO metadata VALUES ('a', 0, 'e', '00000001ocabc', 1, 2)")
        database.commit()
    assert summarize(path) == JournalSummary(files=1, instance_ids=["ocabc"])


BAD = [
    ("text", b"no database at all"),
    ("empty", b""),
    ("only the magic", b"SQLite format 3\0"),
    ("magic and noise", b"SQLite format 3\0" + bytes(range(256)) * 16),
]


@pytest.mark.parametrize("data", [case[1] for case in BAD], ids=[case[0] for case in BAD])
def test_what_is_no_journal(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "j.db"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="journal"):
        summarize(path)
    with pytest.raises(ValueError, match="journal"):
        list(rows(path))


def test_another_programs_database(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE other(x)")
        database.commit()
    with pytest.raises(ValueError, match="not a sync journal"):
        summarize(path)


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        summarize(tmp_path / "j.db")
    with pytest.raises(FileNotFoundError):
        summarize(tmp_path)


@pytest.mark.parametrize("part", range(1, 16))
def test_cut_off(tmp_path: Path, part: int) -> None:
    data = PLAIN.read_bytes()
    path = tmp_path / "j.db"
    path.write_bytes(data[: len(data) * part // 16])
    with pytest.raises(ValueError, match="journal"):
        summarize(path)


@given(st.lists(st.tuples(st.integers(0, 135167), st.integers(0, 255)), min_size=1, max_size=30))
@settings(
    deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_damage_is_told_or_harmless(tmp_path: Path, changes: list[tuple[int, int]]) -> None:
    data = bytearray(PLAIN.read_bytes())
    for place, value in changes:
        data[place] = value
    path = tmp_path / "damaged.db"
    path.write_bytes(bytes(data))
    told = "a journal"
    try:
        summarize(path)
    except ValueError as error:
        told = str(error)
    assert "journal" in told


def test_names_that_sqlite_would_take_as_options(tmp_path: Path) -> None:
    folder = tmp_path / "a?mode=rwc&x=#%20ü"
    folder.mkdir()
    assert summarize(copy(IN_WAL, folder)).files == 5


def test_large_journals_are_read_row_by_row(tmp_path: Path) -> None:
    made: list[tuple[object, ...]] = [
        (f"folder/file-{number}", 0, "etag", f"{number:08d}ocabc", 1, 1, "f" * 40, 1, 0) for number in range(60000)
    ]
    path = build(tmp_path / "j.db", made)
    made.clear()
    tracemalloc.start()
    try:
        assert sum(1 for _ in rows(path)) == 60000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * 2**20


@pytest.mark.parametrize(
    ("fileid", "found"),
    [
        ("00000381oclgbg67eqtf", "oclgbg67eqtf"),
        ("123456789012oclgbg67eqtf", "oclgbg67eqtf"),
        ("00000100ocinst", "ocinst"),
        ("", ""),
        ("00000381", ""),
        ("381oc", ""),
        ("00000381OC", ""),
        ("oclgbg67eqtf", ""),
    ],
)
def test_instance_ids(fileid: str, found: str) -> None:
    assert instance_id(fileid) == found
