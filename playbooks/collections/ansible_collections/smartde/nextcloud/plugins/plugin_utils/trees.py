"""What `win_tree_manifest` brings of a folder, compared on the controller with the code that does it on other hosts.

A Windows host walks and lists: PowerShell is slow at merging. All of it comes from a host, so none of it is believed:
sizes are bounded, and what cannot be read is a comparison that was not done.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import io
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from ansible_collections.smartde.nextcloud.plugins.module_utils import excludes
from ansible_collections.smartde.nextcloud.plugins.module_utils.compare import Digests, not_done
from ansible_collections.smartde.nextcloud.plugins.module_utils.digests import SHA1
from ansible_collections.smartde.nextcloud.plugins.module_utils.journal import Row
from ansible_collections.smartde.nextcloud.plugins.module_utils.manifest import Item, read
from ansible_collections.smartde.nextcloud.plugins.module_utils.merging import merge
from ansible_collections.smartde.nextcloud.plugins.module_utils.streams import (
    Pairs,
    Streams,
    compared,
    damage_of,
    seems_lost,
)

# of a journal when it is unpacked; one of 500,000 files has 250 MB
JOURNAL_LIMIT = 2 * 1024**3
_BLOCK = 1024 * 1024
_TEXTS = (
    "user",
    "config_path",
    "account",
    "group",
    "alias",
    "local_path",
    "url",
    "level",
    "state",
    "detail",
    "root_digest",
)
_COUNTS = ("files", "bytes", "placeholders")
_COMPARISONS = ("before", "journal", "server")
NO_SERVER = "the server is asked with the user's secret, which on Windows only the user's own session can read"
NOT_BROUGHT = "the folder is as it was before the move, and the journal is compared at the level journal"


@dataclass(frozen=True)
class Wish:
    """What of the module's options the comparing needs."""

    level: str
    examples: int


def needs_comparing(raw: Mapping[str, Any]) -> bool:
    """Whether counts and digests alone do not tell that a folder is as it was before."""
    return raw.get("state") == "ok" and (
        bool(raw.get("no_before")) or raw.get("before_digest") != raw.get("root_digest")
    )


def looks_lost(raw: Mapping[str, Any], check: Mapping[str, Any]) -> bool:
    """Whether to look once more: a client at work is a moment ahead of its own journal."""
    return bool(raw.get("running")) and seems_lost(check)


def folder_check(raw: Mapping[str, Any], wish: Wish, spool: Path) -> dict[str, Any]:
    """A `FolderCheck`. `spool` is a folder for the journal's copy, which is gone when this returns."""
    check: dict[str, Any] = {name: str(raw.get(name) or "") for name in _TEXTS} | {"etags": {}}
    check |= {name: _number(raw, name) for name in _COUNTS}
    if raw.get("state") != "ok":
        return check | dict.fromkeys(_COMPARISONS, not_done(f"the folder was not looked at: {raw.get('state')}"))
    check["server"] = not_done(NO_SERVER)
    try:
        return check | _compared(raw, wish, spool)
    except (ValueError, OSError) as error:
        return check | {"state": "unreadable", "detail": str(error)} | dict.fromkeys(_COMPARISONS, not_done(str(error)))


def _compared(raw: Mapping[str, Any], wish: Wish, spool: Path) -> dict[str, Any]:
    if raw.get("bring_refused"):
        refused = not_done(str(raw["bring_refused"]))
        return {"before": refused, "journal": refused}
    if not raw.get("listing"):
        return _as_before(raw)
    listing = _unpacked(raw, "listing")
    try:
        return _against(raw, listing, wish, spool)
    except ValueError:
        # looked for only now: a whole list, which is the rule, is read once
        damage = damage_of(partial(_opened, listing))
        if not damage:
            raise
        raise ValueError(f"the host's list of the folder cannot be read: {damage}") from None


def _against(raw: Mapping[str, Any], listing: bytes, wish: Wish, spool: Path) -> dict[str, Any]:
    before = _unpacked(raw, "before_listing") if raw.get("before_listing") else None
    told = raw.get("journal")
    told = told if isinstance(told, dict) else {}
    with _journal(told, spool) as (journal, why):
        return compared(
            Streams(
                merged=partial(_merged, listing),
                manifest=None if before is None else partial(_opened, before),
                no_manifest=str(raw.get("no_before") or "the host sent no manifest from before"),
                journal=journal,
                no_journal=why,
                journal_name=str(told.get("name", "")),
                unsynced=excludes.matcher(_unpacked(raw, "excludes"), hidden=bool(raw.get("ignore_hidden"))),
                content=wish.level == "content",
                examples=wish.examples,
            )
        )


def _as_before(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Equal digests: every name, size and time is what it was, and with digests every content."""
    if needs_comparing(raw):
        raise ValueError("the host sent no list of the folder")
    same = sum(_number(raw, name) for name in ("files", "placeholders", "links"))
    return {"before": {**not_done(""), "done": True, "same": same}, "journal": not_done(NOT_BROUGHT)}


def _number(raw: Mapping[str, Any], name: str) -> int:
    value = raw.get(name)
    return value if isinstance(value, int) and value >= 0 else 0


def _merged(listing: bytes, items: Iterable[Item], told: Iterable[Row]) -> Pairs:
    nothing: Digests = {}
    for one in merge(read(io.BytesIO(listing)), items, told):
        digest = one.now.digest if isinstance(one.now, Item) else b""
        yield one, {SHA1: digest} if digest else nothing


@contextlib.contextmanager
def _opened(data: bytes) -> Iterator[BinaryIO]:
    yield io.BytesIO(data)


def _unpacked(raw: Mapping[str, Any], name: str) -> bytes:
    """The bytes that base64 stands for; gzip stays gzip."""
    try:
        return base64.b64decode(str(raw.get(name) or ""), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{name} of the host's answer cannot be read") from None


@contextlib.contextmanager
def _journal(told: Mapping[str, Any], spool: Path) -> Iterator[tuple[bytes | None, str]]:
    """The path of a copy of the journal with its log beside it, or None and why."""
    if not told:
        yield None, "the host sent no journal"
        return
    name, state, detail = (str(told.get(key) or "") for key in ("name", "state", "detail"))
    if state != "ok":
        yield None, f"the journal {name} is {state}" + (f": {detail}" if detail else "")
        return
    with tempfile.TemporaryDirectory(prefix="journal-", dir=spool) as folder:
        copy = Path(folder) / "journal.db"
        try:
            left = _unzip(_unpacked(told, "db"), copy, JOURNAL_LIMIT)
            if told.get("wal"):
                _unzip(_unpacked(told, "wal"), Path(f"{copy}-wal"), left)
        except ValueError as error:
            yield None, f"the journal {name} is unreadable: {error}"
            return
        yield bytes(copy), ""


def _unzip(data: bytes, target: Path, limit: int) -> int:
    """Write unpacked bytes to a file; how much of the limit is left."""
    unzip = zlib.decompressobj(31)
    with target.open("wb") as file:
        while data and not unzip.eof:
            try:
                block = unzip.decompress(data, _BLOCK)
            except zlib.error as error:
                raise ValueError(f"it came damaged: {error}") from error
            limit -= len(block)
            if limit < 0:
                raise ValueError(f"it has more than {JOURNAL_LIMIT} bytes")
            file.write(block)
            data = unzip.unconsumed_tail
    if not unzip.eof:
        raise ValueError("it came cut off")
    return limit
