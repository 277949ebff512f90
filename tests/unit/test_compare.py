"""The classes of a comparison as a table: the disk now, the manifest from before, the journal."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.compare import (
    Rules,
    Tally,
    against_before,
    against_journal,
    not_done,
    wanted,
)
from ansible_collections.smartde.nextcloud.plugins.module_utils.journal import Row
from ansible_collections.smartde.nextcloud.plugins.module_utils.manifest import Item
from ansible_collections.smartde.nextcloud.plugins.module_utils.merging import Seen, merge
from ansible_collections.smartde.nextcloud.plugins.module_utils.walk import Entry
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.model.results import Comparison

T = 1_700_000_000
NS = T * 1_000_000_000
ONE, TWO = b"1" * 40, b"2" * 40
PATH = b"folder/name.txt"
CONFLICT = b"name (conflicted copy 2026-01-02 030405).txt"


def disk(size: int = 5, mtime: int = T, kind: str = "file", path: bytes = PATH) -> Entry:
    return Entry(path, size, mtime * 1_000_000_000, kind)


def was(size: int = 5, mtime: int = T, kind: str = "file", digest: bytes = b"", *, pending: bool = False) -> Item:
    return Item(PATH, size, mtime * 1_000_000_000, kind, digest, pending)


def row(size: int = 5, mtime: int = T, type_: int = 0, checksum: bytes = b"", name: str = "SHA1") -> Row:
    return Row(PATH, type_, size, mtime, "etag", "00000001ocabc", checksum.decode(), name if checksum else "", False)  # noqa: FBT003


def seen(now: Entry | None, before: Item | None, known: Row | None, *, hidden: bool = False) -> Seen:
    return Seen(now.path if now else PATH, now, before, known, hidden)


SIZE, NO_JOURNAL, CONTENT = Rules(), Rules(journal=False), Rules(content=True)
BLOCKED, UNSYNCED = Rules(pending={PATH: "uploadinfo"}), Rules(unsynced=lambda _path: True)

# name: (now, before, row), rules, digests of the content, against before, against the journal
BEFORE_AND_JOURNAL = {
    "untouched": ((disk(), was(), row()), SIZE, {}, "same", "same"),
    "untouched-no-row": ((disk(), was(), None), SIZE, {}, "same", "user/new"),
    "untouched-pending-edit": ((disk(6), was(6), row()), SIZE, {}, "same", "user/changed"),
    "edited": ((disk(6, T + 9), was(), row()), SIZE, {}, "user/changed", "user/changed"),
    "edited-and-uploaded": ((disk(6, T + 9), was(), row(6, T + 9)), SIZE, {}, "synced/synced", "same"),
    "only-the-time": ((disk(5, T + 9), was(), row()), SIZE, {}, "user/changed", "user/changed"),
    "edited-no-journal": ((disk(6), was(), None), NO_JOURNAL, {}, "unproven/unproven", "user/new"),
    "edited-blocked": ((disk(6), was(), row()), BLOCKED, {}, "user/blocked", "user/blocked"),
    "gone": ((None, was(), row()), SIZE, {}, "lost/lost", "user/lost"),
    "gone-through-server": ((None, was(), None), SIZE, {}, "synced/synced", None),
    "gone-never-uploaded": ((None, was(pending=True), None), SIZE, {}, "lost/lost", None),
    "gone-no-journal": ((None, was(), None), NO_JOURNAL, {}, "lost/lost", None),
    "gone-unsynced": ((None, was(), None), UNSYNCED, {}, "user/changed", None),
    "gone-turned-directory": ((disk(0, 0, "dir"), was(), row()), SIZE, {}, "lost/lost", "user/lost"),
    "new": ((disk(), None, None), SIZE, {}, "user/new", "user/new"),
    "new-from-server": ((disk(), None, row()), SIZE, {}, "synced/synced", "same"),
    "new-edited": ((disk(6), None, row()), SIZE, {}, "user/changed", "user/changed"),
    "new-blocked": ((disk(), None, None), BLOCKED, {}, "user/blocked", "user/blocked"),
    "new-no-journal": ((disk(), None, None), NO_JOURNAL, {}, "unproven/unproven", "user/new"),
    "new-unsynced": ((disk(), None, None), UNSYNCED, {}, None, None),
    "new-conflict": ((disk(path=CONFLICT), None, None), SIZE, {}, "conflicts/conflict", "user/conflict"),
    "old-conflict": ((disk(path=CONFLICT), was(), None), SIZE, {}, "same", "user/conflict"),
    "new-link": ((disk(kind="link"), None, None), SIZE, {}, None, None),
    "gone-link": ((None, was(kind="link"), None), SIZE, {}, "user/changed", None),
    "only-a-row": ((None, None, row()), SIZE, {}, None, "user/lost"),
    "row-of-a-directory": ((disk(0, 0, "dir"), was(0, 0, "dir"), row(0, 0, 2)), SIZE, {}, None, None),
    "row-of-a-link": ((disk(kind="link"), was(kind="link"), row(type_=1)), SIZE, {}, "same", None),
    "placeholder": ((disk(1, kind="placeholder"), was(1, kind="placeholder"), row(9, T, 4)), SIZE, {}, "same", "same"),
    "placeholder-new": ((disk(1, kind="placeholder"), None, row(9, T, 4)), SIZE, {}, "synced/synced", "same"),
    "dehydrated": ((disk(1, kind="placeholder"), was(), row(9, T, 4)), SIZE, {}, "synced/synced", "same"),
    "hydrated": ((disk(9), was(1, kind="placeholder"), row(9)), SIZE, {}, "synced/synced", "same"),
    "placeholder-content": (
        (disk(1, kind="placeholder"), was(1, kind="placeholder"), row(9, T, 4)), CONTENT, {}, "same", "same",
    ),
    "content-as-before": ((disk(), was(digest=ONE), row()), CONTENT, {"SHA1": ONE}, "same", "same"),
    "content-damaged": (
        (disk(), was(digest=ONE), row(checksum=ONE)), CONTENT, {"SHA1": TWO}, "lost/lost", "lost/lost",
    ),
    "content-damaged-no-row": ((disk(), was(digest=ONE), None), CONTENT, {"SHA1": TWO}, "lost/lost", "user/new"),
    "content-replaced-by-client": (
        (disk(), was(digest=ONE), row(checksum=TWO)), CONTENT, {"SHA1": TWO}, "synced/synced", "same",
    ),
    "content-by-checksum": ((disk(), was(), row(checksum=ONE)), CONTENT, {"SHA1": ONE}, "same", "same"),
    "content-not-the-checksum": ((disk(), was(), row(checksum=ONE)), CONTENT, {"SHA1": TWO}, "lost/lost", "lost/lost"),
    "content-other-algorithm": (
        (disk(), was(), row(checksum=b"ABCD", name="MD5")), CONTENT, {"SHA1": ONE, "MD5": b"abcd"}, "same", "same",
    ),
    "content-unknown-algorithm": (
        (disk(), was(), row(checksum=b"ab", name="WHAT")), CONTENT, {"SHA1": ONE},
        "unproven/unproven", "unproven/unproven",
    ),
    "content-nothing-to-compare": (
        (disk(), was(), row()), CONTENT, {"SHA1": ONE}, "unproven/unproven", "unproven/unproven",
    ),
    "content-unreadable": (
        (disk(), was(digest=ONE), row()), CONTENT, {}, "unproven/unproven", "unproven/unproven",
    ),
    "content-edited": ((disk(6), was(digest=ONE), row()), CONTENT, {"SHA1": TWO}, "user/changed", "user/changed"),
    "content-synced-and-damaged": (
        (disk(6), was(digest=ONE), row(6, checksum=ONE)), CONTENT, {"SHA1": TWO}, "lost/lost", "lost/lost",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BEFORE_AND_JOURNAL)
def test_classes(name: str) -> None:
    (now, before, known), rules, digests, expected_before, expected_journal = BEFORE_AND_JOURNAL[name]
    one = seen(now, before, known)
    found = [against_before(one, digests, rules), against_journal(one, digests, rules)]
    shown = [finding and f"{finding.name}/{finding.kind}".rstrip("/") for finding in found]
    assert shown == [expected_before, expected_journal]


@pytest.mark.parametrize(("before", "known"), [(was(), row()), (was(), None), (None, row()), (None, None)])
def test_what_cannot_be_read_is_never_taken_for_gone(before: Item | None, known: Row | None) -> None:
    one = seen(None, before, known, hidden=True)
    names = [finding and finding.name for finding in (against_before(one, {}, SIZE), against_journal(one, {}, SIZE))]
    assert names == [before and "unproven", known and "unproven"]


def test_below_a_directory_that_cannot_be_listed_nothing_is_gone() -> None:
    now = [Entry(b"shut", 0, 0, "unread-dir"), Entry(b"z", 5, NS, "file")]
    before = [Item(b"shut", 0, 0, "dir"), Item(b"shut/a", 5, NS, "file"), Item(b"z", 5, NS, "file")]
    rows = [replace_path(row(0, 0, 2), b"shut"), replace_path(row(), b"shut/a"), replace_path(row(), b"z")]
    tally = Tally(5)
    for one in merge(now, before, rows):
        tally.add(one.path, against_before(one, {}, SIZE))
    result = Comparison.model_validate(tally.result())
    assert (result.same, result.unproven, result.lost) == (1, 1, 0)


def replace_path(known: Row, path: bytes) -> Row:
    return known._replace(path=path)


@pytest.mark.parametrize(
    ("known", "algorithms"),
    [
        (None, ("SHA1",)),
        (row(checksum=ONE), ("SHA1",)),
        (row(checksum=b"ab", name="Adler32"), ("SHA1", "ADLER32")),
        (row(checksum=b"ab", name="SHA3-256"), ("SHA1", "SHA3-256")),
        (row(checksum=b"ab", name="WHAT"), ("SHA1",)),
    ],
)
def test_which_digests_are_wanted(known: Row | None, algorithms: tuple[str, ...]) -> None:
    request = wanted(seen(disk(), None, known))
    assert request is not None
    assert request.algorithms == algorithms


@pytest.mark.parametrize("kind", ["placeholder", "link", "dir", "unread"])
def test_only_files_are_read(kind: str) -> None:
    assert wanted(seen(disk(kind=kind), None, row(checksum=ONE))) is None
    assert wanted(seen(None, was(), row(checksum=ONE))) is None


def test_examples_are_bounded_and_the_worst_come_first() -> None:
    tally = Tally(3)
    for number in range(50):
        one = disk(path=b"new%d" % number)
        tally.add(one.path, against_before(seen(one, None, None), {}, SIZE))
    tally.add(b"gone\xff\n", against_before(seen(None, was(), row()), {}, SIZE))
    result = Comparison.model_validate(tally.result())
    assert (result.user, result.lost, len(result.examples)) == (50, 1, 3)
    assert (result.examples[0].kind, result.examples[0].path) == ("lost", "gone\\xff\n")


def test_a_comparison_that_was_not_made_says_why() -> None:
    assert Comparison.model_validate(not_done("no journal")).reason == "no journal"


NAMES = st.lists(st.sampled_from([b"a", b"a-", b"a0", b"b", b"\xff"]), min_size=1, max_size=3).map(b"/".join)


@given(st.sets(NAMES), st.sets(NAMES), st.sets(NAMES))
def test_merging_brings_each_path_once(now: set[bytes], before: set[bytes], rows: set[bytes]) -> None:
    found = list(
        merge(
            [disk(path=path) for path in sorted(now)],
            [was()._replace(path=path) for path in sorted(before)],
            [replace_path(row(), path) for path in sorted(rows)],
        )
    )
    assert [one.path for one in found] == sorted(now | before | rows)
    for one in found:
        known = (one.now is not None, one.before is not None, one.row is not None)
        assert known == (one.path in now, one.path in before, one.path in rows)


@pytest.mark.parametrize("which", range(3))
def test_streams_that_are_out_of_order_are_refused(which: int) -> None:
    streams = [
        [disk(path=b"b"), disk(path=b"a")],
        [was()._replace(path=b"b"), was()._replace(path=b"b")],
        [replace_path(row(), b"b"), replace_path(row(), b"a")],
    ]
    chosen = [stream if number == which else [] for number, stream in enumerate(streams)]
    with pytest.raises(ValueError, match="out of order"):
        list(merge(*chosen))  # type: ignore[arg-type] # the list holds one kind of stream at each place


def test_every_state_of_a_file_has_a_class() -> None:
    """Nothing that was there before or that the journal knows falls through."""
    files = [None, disk(), disk(6), disk(1, kind="placeholder")]
    items = [None, was(), was(pending=True), was(digest=ONE), was(1, kind="placeholder")]
    rows = [None, row(), row(6), row(checksum=ONE), row(9, T, 4)]
    for now, before, known, rules in itertools.product(files, items, rows, [SIZE, NO_JOURNAL, CONTENT]):
        one = seen(now, before, known)
        if before is not None:
            assert against_before(one, {"SHA1": ONE}, rules) is not None
        if known is not None:
            assert against_journal(one, {"SHA1": ONE}, replace(rules, journal=True)) is not None
