"""The hash chain of the audit trail. Pure.

A line's hash is the SHA-256 of the hash before it and the line's canonical JSON without `hash` (keys sorted, no blanks,
UTF-8). So no line can be changed, taken out or put in without a change of every hash after it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from smartfleet.errors import StoreError
from smartfleet.model.campaign import TrailEntry
from smartfleet.model.history import TrailCheck

START = "0" * 64
"""What stands before the first line."""


@dataclass(frozen=True)
class Line:
    """A line as it is kept."""

    number: int
    previous: str
    hash: str
    document: str


def sealed(values: dict[str, object], number: int, previous: str) -> Line:
    """The next line, of what is told in it."""
    told = {**values, "number": number, "previous": previous}
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # a lone surrogate must not stop anybody, and no database takes it
    document = text.encode("utf-8", "replace").decode("utf-8")
    return Line(number, previous, line_hash(previous, document), document)


def line_hash(previous: str, document: str) -> str:
    return hashlib.sha256((previous + document).encode("utf-8")).hexdigest()


def entry(line: Line) -> TrailEntry:
    """What it tells. Raises StoreError for one that cannot be read."""
    try:
        return TrailEntry.model_validate({**json.loads(line.document), "hash": line.hash})
    except (ValueError, TypeError) as error:
        raise StoreError(
            "store/trail-broken",
            f"line {line.number} of the audit trail cannot be read",
            why="smartfleet does not write such lines: the store was changed past it",
            do="smartfleet history --check",
        ) from error


def check(lines: Iterable[Line], anchor: str = "") -> TrailCheck:
    """Whether every line is as it was written and follows the one before it; and whether `anchor` is one of them."""
    previous, count, found = START, 0, anchor in {"", START}
    for line in lines:
        count += 1
        reason = _broken(line, count, previous)
        if reason:
            return TrailCheck(entries=count, ok=False, broken_at=count, reason=reason, last="", anchor=anchor)
        previous = line.hash
        found = found or line.hash == anchor
    if not found:
        reason = "the line with the given hash is missing: the end of the trail was cut off, or it is another trail"
        return TrailCheck(entries=count, ok=False, broken_at=None, reason=reason, last=previous, anchor=anchor)
    return TrailCheck(entries=count, ok=True, broken_at=None, reason="", last=previous, anchor=anchor)


def _broken(line: Line, number: int, previous: str) -> str:
    if line.number != number:
        return f"line {number} is missing"
    if line.previous != previous:
        return f"line {number} does not follow the line before it"
    if line.hash != line_hash(previous, line.document):
        return f"line {number} was changed"
    if not _says(line):
        return f"line {number} is numbered otherwise than it says"
    return ""


def _says(line: Line) -> bool:
    try:
        told = json.loads(line.document)
    except ValueError:
        return False
    return isinstance(told, dict) and (told.get("number"), told.get("previous")) == (line.number, line.previous)
