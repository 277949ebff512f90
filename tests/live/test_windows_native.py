"""The C# of the Windows twins, compiled by Mono as C# 5 and reading real journals with the SQLite of this machine.

What it asks Windows for cannot be tried here: credentials, sessions, registry hives, reparse tags.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from smartfleet.nextcloud.journal import summarize
from tests.unit.powershell.scripts import PLUGINS
from tests.unit.test_journal import IN_WAL, PLAIN, copy

MISSING = [program for program in ("mcs", "mono") if shutil.which(program) is None]
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        bool(MISSING), reason=f"not installed: {', '.join(MISSING)} (apt install mono-mcs mono-runtime)"
    ),
]
NATIVE = PLUGINS / "module_utils/Native.cs"
JOURNAL = (PLUGINS / "module_utils/Journal.psm1").read_text(encoding="utf-8")
PROGRAM = """
using System;
using ansible_collections.smartde.nextcloud.plugins.module_utils.Native;

public static class Program
{
    public static int Main(string[] words)
    {
        try
        {
            using (Database database = new Database(words[0]))
            {
                foreach (object[] row in database.Read(words[1], 1000))
                {
                    Console.WriteLine(string.Join("\\t", Array.ConvertAll(row, x => x == null ? "null" : "" + x)));
                }
            }
            return 0;
        }
        catch (InvalidOperationException error)
        {
            Console.WriteLine(error.Message);
            return 1;
        }
    }
}
"""
SQLITE = '<configuration><dllmap dll="winsqlite3" target="libsqlite3.so.0"/></configuration>'


class Reader:
    """The compiled program."""

    def __init__(self, folder: Path) -> None:
        (folder / "Program.cs").write_text(PROGRAM)
        self._program = folder / "Program.exe"
        (folder / "Program.exe.config").write_text(SQLITE)
        command = ["mcs", "-langversion:5", "-warnaserror", f"-out:{self._program}", str(NATIVE)]
        done = subprocess.run([*command, str(folder / "Program.cs")], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def read(self, journal: Path, query: str) -> tuple[int, list[list[str]]]:
        command = ["mono", str(self._program), str(journal), query]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.returncode, [line.split("\t") for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(tmp_path_factory.mktemp("native"))


def text_of(variable: str, beginning: str) -> str:
    """The text that a script gives to a variable, pasted together where it is written in parts."""
    start = re.search(rf"\${variable} = (?=[\"']{re.escape(beginning)})", JOURNAL)
    assert start is not None
    parts = re.match(r"""(?:(?:'[^']*'|"[^"]*")\s*\+?\s*)+""", JOURNAL[start.end() :])
    assert parts is not None
    return "".join(one[1:-1] for one in re.findall(r"""'[^']*'|"[^"]*\"""", parts[0]))


@pytest.mark.parametrize("journal", [PLAIN, IN_WAL], ids=["plain", "in-wal"])
def test_its_queries_count_as_the_python_twin_does(reader: Reader, tmp_path: Path, journal: Path) -> None:
    copied = copy(journal, tmp_path)
    query = text_of("query", "SELECT CAST(type").format(text_of("checksum", "length"), text_of("e2ee", "CAST"))
    code, rows = reader.read(copied, query)
    assert code == 0
    counts = {int(kind): [int(one) for one in rest] for kind, *rest in rows}
    known = summarize(copied)
    assert [counts.get(kind, [0])[0] for kind in (0, 1, 2)] == [known.files, known.symlinks, known.directories]
    assert sum(counts.get(kind, [0])[0] for kind in (4, 5, 6)) == known.virtual
    assert counts.get(0, [0, 0])[1] == known.checksums
    assert sum(one[2] for one in counts.values()) == known.encrypted


@pytest.mark.parametrize("journal", [PLAIN, IN_WAL], ids=["plain", "in-wal"])
def test_it_finds_the_instance_ids(reader: Reader, tmp_path: Path, journal: Path) -> None:
    copied = copy(journal, tmp_path)
    code, rows = reader.read(copied, text_of("query", "SELECT DISTINCT"))
    assert code == 0
    assert sorted(row[0] for row in rows) == summarize(copied).instance_ids


@pytest.mark.parametrize("journal", [PLAIN, IN_WAL], ids=["plain", "in-wal"])
def test_a_real_journal_holds_tables_and_indices_alone(reader: Reader, tmp_path: Path, journal: Path) -> None:
    found = re.search(r'"(SELECT name FROM sqlite_master[^"]*)"', JOURNAL)
    assert found is not None
    assert reader.read(copy(journal, tmp_path), found[1]) == (0, [])


def test_what_sqlite_says_arrives(reader: Reader, tmp_path: Path) -> None:
    copied = copy(PLAIN, tmp_path)
    assert reader.read(copied, "SELECT absent FROM metadata") == (1, [["no such column: absent"]])
    copied.write_bytes(copied.read_bytes()[:5000])
    code, rows = reader.read(copied, "SELECT count(*) FROM metadata")
    assert (code, rows) == (1, [["database disk image is malformed"]])
    assert reader.read(tmp_path / "missing.db", "SELECT 1") == (1, [["unable to open database file"]])


def test_text_arrives_as_it_is(reader: Reader, tmp_path: Path) -> None:
    copied = copy(PLAIN, tmp_path)
    assert reader.read(copied, "SELECT 'Büro', NULL, 4294967296, x'FF'")[1] == [
        ["Büro", "null", "4294967296", "\ufffd"]
    ]
