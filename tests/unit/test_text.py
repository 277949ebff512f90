"""Untrusted text is shown, not obeyed."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.text import bytes_text, number_of, visible, visible_json


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
        ("\uffff", r"\uffff"),
        ("\U0001fffe", r"\U0001fffe"),
        ("日本", "日本"),
        ("eva\u3164", r"eva\u3164"),
        ("eva\u2800\ufe0f", r"eva\u2800\ufe0f"),
        ("\U000e0100", r"\U000e0100"),
        ("e\u0301\u0323", "e\u0301\u0323"),
        ("z" + "\u0301" * 10 + "o\u0301", "z" + "\u0301" * 8 + r"\u0301\u0301" + "o\u0301"),
    ],
)
def test_what_would_be_obeyed_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_european_letters_are_shown_as_they_are_told_among_others() -> None:
    """Alone they are looked at as one text, beside a letter from elsewhere each for itself."""
    for number in range(0x300):
        assert visible(chr(number)) + "日" == visible(chr(number) + "日")


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    shown = visible(text)
    assert "\n" not in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert visible(shown) == shown


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_holds_the_same_and_nothing_that_a_terminal_obeys(text: str) -> None:
    for written in (json.dumps([text, {text: 1}], ensure_ascii=False, indent=2), json.dumps(text, ensure_ascii=False)):
        shown = visible_json(written)
        assert json.loads(shown) == json.loads(written)
        assert not [one for one in shown if unicodedata.category(one) in {"Cc", "Cf", "Zl", "Zp"} and one != "\n"]


def test_json_of_names_that_do_no_harm_is_as_it_was() -> None:
    assert visible_json('{"Büro": "日本"}') == '{"Büro": "日本"}'
    assert visible_json('["\x9b31m\U000e0041\x7f"]') == r'["\u009b31m\udb40\udc41\u007f"]'


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
