"""The disk now, the manifest from before and the journal, brought together path by path."""

from __future__ import annotations

from typing import Iterable, Iterator, NamedTuple, Union

from .journal import DIRECTORY, Row
from .manifest import Item
from .walk import Entry


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
    disk, old, journal = _Stream(now, "the disk"), _Stream(before, "the manifest"), _Stream(rows, "the journal")
    streams = (disk, old, journal)
    shut = b""
    while True:
        keys = [stream.key for stream in streams if stream.key is not None]
        if not keys:
            return
        key = min(keys)
        entry, item, row = disk.take(key), old.take(key), journal.take(key)
        if isinstance(entry, Entry) and entry.kind == "unread-dir":
            shut = key
        hidden = (bool(shut) and key.startswith(shut)) or (isinstance(entry, Entry) and entry.kind == "unread")
        yield Seen(
            key[:-1] if key.endswith(b"/") else key,
            entry if isinstance(entry, Entry) else None,
            item if isinstance(item, Item) else None,
            row if isinstance(row, Row) else None,
            hidden,
        )


class _Stream:
    """A stream with its next element in view."""

    def __init__(self, items: Iterable[Union[Entry, Item, Row]], name: str) -> None:
        self._items = iter(items)
        self._name = name
        self._item: Entry | Item | Row | None = None
        self.key: bytes | None = None
        self._step()

    def take(self, key: bytes) -> Entry | Item | Row | None:
        """The next element if it has this key."""
        if self.key != key:
            return None
        item = self._item
        self._step()
        return item

    def _step(self) -> None:
        last = self.key
        self._item = item = next(self._items, None)
        self.key = None if item is None else row_key(item) if isinstance(item, Row) else item.key
        if last is not None and self.key is not None and self.key <= last:
            raise ValueError(f"{self._name} gives its names out of order")
