"""The audit trail: nobody changes a line through the database, and whoever gets round it is seen."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from smartfleet.errors import StoreError
from smartfleet.store import Store
from smartfleet.store.chain import START, Line, check, entry, sealed

COMMANDS = Path(__file__).parents[2] / "docs" / "commands.md"
LINES = 1100
"""More than are read at once."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("trail") / "store.db"
    store = Store.open(f"sqlite:///{file}")
    for number in range(5):
        store.add_trail("begun", run=f"r{number}", verb="apply", plan_hash="h" * 64, hosts=["pc-1", "größer"])
    store.close()
    return file


@pytest.fixture
def file(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(written, tmp_path / "store.db"))


def test_a_line_tells_who_did_what(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "root")
    monkeypatch.setenv("SUDO_USER", "eva")
    store = Store.open(f"sqlite:///{file}")
    made = store.add_trail(
        "ended", run="r", verb="apply", hosts=iter(["a"]), outcomes={"moved": 2}, detail="a\x00b\x1b\udc80"
    )
    assert store.trail(1) == [made]
    assert (made.number, made.admin, made.event, made.hosts, made.outcomes) == (
        6,
        "eva as root",
        "ended",
        ["a"],
        {"moved": 2},
    )
    assert made.detail == "a\x00b\x1b?"
    assert [line.number for line in store.trail(3)] == [4, 5, 6]
    assert [line.previous for line in store.trail()] == [START, *(line.hash for line in store.trail()[:-1])]
    checked = store.check_trail()
    assert (checked.ok, checked.entries, checked.last) == (True, 6, made.hash)


def test_an_empty_trail_is_whole(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/store.db")
    assert store.trail() == []
    checked = store.check_trail()
    assert (checked.ok, checked.entries, checked.last) == (True, 0, START)


@pytest.mark.parametrize(
    "statement",
    [
        "update trail set document = '' where number = 3",
        "update or replace trail set number = 9 where number = 3",
        "delete from trail where number = 5",
        "delete from trail",
        "insert or replace into trail select number, previous, hash, '' from trail where number = 3",
        "insert or replace into trail select 9, previous, 'x', '' from trail where number = 3",
        "replace into trail select 9, 'x', hash, '' from trail where number = 5",
        "insert or ignore into trail select * from trail where number = 3",
    ],
)
def test_the_database_refuses_to_change_it(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    assert Store.open(f"sqlite:///{file}").check_trail().ok


def tamper(file: Path, statement: str, *values: str) -> None:
    """As somebody does who owns the file."""
    with closing(sqlite3.connect(file)) as connection, connection:
        for trigger in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f"drop trigger {trigger[0]}")
        connection.execute(statement, values)


@pytest.mark.parametrize(
    ("statement", "broken_at", "reason"),
    [
        ("update trail set document = replace(document, 'pc-1', 'pc-2') where number = 3", 3, "was changed"),
        ("update trail set document = 'nonsense' where number = 3", 3, "was changed"),
        ("update trail set hash = 'x' || substr(hash, 2) where number = 5", 5, "was changed"),
        ("delete from trail where number = 3", 3, "is missing"),
        ("delete from trail where number = 1", 1, "is missing"),
        ("update trail set number = number - 1 where number > 1", 1, "does not follow"),
        ("delete from trail where number < 3", 1, "is missing"),
        ("insert into trail select 6, 'x', 'y', document from trail where number = 5", 6, "does not follow"),
    ],
)
def test_whoever_gets_round_that_is_seen(file: Path, statement: str, broken_at: int, reason: str) -> None:
    if statement.startswith("update trail set number"):
        tamper(file, "delete from trail where number = 1")
    tamper(file, statement)
    checked = Store.open(f"sqlite:///{file}").check_trail()
    assert (checked.ok, checked.broken_at, checked.last) == (False, broken_at, "")
    assert reason in checked.reason


def test_a_line_that_was_sealed_anew_breaks_the_next(file: Path) -> None:
    store = Store.open(f"sqlite:///{file}")
    third = store.trail()[2]
    forged = sealed(third.model_dump(exclude={"hash", "number", "previous"}) | {"admin": "nobody"}, 3, third.previous)
    store.close()
    tamper(file, "update trail set document = ?, hash = ? where number = 3", forged.document, forged.hash)
    assert Store.open(f"sqlite:///{file}").check_trail().broken_at == 4


def test_an_end_that_was_cut_off_shows_by_the_anchor(file: Path) -> None:
    store = Store.open(f"sqlite:///{file}")
    anchor = store.check_trail().last
    store.add_trail("begun")
    assert store.check_trail(anchor).ok
    store.close()
    tamper(file, "delete from trail where number > 4")
    again = Store.open(f"sqlite:///{file}")
    assert again.check_trail().ok
    checked = again.check_trail(anchor)
    assert (checked.ok, checked.broken_at, checked.entries) == (False, None, 4)
    assert "cut off" in checked.reason


def test_a_line_that_cannot_be_read_is_an_error_of_ours(file: Path) -> None:
    tamper(file, "update trail set document = '[]' where number = 5")
    with pytest.raises(StoreError) as caught:
        Store.open(f"sqlite:///{file}").trail()
    assert caught.value.code == "store/trail-broken"


def lines(count: int) -> list[Line]:
    found: list[Line] = []
    for number in range(1, count + 1):
        found.append(sealed({"event": "begun"}, number, found[-1].hash if found else START))
    return found


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.pop(0),
        lambda found: found.pop(700),
        lambda found: found.insert(3, found[2]),
        lambda found: found.reverse(),
        lambda found: found.__setitem__(0, sealed({"event": "begun"}, 1, "1" * 64)),
        lambda found: found.__setitem__(1, sealed({"event": "ended"}, 2, found[0].hash)),
        # the columns say another number than what was sealed
        lambda found: found.append(Line(LINES + 1, found[-1].hash, *_renumbered(found[-1]))),
    ],
)
def test_every_change_of_a_chain_is_found(change: Callable[[list[Line]], object]) -> None:
    found = lines(LINES)
    assert check(found).ok
    change(found)
    assert not check(found).ok


def _renumbered(last: Line) -> tuple[str, str]:
    line = sealed({"event": "begun"}, LINES + 2, last.hash)
    return line.hash, line.document


def test_the_proof_in_the_documentation_works(file: Path) -> None:
    program = re.search(r"```python\n(.*?)```", COMMANDS.read_text("utf-8"), re.DOTALL)
    assert program is not None
    store = Store.open(f"sqlite:///{file}")
    store.add_trail("ended", outcomes={"moved": 1}, detail="größer \x00 \U0001f600")
    told = "".join(one.model_dump_json() + "\n" for one in store.trail())
    for text, code in ((told, 0), (told.replace("größer", "kleiner", 1), 1)):
        answer = subprocess.run(
            [sys.executable, "-c", program[1]], input=text.encode(), check=False, stderr=subprocess.PIPE
        )
        assert answer.returncode == code, answer.stderr


def test_what_is_read_is_what_was_sealed() -> None:
    values = {"time": 1.5, "admin": "a", "where": "w", "event": "begun"}
    line = sealed(values, 1, START)
    assert entry(line).model_dump(mode="json", exclude={"hash"}) == {
        **values, "number": 1, "previous": START, "run": "", "verb": "", "plan_hash": "", "hosts": [], "outcomes": {},
        "detail": "",
    }  # fmt: skip
