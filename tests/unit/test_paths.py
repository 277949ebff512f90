"""Paths of hosts, compared as the hosts do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.nextcloud.paths import is_windows, place


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C:/Users/eva/Nextcloud/", "c:\\users\\EVA\\nextcloud"),
        ("C:/Users/eva/Nextcloud", "\\\\?\\C:\\Users\\eva\\Nextcloud\\"),
        ("\\\\server\\share\\eva", "\\\\?\\UNC\\SERVER\\share\\eva\\"),
        ("//server/share/eva/", "\\\\server\\share\\eva"),
        ("C:/Übung/öl", "c:/übung/ÖL"),
        ("C:/", "c:"),
    ],
)
def test_spellings_of_one_place_on_windows(one: str, other: str) -> None:
    assert place(one, windows=True) == place(other, windows=True)
    assert place(one, windows=False) != place(other, windows=False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C:/Users/eva/Nextcloud", "D:/Users/eva/Nextcloud"),
        ("C:/Users/eva/Nextcloud", "C:/Users/eva/Nextcloud2"),
        ("C:/Straße", "C:/STRASSE"),  # two names for NTFS
        ("C:/a", "C:/a "),
    ],
)
def test_two_places_on_windows(one: str, other: str) -> None:
    assert place(one, windows=True) != place(other, windows=True)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("/home/eva/A/", "/home/eva/A", True), ("/home/eva/A", "/home/eva/a", False), ("/", "", True)],
)
def test_elsewhere_case_counts(one: str, other: str, same: bool) -> None:  # noqa: FBT001 - a case
    assert (place(one, windows=False) == place(other, windows=False)) == same


@pytest.mark.parametrize("path", ["C:/Users/eva", "c:\\Users", "D:", "\\\\server\\share", "\\\\?\\C:\\x", "//?/C:/x"])
def test_paths_of_windows(path: str) -> None:
    assert is_windows(path)


@pytest.mark.parametrize("path", ["/home/eva", "//server/x", "C:Users", "", "Users", "c/d", "CD:/x"])
def test_other_paths(path: str) -> None:
    assert not is_windows(path)


@given(st.text(max_size=30), st.booleans())
def test_a_place_is_its_own_place(path: str, windows: bool) -> None:  # noqa: FBT001 - a case
    once = place(path, windows=windows)
    assert once == place(path + "/", windows=windows)
    if not once.startswith("//?"):
        assert place(once, windows=windows) == once
