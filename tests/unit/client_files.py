"""Configurations for tests: those that real clients wrote, and generated ones that a client could have written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from smartfleet.nextcloud.accounts import FOLDER_GROUPS, read_accounts
from smartfleet.nextcloud.edits import FolderPlace, MovedConfig, move_edits
from smartfleet.nextcloud.qsettings import encode_key, encode_string, parse

SAMPLES = Path(__file__).parents[1] / "samples"
CONFIGS = sorted(SAMPLES.rglob("*.cfg"))
OLD = "https://old.example.org"
NEW = "https://mein.smartde.coop"

HOSTILE_NAMES = [
    "plain",
    "with blank ",
    " leading",
    "a,b;c=d",
    'quote"d',
    "back\\slash",
    "line\nbreak",
    "tab\there",
    "{{ lookup('pipe', 'id') }}",
    "@at",
    "@ByteArray(x)",
    "@@two",
    "Jürgen 日本 😀",
    "ü41",
    "bell\x07a",
    "\x1b[31mred",
    "%41",
    "[section]",
    ";comment",
    "",
]

# surrogates cannot be in a Python text that came from UTF-8; NUL cannot be in a path or a URL
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12) | st.sampled_from(
    HOSTILE_NAMES
)


@dataclass(frozen=True)
class Config:
    """A generated file and what was put into it: decoded path to text, and the numbers of the accounts on OLD."""

    data: bytes
    qt: int
    values: dict[str, str]
    on_old: tuple[str, ...]


@st.composite
def configs(draw: st.DrawFn) -> Config:
    """Several accounts of two servers, folders in all groups, comments, unknown groups, any order, any line ending."""
    qt = draw(st.sampled_from([5, 6]))
    end = draw(st.sampled_from([b"\n", b"\r\n"]))
    numbers = draw(st.lists(st.integers(0, 30).map(str), min_size=1, max_size=3, unique=True))
    values: dict[str, str] = {}
    on_old = []
    for number in numbers:
        is_old = draw(st.booleans())
        on_old += [number] if is_old else []
        values.update(draw(_account(number, OLD if is_old else "https://other.example.org/nc")))
    lines = [encode_key(path) + b"=" + encode_string(text, qt) for path, text in values.items()]
    lines += draw(
        st.lists(
            st.sampled_from(
                [b"; a comment", b"", b"  unknown%20key = 1 , 2 ", b"x=@Variant(\\0\\0\\0\\x11\\0\\0\\0\\bhttp://a)"]
            )
        )
    )
    body = end.join(draw(st.permutations(lines)))
    head = b"[General]" + end + b"clientVersion=3.7.3git" + end + end + b"[Accounts]" + end
    tail = end + b"[Un%20known]" + end + b"a=@Invalid()" + end
    named = {f"Accounts/{path}": text for path, text in values.items()}
    return Config(head + body + end + tail, qt, named, tuple(on_old))


@st.composite
def _account(draw: st.DrawFn, number: str, url: str) -> dict[str, str]:
    values = {
        f"{number}/url": url + draw(st.sampled_from(["", "/"])),
        f"{number}/webflow_user": draw(texts) or "eva",
        f"{number}/displayName": draw(texts),
        f"{number}/dav_user": draw(texts) or "eva",
    }
    for alias in draw(st.lists(st.integers(0, 12).map(str), max_size=2, unique=True)):
        group = draw(st.sampled_from(FOLDER_GROUPS))
        prefix = f"{number}/{group}/{alias}"
        values[f"{prefix}/localPath"] = "/home/eva/" + draw(texts)
        values[f"{prefix}/targetPath"] = "/" + draw(texts)
        if draw(st.booleans()):
            values[f"{prefix}/journalPath"] = draw(st.sampled_from([".sync_0123456789ab.db", ""]))
    return values


def moved_file(
    data: bytes,
    numbers: Sequence[str],
    url: str,
    qt: int,
    journals: Mapping[FolderPlace, str] | None = None,
    *,
    keep_journals: bool = True,
) -> MovedConfig:
    """The file after a move of the accounts with these numbers."""
    ini = parse(data)
    accounts = [account for account in read_accounts(ini, qt) if account.number in numbers]
    return move_edits(ini, accounts, url, qt, journals=journals, keep_journals=keep_journals)
