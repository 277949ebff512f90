"""The catalogs of texts: every language says the same things."""

from __future__ import annotations

from string import Formatter

import pytest

from smartfleet.paths import data_folder
from smartfleet.words import LANGUAGES, Language, Words, load_words

TEMPLATES = data_folder("templates")


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_text_with_the_same_places(language: Language) -> None:
    english, texts = load_words("en", TEMPLATES).texts, load_words(language, TEMPLATES).texts
    assert texts.keys() == english.keys()
    assert {key: places(text) for key, text in texts.items()} == {key: places(text) for key, text in english.items()}
    assert all(texts.values())


def test_values_stand_in_their_places_as_they_are() -> None:
    words = Words("en", {"page.shown": "{count} of {all}"})
    assert words("page.shown", count="{all}", all=3) == "{all} of 3"
    assert words.get("page.none") == ""
    with pytest.raises(KeyError):
        words("page.none")
