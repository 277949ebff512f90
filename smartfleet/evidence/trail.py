"""The audit trail as a file: a line of JSON for each of its lines, with its hash beside what the hash is made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from smartfleet.evidence.files import regular
from smartfleet.model.history import TrailCheck
from smartfleet.store.chain import START, Line, check


def lines(trail: Iterable[Line]) -> Iterator[str]:
    """Each as one line of text. Raises ValueError for a line that is no JSON."""
    for line in trail:
        yield _canonical({**json.loads(line.document), "hash": line.hash})


def check_file(path: Path) -> TrailCheck:
    """Whether every line is as it was written, to the byte, and follows the one before it. Raises OSError."""
    with regular(path) as file:
        return check(_read(file))


def _read(file: Iterable[bytes]) -> Iterator[Line]:
    previous = START
    for number, raw in enumerate(file, 1):
        line = _line(raw) or Line(number, previous, "", "")  # its hash fits nothing, so the check says where
        yield line
        previous = line.hash


def _line(raw: bytes) -> Line | None:
    try:
        told = json.loads(raw)
        # a key that stands there twice would read otherwise than it is hashed
        if f"{_canonical(told)}\n".encode() != raw:
            return None
        number, previous, digest = told["number"], told["previous"], told.pop("hash")
        document = _canonical(told)
        document.encode("utf-8")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    if type(number) is not int or not isinstance(previous, str) or not isinstance(digest, str):
        return None
    return Line(number, previous, digest, document)


def _canonical(told: dict[str, object]) -> str:
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
