"""Untrusted text is shown, not obeyed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.text import bytes_text, number_of, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("eva", "eva"),
        ("Büro Ablage, neu", "Büro Ablage, neu"),
        ("a\nb", r"a\x0ab"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("invoice\u202egpj.exe", r"invoice\u202egpj.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("\udc80", r"\udc80"),
        ("\U000e0041", r"\U000e0041"),
        ("日本", "日本"),
    ],
)
def test_what_would_be_obeyed_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    shown = visible(text)
    assert "\n" not in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (67_300_000, "67.3 MB"), (2_500_000_000_000, "2.5 TB")],
)
def test_sizes(count: int, shown: str) -> None:
    assert bytes_text(count) == shown


@pytest.mark.parametrize(
    ("count", "words", "shown"),
    [
        (0, ("file",), "0 files"),
        (1, ("file",), "1 file"),
        (50_000, ("file",), "50,000 files"),
        (2, ("entry", "entries"), "2 entries"),
    ],
)
def test_numbers_of_things(count: int, words: tuple[str, ...], shown: str) -> None:
    assert number_of(count, *words) == shown
