"""One sync folder, looked at by a child that has become its owner: the disk, the manifest from before, the journal.

Memory does not grow with the tree: the three are streams, merged path by path.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from typing import Any, BinaryIO, Callable, Dict, Iterable, Iterator, Mapping, Tuple

from . import excludes, journals
from .compare import Digests, Rules, Tally, against_before, against_journal, not_done, show, wanted
from .digests import SHA1, Hashers
from .dropped import Send
from .journal import Row, pending, rows
from .manifest import Counter, Item, read
from .merging import Seen, merge
from .reach import folder_state
from .servercheck import Account, check_server
from .walkahead import walk_ahead

BEAT_SECONDS = 5.0
MAX_ETAGS = 1000
MAX_ETAG = 200


@dataclass(frozen=True)
class Job:
    """What to look at and how closely. `manifest` is an open descriptor, or -1 and `no_manifest` says why."""

    local_path: bytes
    virtual_files: str
    journal: str
    target_path: str
    level: str
    examples: int
    manifest: int
    no_manifest: str
    hidden: bool
    excludes: Tuple[str, ...]
    other_homes: Tuple[str, ...]
    account: Account
    env: Mapping[str, str]
    ask_server: bool


def check(send: Send, job: Job) -> Dict[str, Any]:
    """The part of a `FolderCheck` that the disk tells. `send` hears an empty chunk now and then."""
    state, detail = folder_state(job.local_path, os.geteuid(), job.other_homes)
    if state != "ok":
        return _unseen(state, detail)
    unsynced = excludes.matcher(excludes.read(job.excludes), hidden=job.hidden)
    with contextlib.ExitStack() as stack:
        journal: bytes | None = None
        why = ""
        try:
            journal = stack.enter_context(journals.copied(job.local_path, job.journal, os.geteuid()))
        except journals.JournalFileError as error:
            why = f"the journal {job.journal} is {error.state}" + (f": {error}" if str(error) else "")
        try:
            found = _compared(_Comparing(job, unsynced, _beating(send)), journal, why)
        except OSError as error:
            return _unseen("unreadable", str(error.strerror or error))
        found["server"] = _asked(job, journal, why, unsynced)
        return found


def _unseen(state: str, detail: str) -> Dict[str, Any]:
    reason = f"the folder was not looked at: {state}"
    comparisons = {name: not_done(reason) for name in ("before", "journal", "server")}
    return {"state": state, "detail": detail, **comparisons}


def _beating(send: Send) -> Callable[[], None]:
    """Says that the work goes on, at most every few seconds."""
    last = [time.monotonic()]

    def beat() -> None:
        now = time.monotonic()
        if now - last[0] > BEAT_SECONDS:
            last[0] = now
            send(b"")

    return beat


@dataclass(frozen=True)
class _Comparing:
    job: Job
    unsynced: Callable[[bytes], bool]
    beat: Callable[[], None]


def _compared(work: _Comparing, journal: bytes | None, why: str) -> Dict[str, Any]:
    """Compare with what can be read; a manifest or journal that turns out damaged on the way is left out."""
    manifest, no_manifest = work.job.manifest, work.job.no_manifest
    while True:
        try:
            found = _compare(work, manifest, journal)
        except ValueError:
            damage = _damage_of_manifest(manifest) if manifest >= 0 else ""
            if damage:
                manifest, no_manifest = -1, damage
                continue
            if journal is None:
                raise
            why = f"the journal {work.job.journal} is unreadable: {_damage_of_journal(journal)}"
            journal = None
            continue
        if manifest < 0:
            found["before"] = not_done(no_manifest)
        if journal is None:
            found["journal"] = not_done(why)
        return found


def _damage_of_manifest(descriptor: int) -> str:
    try:
        with _manifest(descriptor) as stream:
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


@contextlib.contextmanager
def _manifest(descriptor: int) -> Iterator[BinaryIO]:
    with os.fdopen(os.dup(descriptor), "rb") as stream:
        stream.seek(0)
        yield stream


def _compare(work: _Comparing, manifest: int, journal: bytes | None) -> Dict[str, Any]:
    job = work.job
    rules = Rules(
        content=job.level == "content",
        journal=journal is not None,
        pending=pending(journal) if journal is not None else {},
        unsynced=work.unsynced,
    )
    before, known, counter = Tally(job.examples), Tally(job.examples), Counter()
    etags: Dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        items: Iterable[Item] = read(stack.enter_context(_manifest(manifest))) if manifest >= 0 else ()
        told: Iterable[Row] = rows(journal, ordered=True) if journal is not None else ()
        seen = merge(walk_ahead(job.local_path, job.virtual_files), items, told)
        for number, (one, digests) in enumerate(_hashed(job.local_path, seen) if rules.content else _plain(seen)):
            if number % 256 == 0:
                work.beat()
            before.add(one.path, against_before(one, digests, rules))
            if rules.journal:
                known.add(one.path, against_journal(one, digests, rules))
            _count(counter, one, digests)
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


def _plain(seen: Iterable[Seen]) -> Iterator[Tuple[Seen, Digests]]:
    nothing: Digests = {}
    return ((one, nothing) for one in seen)


def _hashed(root: bytes, seen: Iterable[Seen]) -> Iterator[Tuple[Seen, Digests]]:
    hashers: Hashers[Seen] = Hashers(root)
    with hashers:
        yield from hashers.run((one, wanted(one)) for one in seen)


def _count(counter: Counter, seen: Seen, digests: Digests) -> None:
    if seen.now is not None:
        counter.add(seen.now, digests.get(SHA1, b""))


def _first_level(etags: Dict[str, str], row: Row | None) -> None:
    if row is not None and b"/" not in row.path and row.etag and len(etags) < MAX_ETAGS:
        etags[show(row.path)] = row.etag[:MAX_ETAG]


def _asked(job: Job, journal: bytes | None, why: str, unsynced: Callable[[bytes], bool]) -> Dict[str, object]:
    if not job.ask_server:
        return not_done("the server was not to be asked")
    if journal is None:
        return not_done(why)
    return check_server(
        journal, job.account, job.env, target_path=job.target_path, unsynced=unsynced, examples=job.examples
    )
