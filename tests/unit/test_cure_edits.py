"""What cures change in configurations, of real clients and generated ones: what is meant, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from smartfleet.model.plan import Edit
from smartfleet.nextcloud.accounts import read_accounts
from smartfleet.nextcloud.cure_edits import NewPlace, cure_edits, raw_local_path
from smartfleet.nextcloud.inivalues import decode_value
from smartfleet.nextcloud.inverse import apply_edits, apply_inverse
from smartfleet.nextcloud.qsettings import parse
from tests.unit.client_files import CONFIGS, Config, configs


def raw(edits: list[Edit]) -> list[dict[str, str | None]]:
    return [edit.model_dump() for edit in edits]


@given(configs())
def test_an_account_leaves_and_all_else_stays(config: Config) -> None:
    ini = parse(config.data)
    number = next(path.split("/")[1] for path in config.values)
    cured = cure_edits(ini, config.qt, drop={number})
    after = parse(cured.data)
    left = [path for path in ini.paths() if not path.startswith(f"Accounts/{number}/")]
    assert after.paths() == left
    assert [after.raw_at(path) for path in left] == [ini.raw_at(path) for path in left]
    assert apply_edits(ini, raw(cured.edits)).to_bytes() == cured.data
    back, kept = apply_inverse(after, raw(cured.edits))
    assert kept == []
    values = {path: back.raw_at(path) for path in ini.paths() if not path.endswith("/journalPath")}
    assert values == {path: ini.raw_at(path) for path in values}


@given(configs())
def test_a_folder_gets_another_place(config: Config) -> None:
    ini = parse(config.data)
    folder = next((one for account in read_accounts(ini, config.qt) for one in account.folders), None)
    if folder is None:
        return
    place = (folder.account, folder.group, folder.alias)
    new = NewPlace(raw_local_path('/home/eva/Büro; 50%, "neu"', config.qt, windows=False), ".sync_aaaaaaaaaaaa.db")
    cured = cure_edits(ini, config.qt, places={place: new})
    after = parse(cured.data)
    found = next(
        one
        for account in read_accounts(after, config.qt)
        for one in account.folders
        if (one.account, one.group, one.alias) == place
    )
    assert found.local_path.decode() == '/home/eva/Büro; 50%, "neu"/'
    assert found.journal_path == ".sync_aaaaaaaaaaaa.db"
    changed = {folder.key("localPath"), folder.key("journalPath")}
    for path in ini.paths():
        if path.removeprefix("Accounts/") not in changed:
            assert after.raw_at(path) == ini.raw_at(path)


@pytest.mark.parametrize("path", CONFIGS, ids=[f"{path.parent.name}/{path.name}" for path in CONFIGS])
def test_the_only_account_of_a_real_file_leaves(path: Path) -> None:
    ini = parse(path.read_bytes())
    numbers = {account.number for account in read_accounts(ini)}
    after = parse(cure_edits(ini, 6, drop=numbers).data)
    assert read_accounts(after) == []
    assert after.raw_at("clientVersion") == ini.raw_at("clientVersion")


def test_nothing_asked_for_changes_nothing() -> None:
    data = b"[Accounts]\n0\\url=https://a.example\n"
    cured = cure_edits(parse(data), 6)
    assert (cured.data, cured.edits) == (data, [])


def test_a_value_that_is_there_is_no_edit() -> None:
    data = b"[Accounts]\n0\\Folders\\1\\journalPath=.sync_aaaaaaaaaaaa.db\n0\\url=https://a.example\n"
    cured = cure_edits(parse(data), 6, journals={("0", "Folders", "1"): ".sync_aaaaaaaaaaaa.db"})
    assert cured.edits == []


def test_a_file_that_no_client_writes() -> None:
    lines = b"".join(b"0\\key%d=x\n" % number for number in range(600))
    with pytest.raises(ValueError, match="no client"):
        cure_edits(parse(b"[Accounts]\n" + lines), 6, drop={"0"})
    with pytest.raises(ValueError, match="UTF-8"):
        cure_edits(parse(b"[Accounts]\n0\\displayName=\xff\n"), 6, drop={"0"})


@pytest.mark.parametrize(
    ("path", "windows", "expected"),
    [
        ("/home/eva/Nextcloud", False, b"/home/eva/Nextcloud/"),
        ("/home/eva/Nextcloud/", False, b"/home/eva/Nextcloud/"),
        ("C:\\Users\\eva\\Nextcloud", True, b"C:/Users/eva/Nextcloud/"),
        ("/home/eva/a, b", False, b'"/home/eva/a, b/"'),
    ],
)
def test_a_path_as_the_client_writes_it(path: str, expected: bytes, *, windows: bool) -> None:
    assert raw_local_path(path, 6, windows=windows) == expected
    assert decode_value(expected, 6) == expected.decode().strip('"')
