"""Whose turn it is: in every round another one begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

One = TypeVar("One")


def turned(all_: Sequence[One], index: int) -> list[One]:
    """The order of a round, so that nobody always runs before, or always behind, the same other."""
    first = index % len(all_)
    return [*all_[first:], *all_[:first]]
