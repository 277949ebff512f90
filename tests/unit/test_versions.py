from __future__ import annotations

import pytest

from smartfleet.nextcloud.versions import compare, is_unsafe, parse_version, qt_generation

VERSIONS: list[tuple[str, tuple[int, ...], int]] = [
    ("3.7.3git", (3, 7, 3), 5),
    ("3.13.2", (3, 13, 2), 5),
    ("3.14.0", (3, 14, 0), 6),
    ("3.16.7-1~deb13u1 (Debian built)", (3, 16, 7), 6),
    ("1:3.16.7-1", (3, 16, 7), 6),
    ("v33.0.5", (33, 0, 5), 6),
    ("4", (4,), 6),
    ("", (), 5),
    ("unknown", (), 5),
    ("99999999999999999999.1", (), 5),
    ("-3.1", (), 5),
]


@pytest.mark.parametrize(("text", "numbers", "qt"), VERSIONS)
def test_versions(text: str, numbers: tuple[int, ...], qt: int) -> None:
    assert parse_version(text) == numbers
    assert qt_generation(text) == qt


@pytest.mark.parametrize(
    ("text", "unsafe"),
    [("34.0.0", True), ("34.0", True), ("34.0.0-1", True), ("34.0.1", False), ("33.0.7", False), ("", False)],
)
def test_unsafe_versions(text: str, *, unsafe: bool) -> None:
    assert is_unsafe(text) is unsafe


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [
        ("3.16.7", "3.16.7", 0),
        ("3.16.7.24567", "3.16.7", 0),
        ("3.16", "3.16.7", 0),
        ("3.7.3.1", "3.16.7", -1),
        ("33.0.0", "4.0.8", 1),
        ("3.16.10", "3.16.9", 1),
        ("", "3.16.7", None),
        ("unknown", "3.16.7", None),
    ],
)
def test_which_is_newer(one: str, other: str, order: int | None) -> None:
    assert compare(one, other) == order
    assert compare(other, one) == (None if order is None else -order)
