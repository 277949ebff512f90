"""What was made last, by what it was made of."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """`most` values at a time: the oldest goes when one more is made."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: dict[Hashable, V] = {}

    def of(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value of `key`, by `make` if it is not there. What `make` raises is not kept."""
        if key not in self._made:
            value = make()
            while len(self._made) >= self._most:
                del self._made[next(iter(self._made))]
            self._made[key] = value
        return self._made[key]
