"""A sync folder as three streams, compared: what is there now, the manifest from before, the client's journal.

Where the streams come from is another's business: a child that walks the disk, or what a host has sent. Memory does
not grow with the tree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Callable, ContextManager, Dict, Iterable, Iterator, Mapping, Tuple

from .compare import Digests, Rules, Tally, against_before, against_journal, not_done, show
from .digests import SHA1
from .journal import Row, pending, rows
from .manifest import Counter, Item, read
from .merging import Seen

MAX_ETAGS = 1000
MAX_ETAG = 200

Pairs = Iterator[Tuple[Seen, Digests]]


@dataclass(frozen=True)
class Streams:
    """The three, each given anew whenever it is asked for.

    `merged` brings what is there now together with the other two. `manifest` opens the one from before, `journal` is
    the path of a copy; where one is None, `no_manifest` and `no_journal` say why.
    """

    merged: Callable[[Iterable[Item], Iterable[Row]], Pairs]
    manifest: Callable[[], ContextManager[BinaryIO]] | None
    no_manifest: str
    journal: bytes | None
    no_journal: str
    journal_name: str
    unsynced: Callable[[bytes], bool]
    content: bool
    examples: int


def compared(streams: Streams) -> Dict[str, Any]:
    """What a `FolderCheck` says of the disk; a manifest or journal that turns out damaged on the way is left out.

    ValueError where neither of them is to blame.
    """
    while True:
        try:
            found = _compare(streams)
        except ValueError:
            streams = _without_damage(streams)
            continue
        if streams.manifest is None:
            found["before"] = not_done(streams.no_manifest)
        if streams.journal is None:
            found["journal"] = not_done(streams.no_journal)
        return found


def _without_damage(streams: Streams) -> Streams:
    """To be asked while a ValueError is at hand: the same without what is damaged."""
    damage = damage_of(streams.manifest) if streams.manifest is not None else ""
    if damage:
        return replace(streams, manifest=None, no_manifest=damage)
    if streams.journal is None:
        raise  # noqa: PLE0704 - the caller's own error, which says what is wrong
    why = f"the journal {streams.journal_name} is unreadable: {_damage_of_journal(streams.journal)}"
    return replace(streams, journal=None, no_journal=why)


def seems_lost(found: Mapping[str, Any]) -> bool:
    """Whether a comparison names something as lost."""
    return any(example["kind"] == "lost" for name in ("before", "journal") for example in found[name]["examples"])


def damage_of(manifest: Callable[[], ContextManager[BinaryIO]]) -> str:
    """What is wrong with a manifest; "" if it is whole."""
    try:
        with manifest() as stream:
            for _item in read(stream):
                pass
    except ValueError as error:
        return str(error)
    return ""


def _damage_of_journal(copy: bytes) -> str:
    try:
        pending(copy)
        for _row in rows(copy, ordered=True):
            pass
    except ValueError as error:
        return str(error)
    return "its paths are in no order"


def _compare(streams: Streams) -> Dict[str, Any]:
    if streams.manifest is None:
        return _tallied(streams, ())
    with streams.manifest() as stream:
        return _tallied(streams, read(stream))


def _tallied(streams: Streams, items: Iterable[Item]) -> Dict[str, Any]:
    journal = streams.journal
    rules = Rules(
        content=streams.content,
        journal=journal is not None,
        pending=pending(journal) if journal is not None else {},
        unsynced=streams.unsynced,
    )
    before, known, counter = Tally(streams.examples), Tally(streams.examples), Counter()
    etags: Dict[str, str] = {}
    told: Iterable[Row] = rows(journal, ordered=True) if journal is not None else ()
    recorded = streams.manifest is not None
    for one, digests in streams.merged(items, told):
        if recorded:
            before.add(one.path, against_before(one, digests, rules))
        if rules.journal:
            known.add(one.path, against_journal(one, digests, rules))
        if one.now is not None:
            counter.add(one.now, digests.get(SHA1, b""))
        if one.row is not None and b"/" not in one.path:
            _first_level(etags, one.row)
    counter.rest()
    sums = counter.count()
    return {
        "state": "ok",
        "detail": f"{sums.unread} names in it cannot be looked at" if sums.unread else "",
        "files": sums.files,
        "bytes": sums.bytes,
        "placeholders": sums.placeholders,
        "root_digest": sums.root,
        "before": before.result(),
        "journal": known.result(),
        "etags": etags,
    }


def _first_level(etags: Dict[str, str], row: Row) -> None:
    if row.etag and len(etags) < MAX_ETAGS:
        etags[show(row.path)] = row.etag[:MAX_ETAG]
