"""Keys that QSettings on Windows reads otherwise, because there it compares them without case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.nextcloud.qsettings import scan
from smartfleet.nextcloud.spelling import odd_keys
from tests.unit.builders import config_text


@pytest.mark.parametrize(
    ("lines", "odd"),
    [
        (["0\\url=a", "0\\URL=b"], ["Accounts/0/URL"]),
        (["0\\Url=a"], ["Accounts/0/Url"]),
        (["0\\url=a", "0\\url=b"], ["Accounts/0/url"]),
        (["0\\folders\\1\\localPath=a"], ["Accounts/0/folders/1/localPath"]),
        (["0\\Folders\\1\\LocalPath=a"], ["Accounts/0/Folders/1/LocalPath"]),
        (["0\\Folders\\URL\\localPath=a"], []),  # an alias
        (["0\\someFutureKey=a", "0\\x=1"], []),
        (["0\\someFutureKey=a", "0\\SOMEfuturekey=1"], ["Accounts/0/SOMEfuturekey"]),
        (["Version=2"], ["Accounts/Version"]),
    ],
)
def test_odd_keys(lines: list[str], odd: list[str]) -> None:
    assert odd_keys(scan("\r\n".join(["[Accounts]", *lines, ""]).encode())) == odd


def test_the_section_in_another_spelling() -> None:
    assert odd_keys(scan(b"[accounts]\r\n0\\url=a\r\n")) == ["accounts/0/url"]


def test_other_groups_do_not_matter() -> None:
    assert odd_keys(scan(b"[General]\r\nclientVersion=1\r\nCLIENTVERSION=2\r\n[Settings]\r\nA=1\r\na=2\r\n")) == []


@given(st.integers(0, 3))
def test_no_file_of_a_client_has_any(count: int) -> None:
    accounts = [{"user": f"eva{number}"} for number in range(count)]
    assert odd_keys(scan(config_text(accounts, os="windows").encode())) == []
