"""The disk now, the manifest from before and the journal, brought together path by path."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, NamedTuple, Tuple, Union

from .journal import DIRECTORY, Row
from .manifest import Item
from .walk import Entry

# what is there now: as a walk tells it, or as a manifest that was written just now does
Now = Union[Entry, Item]

_END: Tuple[None, Any] = (None, None)
# where a stream's elements say what they are; the path is the first of each
_KIND, _TYPE = Item._fields.index("kind"), Row._fields.index("type")
_FOLDERS = frozenset(("dir", "unread-dir", DIRECTORY))


class Seen(NamedTuple):
    """One path as the three know it. `hidden`: the disk could not be read there, so its absence means nothing."""

    path: bytes
    now: Now | None
    before: Item | None
    row: Row | None
    hidden: bool


def merge(now: Iterable[Now], before: Iterable[Item], rows: Iterable[Row]) -> Iterator[Seen]:
    """Bring the streams together by path. ValueError where one of them is out of order."""
    disk = _keyed(now, _KIND, "the disk")
    old = _keyed(before, _KIND, "the manifest")
    journal = _keyed(rows, _TYPE, "the journal")
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
        kind = one.kind if one is not None else ""
        if kind == "unread-dir":
            shut = key
        hidden = (shut is not None and key.startswith(shut)) or kind == "unread"
        # half the time of Seen(...), once for every path
        yield tuple.__new__(Seen, (key[:-1] if key[-1:] == b"/" else key, one, was, row, hidden))


def _keyed(items: Iterable[Any], place: int, name: str) -> Iterator[tuple[bytes | None, Any]]:
    """Each element behind what the order goes by."""
    last, folders = None, _FOLDERS
    for item in items:
        key = item[0] + b"/" if item[place] in folders else item[0]
        if last is not None and key <= last:
            raise ValueError(f"{name} gives its names out of order")
        last = key
        yield key, item
