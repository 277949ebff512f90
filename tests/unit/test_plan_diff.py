"""The diff that people read before they say yes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smartfleet.plan.diff import config_diff
from smartfleet.text import visible


def test_a_plain_change() -> None:
    old = b"[Accounts]\n0\\authType=webflow\n0\\dav_user=eva\n0\\displayName=Eva\n0\\url=https://old\n0\\version=1\nversion=2\n"
    assert config_diff(old, old.replace(b"https://old", b"https://new"), "nextcloud.cfg").splitlines() == [
        "--- nextcloud.cfg (now)",
        "+++ nextcloud.cfg (after)",
        "@@ -3,5 +3,5 @@",
        " 0\\dav_user=eva",
        " 0\\displayName=Eva",
        "-0\\url=https://old",
        "+0\\url=https://new",
        " 0\\version=1",
        " version=2",
    ]


def test_nothing_changed() -> None:
    assert config_diff(b"a=1\n", b"a=1\n", "x") == ""


def test_crlf_is_not_shown_where_every_line_has_it() -> None:
    assert "\\x0d" not in config_diff(b"a=1\r\nb=2\r\n", b"a=1\r\nb=3\r\n", "x")


def test_mixed_line_endings_are_shown() -> None:
    diff = config_diff(b"a=1\r\nb=2\n", b"a=1\r\nb=3\n", "x")
    assert " a=1\\x0d" in diff
    assert "+b=3" in diff.splitlines()


def test_control_characters_are_shown() -> None:
    diff = config_diff(b"a=\x1b[31m\n", b"a=\x00\n", "x")
    assert "-a=\\x1b[31m" in diff
    assert "+a=\\x00" in diff


def test_bytes_that_are_no_utf8_are_shown() -> None:
    assert "-a=B\\xfcro" in config_diff(b"a=B\xfcro\n", b"a=1\n", "x")
    assert "-a=Büro" in config_diff("a=Büro\n".encode(), b"a=1\n", "x")


def test_very_long_lines_are_cut() -> None:
    diff = config_diff(b"cert=" + b"A" * 5000 + b"\na=1\n", b"cert=" + b"A" * 5000 + b"\na=2\n", "x")
    assert max(len(line) for line in diff.splitlines()) < 350
    assert "(5006 characters)" in diff


def test_a_missing_last_line_end_is_no_line_more() -> None:
    assert "+a=2" in config_diff(b"a=1", b"a=2", "x").splitlines()


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_nothing_in_a_file_reaches_the_terminal(old: bytes, new: bytes) -> None:
    for line in config_diff(old, new, "x").split("\n"):
        assert line == visible(line)
