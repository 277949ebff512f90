"""The store is made of parts by inheritance: what two of them call alike would be one of them's, without a word."""

from __future__ import annotations

from collections import Counter

from smartfleet.store import Store
from smartfleet.store.database import Part


def test_no_two_parts_call_something_alike() -> None:
    parts = [one for one in Store.__mro__ if issubclass(one, Part)]
    assert len(parts) > 10
    names = Counter(name for one in parts for name in vars(one) if not name.startswith("__"))
    assert [name for name, times in names.items() if times > 1] == []
