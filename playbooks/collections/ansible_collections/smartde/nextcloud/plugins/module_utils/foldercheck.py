"""One sync folder, looked at by a child that has become its owner: the disk, the manifest from before, the journal.

Memory does not grow with the tree: the three are streams, merged path by path.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, Callable, Dict, Iterable, Iterator, Mapping, Tuple

from . import excludes, journals
from .compare import Digests, not_done, wanted
from .digests import Hashers
from .dropped import Send
from .journal import Row
from .manifest import Item
from .merging import Seen, merge
from .reach import folder_state
from .servercheck import Account, check_server
from .streams import Pairs, Streams, compared
from .walk import Placeholders
from .walkahead import walk_ahead

BEAT_SECONDS = 5.0

_Beat = Callable[[], None]


@dataclass(frozen=True)
class Job:
    """What to look at and how closely. `manifest` is an open descriptor, or -1 and `no_manifest` says why."""

    local_path: bytes
    virtual_files: Placeholders
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
            found = compared(_streams(job, unsynced, journal, why, beating(send)))
        except OSError as error:
            return _unseen("unreadable", str(error.strerror or error))
        found["server"] = _asked(job, journal, why, unsynced)
        return found


def _unseen(state: str, detail: str) -> Dict[str, Any]:
    reason = f"the folder was not looked at: {state}"
    comparisons = {name: not_done(reason) for name in ("before", "journal", "server")}
    return {"state": state, "detail": detail, **comparisons}


def beating(send: Send) -> _Beat:
    """Says that the work goes on, at most every few seconds."""
    last = [time.monotonic()]

    def beat() -> None:
        now = time.monotonic()
        if now - last[0] > BEAT_SECONDS:
            last[0] = now
            send(b"")

    return beat


def _streams(job: Job, unsynced: Callable[[bytes], bool], journal: bytes | None, why: str, beat: _Beat) -> Streams:
    content = job.level == "content"

    def merged(items: Iterable[Item], told: Iterable[Row]) -> Pairs:
        seen = merge(walk_ahead(job.local_path, job.virtual_files), items, told)
        for number, pair in enumerate(_hashed(job.local_path, seen) if content else _plain(seen)):
            if number % 256 == 0:
                beat()
            yield pair

    return Streams(
        merged=merged,
        manifest=partial(_manifest, job.manifest) if job.manifest >= 0 else None,
        no_manifest=job.no_manifest,
        journal=journal,
        no_journal=why,
        journal_name=job.journal,
        unsynced=unsynced,
        content=content,
        examples=job.examples,
    )


@contextlib.contextmanager
def _manifest(descriptor: int) -> Iterator[BinaryIO]:
    with os.fdopen(os.dup(descriptor), "rb") as stream:
        stream.seek(0)
        yield stream


def _plain(seen: Iterable[Seen]) -> Pairs:
    nothing: Digests = {}
    return ((one, nothing) for one in seen)


def _hashed(root: bytes, seen: Iterable[Seen]) -> Pairs:
    hashers: Hashers[Seen] = Hashers(root)
    with hashers:
        yield from hashers.run((one, wanted(one)) for one in seen)


def _asked(job: Job, journal: bytes | None, why: str, unsynced: Callable[[bytes], bool]) -> Dict[str, object]:
    if not job.ask_server:
        return not_done("the server was not to be asked")
    if journal is None:
        return not_done(why)
    return check_server(
        journal, job.account, job.env, target_path=job.target_path, unsynced=unsynced, examples=job.examples
    )
