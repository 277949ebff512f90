from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smartfleet.nextcloud.inverse import apply_edits, apply_inverse
from smartfleet.nextcloud.qsettings import parse

if TYPE_CHECKING:
    from smartfleet.nextcloud.inverse import Edit

URL: Edit = {"section": "Accounts", "key": "0\\url", "old": "https://old", "new": "https://new"}
ADDED: Edit = {"section": "Accounts", "key": "0\\Folders\\1\\journalPath", "old": None, "new": ".sync_a.db"}
OTHER: Edit = {"section": "Accounts", "key": "0\\extra", "old": None, "new": "1"}


def file(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in ("[Accounts]", *lines)).encode()


BACK = [
    ("the url", [URL], file("0\\url=https://new"), file("0\\url=https://old"), []),
    ("taken back before", [URL], file("0\\url=https://old"), file("0\\url=https://old"), []),
    ("changed since", [URL], file("0\\url=https://third"), file("0\\url=https://third"), ["0\\url"]),
    ("account gone", [URL], file("version=2"), file("version=2"), ["0\\url"]),
    (
        "the journal stays",
        [ADDED, URL],
        file("0\\Folders\\1\\journalPath=.sync_a.db", "0\\url=https://new"),
        file("0\\Folders\\1\\journalPath=.sync_a.db", "0\\url=https://old"),
        [],
    ),
    ("what was added goes", [OTHER], file("0\\extra=1", "0\\url=x"), file("0\\url=x"), []),
    ("the user's changes stay", [URL], file("0\\a=9", "0\\url=https://new"), file("0\\a=9", "0\\url=https://old"), []),
]


@pytest.mark.parametrize(("edits", "now", "back", "left"), [case[1:] for case in BACK], ids=[case[0] for case in BACK])
def test_edits_are_taken_back(edits: list[Edit], now: bytes, back: bytes, left: list[str]) -> None:
    ini, kept = apply_inverse(parse(now), edits)
    assert ini.to_bytes() == back
    assert kept == left


def test_edits_fit_the_file_or_nothing_is_done() -> None:
    assert apply_edits(parse(file("0\\url=https://old")), [URL]).to_bytes() == file("0\\url=https://new")
    with pytest.raises(ValueError, match="not what the plan saw"):
        apply_edits(parse(file("0\\url=https://third")), [URL])


def test_an_edit_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="names its section"):
        apply_edits(parse(b""), [{"section": "", "key": "x", "old": None, "new": "1"}])
