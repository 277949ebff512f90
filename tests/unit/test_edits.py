from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from smartfleet.nextcloud.accounts import read_accounts
from smartfleet.nextcloud.inverse import apply_edits, apply_inverse
from smartfleet.nextcloud.names import journal_name
from smartfleet.nextcloud.qsettings import parse
from tests.unit.client_files import CONFIGS, NEW, SAMPLES, Config, configs, moved_file


@pytest.mark.parametrize("path", [path for path in CONFIGS if path.name.startswith("u")], ids=lambda path: path.name)
def test_in_a_real_file_one_value_changes(path: Path) -> None:
    before = path.read_bytes()
    moved = moved_file(before, ["0"], NEW, 5)
    assert moved.data == before.replace(b"0\\url=http://localhost:8102\n", b"0\\url=https://mein.smartde.coop\n")
    assert [(edit.section, edit.key, edit.old, edit.new) for edit in moved.edits] == [
        ("Accounts", "0\\url", "http://localhost:8102", "https://mein.smartde.coop")
    ]
    assert [(one.number, one.login, one.user, one.old_url, one.new_url) for one in moved.accounts] == [
        ("0", "alice", "alice", "http://localhost:8102", "https://mein.smartde.coop")
    ]


def test_a_missing_journal_path_is_the_one_of_the_old_url() -> None:
    data = (SAMPLES / "client-3.7.3/u7.cfg").read_bytes()
    line = b"0\\Folders\\0\\journalPath=.sync_de16309fa93d.db\n"
    moved = moved_file(data.replace(line, b""), ["0"], NEW, 5)
    assert moved.data == moved_file(data, ["0"], NEW, 5).data
    assert [edit.key for edit in moved.edits] == ["0\\Folders\\0\\journalPath", "0\\url"]
    assert moved.edits[0].old is None
    assert moved.edits[0].new == journal_name("alice", "http://localhost:8102", "/")


def test_a_journal_seen_on_the_disk_is_named_instead() -> None:
    data = (SAMPLES / "client-3.7.3/u7.cfg").read_bytes().replace(b"=.sync_de16309fa93d.db", b"=")
    moved = moved_file(data, ["0"], NEW, 5, journals={("0", "Folders", "0"): ".sync_ffffffffffff.db"})
    assert (moved.edits[0].old, moved.edits[0].new) == ("", ".sync_ffffffffffff.db")


def test_journals_set_aside_are_not_named() -> None:
    data = b"[Accounts]\n0\\url=https://a\n0\\Folders\\1\\localPath=/x\n"
    assert [edit.key for edit in moved_file(data, ["0"], NEW, 6, keep_journals=False).edits] == ["0\\url"]


@given(configs())
@settings(deadline=None)
def test_a_move_changes_what_it_names_and_nothing_else(config: Config) -> None:
    moved = moved_file(config.data, config.on_old, NEW, config.qt)
    before, after = parse(config.data), parse(moved.data)
    named = {f"Accounts/{edit.key}".replace("\\", "/"): edit for edit in moved.edits}
    for path in {*before.paths(), *after.paths()}:
        if path not in named:
            assert before.raw_at(path) == after.raw_at(path)
    for path, edit in named.items():
        assert (before.raw_at(path), after.raw_at(path)) == (_raw(edit.old), _raw(edit.new))
    assert {account.number for account in read_accounts(after) if account.url == NEW} == set(config.on_old)
    folders = [folder for account in read_accounts(after) if account.url == NEW for folder in account.folders]
    assert all(folder.journal_path for folder in folders)


@given(configs())
@settings(deadline=None)
def test_a_move_taken_back_by_hand_is_the_file_of_before(config: Config) -> None:
    moved = moved_file(config.data, config.on_old, NEW, config.qt)
    ini = parse(moved.data)
    for edit in reversed(moved.edits):
        ini = ini.with_raw(edit.section, edit.key, _raw(edit.old))
    assert ini.to_bytes() == config.data


@given(configs())
@settings(deadline=None)
def test_the_host_makes_the_same_file_from_the_edits(config: Config) -> None:
    moved = moved_file(config.data, config.on_old, NEW, config.qt)
    edits = [edit.model_dump() for edit in moved.edits]
    assert apply_edits(parse(config.data), edits).to_bytes() == moved.data
    assert apply_edits(parse(moved.data), edits).to_bytes() == moved.data
    back, left = apply_inverse(parse(moved.data), edits)
    assert left == []
    kept = [edit for edit in moved.edits if edit.old is None]
    assert moved_file(back.to_bytes(), config.on_old, NEW, config.qt).data == moved.data
    assert all(back.get_raw(edit.section, edit.key) == _raw(edit.new) for edit in kept)


@given(configs())
@settings(deadline=None)
def test_a_second_move_changes_nothing(config: Config) -> None:
    moved = moved_file(config.data, config.on_old, NEW, config.qt)
    again = moved_file(moved.data, config.on_old, NEW, config.qt)
    assert again.data == moved.data
    assert again.edits == []


REFUSED = [
    ("broken file", b"[Accounts\n0\\url=https://a\n", ["0"], "line 1"),
    ("cut off in a quotation", b'[Accounts]\n0\\url="https://a\n', ["0"], "line 2"),
    ("binary", b"\x7fELF\0\0\n", ["0"], "line 1"),
    (
        "more folders than people have",
        b"[Accounts]\n0\\url=https://a\n" + b"".join(b"0\\Folders\\%d\\localPath=/x\n" % n for n in range(100)),
        ["0"],
        "101 values",
    ),
    ("url of no text", b"[Accounts]\n0\\url=https://\xff\n", ["0"], "no UTF-8"),
]


@pytest.mark.parametrize(("data", "numbers", "why"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_cannot_be_moved_is_refused(data: bytes, numbers: list[str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        moved_file(data, numbers, NEW, 6)


def test_a_url_that_is_a_variant_becomes_text() -> None:
    data = b"[Accounts]\r\n0\\url=@Variant(\\0\\0\\0\\x11\\0\\0\\0\\x15http://localhost:8102)\r\nversion=2\r\n"
    moved = moved_file(data, ["0"], NEW + "/", 5)
    assert moved.data == b"[Accounts]\r\n0\\url=https://mein.smartde.coop\r\nversion=2\r\n"
    assert moved.accounts[0].old_url == "http://localhost:8102"


def _raw(text: str | None) -> bytes | None:
    return None if text is None else text.encode()
