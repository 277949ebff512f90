"""Manifests: what is written is read back, and what is not whole is refused."""

from __future__ import annotations

import gzip
import io

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.manifest import CHUNK, KINDS, Counter, Item, read, write
from hypothesis import given
from hypothesis import strategies as st

PARTS = st.binary(min_size=1, max_size=8).filter(lambda part: b"/" not in part and b"\0" not in part)
PATHS = st.lists(PARTS, min_size=1, max_size=4).map(b"/".join)
ITEMS = st.builds(
    Item,
    PATHS | st.sampled_from([b"\\n", b"\\", b"\n", b"a\\\\n", b"end 1 x", b" "]),
    st.integers(0, 2**63),
    st.integers(-(2**70), 2**70),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from([b"", b"a" * 40]),
    st.booleans(),
)
ONE = Item(b"a/b", 5, 7, "file", b"f" * 40)


def _written(items: list[Item]) -> bytes:
    stream = io.BytesIO()
    write(stream, items)
    return stream.getvalue()


def _packed(text: bytes) -> bytes:
    # without the time of day: what a test is called must be the same in each of the processes that collect it
    return gzip.compress(text, mtime=0)


@given(st.lists(ITEMS, unique_by=lambda item: item.key))
def test_what_is_written_is_read_back(items: list[Item]) -> None:
    items.sort(key=lambda item: item.key)
    assert list(read(io.BytesIO(_written(items)))) == items


@given(st.lists(ITEMS, unique_by=lambda item: item.key, min_size=1), st.data())
def test_the_root_digest_tells_every_change_but_pending(items: list[Item], data: st.DataObject) -> None:
    items.sort(key=lambda item: item.key)
    root = write(io.BytesIO(), items).root
    place = data.draw(st.integers(0, len(items) - 1))
    changed = items[place]._replace(size=items[place].size + 1)
    assert write(io.BytesIO(), [*items[:place], changed, *items[place + 1 :]]).root != root
    other = items[place]._replace(pending=not items[place].pending)
    assert write(io.BytesIO(), [*items[:place], other, *items[place + 1 :]]).root == root


def test_sums() -> None:
    kinds = ["dir", "file", "file", "link", "placeholder", "unread", "unread-dir"]
    count = write(io.BytesIO(), [Item(b"%d" % number, 3, 0, kind) for number, kind in enumerate(kinds)])
    assert count[:5] == (7, 2, 6, 1, 2)


def test_a_manifest_is_a_gzip_file_of_lines() -> None:
    lines = gzip.decompress(_written([ONE, ONE._replace(path=b"a\nb\\c", digest=b"", pending=True)])).splitlines()
    assert lines[0] == b"smartfleet-manifest 1"
    assert lines[1] == b"f 5 7 " + b"f" * 40 + b" a/b"
    assert lines[2] == b"F 5 7 - a\\nb\\\\c"
    assert lines[3].startswith(b"end 2 ")


WHOLE = _written([ONE])
LINES = gzip.decompress(WHOLE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no gzip",
        WHOLE[:-1],
        WHOLE[: len(WHOLE) // 2],
        WHOLE + b"more",
        _packed(b""),
        _packed(b"something else\n"),
        _packed(LINES.replace(b" a/b", b" a/c")),
        _packed(LINES.replace(b"end 1", b"end 2")),
        _packed(LINES.partition(b"end")[0]),
        _packed(LINES + b"f 5 7 - z\n"),
        _packed(LINES.replace(b"f 5", b"q 5")),
        _packed(LINES.replace(b"f 5", b"f x")),
        _packed(b"smartfleet-manifest 1\n" + b"f 1 1 - " + b"x" * 3_000_000),
        _packed(b"smartfleet-manifest 1\nf 1 1 - b\nf 1 1 - a\n"),
    ],
)
def test_what_is_not_whole_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="manifest"):
        list(read(io.BytesIO(data)))


def test_lines_leave_in_chunks_and_are_not_kept() -> None:
    counter = Counter()
    chunks = [counter.add(ONE._replace(path=b"%0200d" % number), ONE.digest) for number in range(5000)]
    sent = [chunk for chunk in chunks if chunk]
    assert len(sent) >= 3
    assert all(CHUNK <= len(chunk) < CHUNK + 1000 for chunk in sent)
    assert counter.rest()
    assert counter.rest() == b""
