"""The texts of notices: every kind in every language, and nothing in them that somebody else wrote."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from itertools import product
from pathlib import Path

import pytest

from smartfleet.model.notices import NoticeKind
from smartfleet.notify.words import moment, span
from smartfleet.notify.write import KINDS, About, Writer
from smartfleet.words import LANGUAGES, Language

TEMPLATES = Path(__file__).parents[2] / "templates"
EVERY = list(product(LANGUAGES, KINDS))
ABOUT = About(
    old="https://cloud.example.org",
    new="https://mein.smartde.coop",
    computers=["pc-1"],
    folders=["/home/anna/Nextcloud"],
    left=2,
    pause=4 * 3600.0,
    deadline=datetime.fromisoformat("2026-12-31T18:00+01:00"),
    answer_within=60.0,
)
HOSTILE = "{{ 7 * 7 }}{% raw %}\x1b[31m\u202e</b>\nBcc: all@example.org"
SAME_FOLDER = {"de": "denselben Ordner wie bisher", "en": "the same folder as before"}


def write(language: Language, kind: NoticeKind, about: About = ABOUT) -> tuple[str, str, str]:
    written = Writer(TEMPLATES, language).write(kind, about)
    return written.title, written.desktop, written.text


@pytest.mark.parametrize(("language", "kind"), EVERY)
def test_what_every_notice_says(language: Language, kind: NoticeKind) -> None:
    title, desktop, text = write(language, kind)
    assert title
    assert "\n" not in title
    assert len(title) <= 80
    assert len(desktop) <= 400
    assert "https://mein.smartde.coop/" in text
    assert "/home/anna/Nextcloud" in text
    assert SAME_FOLDER[language] in text
    assert "pc-1" in text
    for part in (title, desktop, text):
        assert not re.search(r"[{}<>]|[^\n]  |\n\n\n|None|Undefined", part)
    assert text.endswith("\n")


@pytest.mark.parametrize(("language", "kind"), EVERY)
def test_what_others_wrote_is_text(language: Language, kind: NoticeKind) -> None:
    hostile = replace(ABOUT, computers=[HOSTILE], folders=[HOSTILE], when=HOSTILE, sentence=HOSTILE)
    for part in write(language, kind, hostile):
        assert "49" not in part
        assert "\x1b" not in part
        assert "\u202e" not in part
    _, desktop, text = write(language, kind, hostile)
    assert desktop.endswith("{{ 7 * 7 }}{% raw %}\\x1b[31m\\u202e</b>\nBcc: all@example.org")
    assert "\\x0aBcc: all@example.org" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_has_two_buttons_and_its_rules(language: Language) -> None:
    writer = Writer(TEMPLATES, language)
    asked = writer.write("ask-to-postpone", ABOUT)
    assert asked.title.endswith("?")
    assert asked.go_label
    assert asked.later_label
    assert "2" in asked.desktop
    assert "18:00" in asked.desktop
    assert "18:00" not in writer.write("ask-to-postpone", replace(ABOUT, deadline=None)).desktop
    for kind in set(KINDS) - {"ask-to-postpone"}:
        assert (writer.write(kind, ABOUT).go_label, writer.write(kind, ABOUT).later_label) == ("", "")


def test_a_long_list_of_folders_does_not_fill_the_screen() -> None:
    many = replace(ABOUT, folders=[f"/home/anna/{number}" + "x" * 300 for number in range(9)])
    _, desktop, text = write("en", "sign-in", many)
    assert "/home/anna/2" in desktop
    assert "/home/anna/3" not in desktop
    assert "/home/anna/8" in text
    assert "x" * 200 not in text


@pytest.mark.parametrize(
    ("seconds", "german", "english"),
    [
        (0, "1 Sekunde", "1 second"),
        (60, "1 Minute", "1 minute"),
        (5400, "1 Stunde und 30 Minuten", "1 hour and 30 minutes"),
        (14_400, "4 Stunden", "4 hours"),
        (86_400 + 61, "1 Tag und 1 Minute", "1 day and 1 minute"),
    ],
)
def test_lengths_of_time(seconds: float, german: str, english: str) -> None:
    assert (span(seconds, "de"), span(seconds, "en")) == (german, english)


def test_moments() -> None:
    when = datetime.fromisoformat("2026-03-01T08:05+01:00")
    assert (moment(when, "de"), moment(when, "en")) == ("01.03.2026, 08:05 Uhr", "1 March 2026, 08:05")


def test_both_languages_have_the_same_templates() -> None:
    names = {language: {path.name for path in (TEMPLATES / "notices" / language).iterdir()} for language in LANGUAGES}
    assert names["de"] == names["en"] == {*(f"{kind}.j2" for kind in KINDS), "advice.j2"}
