"""The disk now, the manifest from before and the journal, brought together path by path."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Iterator, NamedTuple, Tuple

from .journal import DIRECTORY, Row
from .manifest import Item
from .walk import Entry

_END: Tuple[None, Any] = (None, None)


class Seen(NamedTuple):
    """One path as the three know it. `hidden`: the disk could not be read there, so its absence means nothing."""

    path: bytes
    now: Entry | None
    before: Item | None
    row: Row | None
    hidden: bool


def row_key(row: Row) -> bytes:
    return row.path + b"/" if row.type == DIRECTORY else row.path


def merge(now: Iterable[Entry], before: Iterable[Item], rows: Iterable[Row]) -> Iterator[Seen]:
    """Bring the streams together by path. ValueError where one of them is out of order."""
    disk = _keyed(now, _key, "the disk")
    old = _keyed(before, _key, "the manifest")
    journal = _keyed(rows, row_key, "the journal")
    entry_key, entry = next(disk, _END)
    item_key, item = next(old, _END)
    known_key, known = next(journal, _END)
    shut: bytes | None = None
    while True:
        key = entry_key
        if item_key is not None and (key is None or item_key < key):
            key = item_key
        if known_key is not None and (key is None or known_key < key):
            key = known_key
        if key is None:
            return
        one = was = row = None
        if entry_key == key:
            one = entry
            entry_key, entry = next(disk, _END)
        if item_key == key:
            was = item
            item_key, item = next(old, _END)
        if known_key == key:
            row = known
            known_key, known = next(journal, _END)
        if one is not None and one.kind == "unread-dir":
            shut = key
        hidden = (shut is not None and key.startswith(shut)) or (one is not None and one.kind == "unread")
        yield Seen(key[:-1] if key[-1:] == b"/" else key, one, was, row, hidden)


def _keyed(items: Iterable[Any], key_of: Callable[[Any], bytes], name: str) -> Iterator[tuple[bytes | None, Any]]:
    """Each element behind what the order goes by."""
    last = None
    for item in items:
        key = key_of(item)
        if last is not None and key <= last:
            raise ValueError(f"{name} gives its names out of order")
        last = key
        yield key, item


def _key(item: Entry | Item) -> bytes:
    kind = item.kind
    return item.path + b"/" if kind == "dir" or kind == "unread-dir" else item.path  # noqa: PLR1714 - the fastest
