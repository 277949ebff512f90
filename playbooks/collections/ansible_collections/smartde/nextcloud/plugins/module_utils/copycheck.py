"""The original folder and its second copy, path by path: whether an account can go back to the original.

Each is walked and merged with its own journal, and the two are joined; memory does not grow with the trees. What the
copy's journal says is what the server has, as the client last saw it. What a client does with the original then is
known (measured with 3.7.3): with the original's own journal it brings down what changed on the server since, uploads
what was edited here, and deletes on the server what is gone here; with the copy's journal on an equal tree it
transfers nothing.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from itertools import tee
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Tuple

from . import excludes, journals
from .compare import matches, show
from .digests import SHA1, Hashers, Request
from .dropped import Send
from .foldercheck import beating
from .journal import DIRECTORY, FILE, JournalSummary, Row, rows, summarize
from .merging import Now, Seen, merge
from .reach import folder_state
from .walkahead import walk_ahead

EXAMPLES = 3
# what may be gone from the server before the original counts as another folder
FEW = 10
SHARE = 4

UNREAD = "repoint-unread"
VIRTUAL = "repoint-virtual"
ENCRYPTED = "repoint-encrypted"
OTHER = "other-instance"
PENDING = "copy-pending"
OWN = "copy-own"
INCOMPLETE = "original-incomplete"
CONFLICT = "original-conflict"
STRANGE = "original-strange"
DIFFER = "trees-differ"
# the first of these is told
_CODES = (VIRTUAL, ENCRYPTED, UNREAD, OTHER, PENDING, OWN, INCOMPLETE, CONFLICT, STRANGE, DIFFER)


@dataclass(frozen=True)
class CopyJob:
    """What to compare. `own`: the original's journal, "" where it has none; `purge`: the copy is to be deleted.

    A copy that is to be deleted may lack what it had, even its journal (""); all that counts is whether it holds
    something of its own.
    """

    original: bytes
    copy: bytes
    own: str
    journal: str
    hidden: bool
    excludes: Tuple[str, ...]
    other_homes: Tuple[str, ...] = ()
    purge: bool = False


class Pair(NamedTuple):
    """One path in both folders; None where neither the folder nor its journal has it."""

    path: bytes
    original: Seen | None
    copy: Seen | None


@dataclass
class Findings:
    """What speaks against it, by code, and what the client will do if nothing does."""

    counts: Dict[str, int] = field(default_factory=dict)
    examples: Dict[str, List[str]] = field(default_factory=dict)
    same: int = 0
    updated: int = 0
    uploads: int = 0
    removed: int = 0

    def add(self, code: str, what: str) -> None:
        self.counts[code] = self.counts.get(code, 0) + 1
        found = self.examples.setdefault(code, [])
        if len(found) < EXAMPLES:
            found.append(what)

    def answer(self) -> Dict[str, Any]:
        """`code` is "" if nothing speaks against it."""
        code = next((one for one in _CODES if self.counts.get(one)), "")
        told = {name: getattr(self, name) for name in ("same", "updated", "uploads", "removed")}
        return {"code": code, "count": self.counts.get(code, 0), "examples": self.examples.get(code, []), **told}


def compare(send: Send, job: CopyJob) -> Dict[str, Any]:
    """In the dropped child: the answer of `Findings`. `send` hears an empty chunk now and then."""
    found = Findings()
    for path in (job.original, job.copy):
        state, detail = folder_state(path, os.geteuid(), job.other_homes)
        if state != "ok":
            found.add(UNREAD, f"{show(path)}: {detail or state}")
    if found.counts:
        return found.answer()
    with contextlib.ExitStack() as stack:
        copies: List[bytes] = []
        try:
            copies = [
                stack.enter_context(journals.copied(folder, name, os.geteuid()))
                for folder, name in ((job.copy, job.journal), (job.original, job.own))
                if name
            ]
            _check_journals(found, [summarize(one) for one in copies])
        except ValueError as error:  # a JournalFileError, or no database
            found.add(UNREAD, f"a journal: {error or 'absent'}")
        if found.counts:
            return found.answer()
        _judge_all(found, job, copies, beating(send))
    return found.answer()


def _check_journals(found: Findings, known: List[JournalSummary]) -> None:
    if not known:
        return
    copy = known[0]
    for one in known:
        if one.virtual:
            found.add(VIRTUAL, f"{one.virtual} virtual files")
        if one.encrypted:
            found.add(ENCRYPTED, f"{one.encrypted} encrypted entries")
        if one.instance_ids and copy.instance_ids and one.instance_ids != copy.instance_ids:
            found.add(OTHER, f"{', '.join(one.instance_ids)} and {', '.join(copy.instance_ids)}")
    if copy.uploads:
        found.add(PENDING, f"{copy.uploads} uploads begun")


def _judge_all(found: Findings, job: CopyJob, copies: List[bytes], beat: Callable[[], None]) -> None:
    lists = excludes.read(job.excludes)
    judge = _Judge(
        found,
        job,
        unsynced=excludes.matcher(lists, hidden=job.hidden),
        worthless=excludes.matcher(excludes.deletable(lists), hidden=False),
    )
    own = rows(copies[-1], ordered=True) if job.own else ()
    theirs = rows(copies[0], ordered=True) if job.journal else ()
    pairs = joined(
        merge(walk_ahead(job.original, "off"), (), own),
        merge(walk_ahead(job.copy, "off"), (), theirs),
    )
    try:
        for number, (pair, equal) in enumerate(_digested(pairs, job)):
            if number % 256 == 0:
                beat()
            judge.add(pair, equal=equal)
    except (OSError, ValueError) as error:
        found.add(UNREAD, str(error))
    judge.end()


def joined(first: Iterable[Seen], second: Iterable[Seen]) -> Iterator[Pair]:
    """Two trees in one order."""
    left, right = _keyed(first), _keyed(second)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        key = min(entry[0] for entry in (one, other) if entry is not None)
        mine = one[1] if one is not None and one[0] == key else None
        theirs = other[1] if other is not None and other[0] == key else None
        yield Pair(key.rstrip(b"/"), mine, theirs)
        one = one if mine is None else next(left, None)
        other = other if theirs is None else next(right, None)


def _keyed(seen: Iterable[Seen]) -> Iterator[Tuple[bytes, Seen]]:
    for one in seen:
        is_folder = _is_folder(one.now) or (one.now is None and one.row is not None and one.row.type == DIRECTORY)
        yield (one.path + b"/" if is_folder else one.path), one


def _is_folder(now: Now | None) -> bool:
    return now is not None and now.kind in ("dir", "unread-dir")


def _digested(pairs: Iterator[Pair], job: CopyJob) -> Iterator[Tuple[Pair, bool]]:
    """Each pair, and whether both sides are files with the same content."""
    for_original, for_copy = tee(pairs)
    with Hashers[Pair](job.original) as originals, Hashers[Pair](job.copy) as copies:
        mine = originals.run((pair, _request(pair, pair.original, job)) for pair in for_original)
        theirs = copies.run((pair, _request(pair, pair.copy, job)) for pair in for_copy)
        for (pair, one), (_same_pair, other) in zip(mine, theirs):
            yield pair, bool(one) and one == other


def _request(pair: Pair, side: Seen | None, job: CopyJob) -> Request | None:
    """Which content is read: all where the trees must be equal, else what was changed on a side."""
    original, copy = _file(pair.original), _file(pair.copy)
    if side is None or side.now is None or original is None or copy is None or original.size != copy.size:
        return None
    if job.own and all(
        one is not None and one.row is not None and _is_synced(one) for one in (pair.original, pair.copy)
    ):
        return None
    return Request(side.now.path, side.now.size, side.now.mtime_ns, (SHA1,))


def _file(one: Seen | None) -> Now | None:
    return one.now if one is not None and one.now is not None and one.now.kind == "file" else None


def _is_synced(one: Seen) -> bool:
    return one.now is not None and one.row is not None and matches(one.now, one.row)


def _known(one: Seen | None, kind: int) -> Row | None:
    """The journal's row of a path, if it is of that kind."""
    return one.row if one is not None and one.row is not None and one.row.type == kind else None


@dataclass(frozen=True)
class _Judge:
    """`unsynced`: the client leaves the path alone; `worthless`: it even deletes it with its folder."""

    found: Findings
    job: CopyJob
    unsynced: Callable[[bytes], bool]
    worthless: Callable[[bytes], bool]

    def add(self, pair: Pair, *, equal: bool) -> None:
        for side in (pair.original, pair.copy):
            if side is not None and (side.hidden or (side.now is not None and side.now.kind == "unread-dir")):
                self._say(UNREAD, pair)
                return
        self._copy(pair, equal=equal)
        if self.job.purge:
            return
        if self.job.own:
            self._original(pair, equal=equal)
        else:
            self._both(pair, equal=equal)

    def end(self) -> None:
        files = self.found.same + self.found.updated + self.found.removed
        if self.found.removed > FEW and self.found.removed * SHARE > files:
            self.found.add(STRANGE, f"{self.found.removed} of {files} files of the original are not on the server")

    def _say(self, code: str, pair: Pair) -> None:
        self.found.add(code, show(pair.path))

    def _copy(self, pair: Pair, *, equal: bool) -> None:
        """Whether the copy holds something of its own."""
        one = pair.copy
        if one is None or _is_folder(one.now):
            return
        if one.now is None:
            if not self.job.purge:
                self._say(PENDING, pair)
        elif _known(one, FILE) is None:
            if not equal and not self.worthless(pair.path):
                self._say(OWN, pair)
        elif not _is_synced(one) and not (self.job.purge and equal):
            self._say(PENDING, pair)

    def _original(self, pair: Pair, *, equal: bool) -> None:
        """What the client will do with this path of the original and its own journal.

        What is gone here it deletes on the server, if that has it. The copy's journal is no proof that it has not: a
        folder may have been left out of the copy (selective sync).
        """
        one, theirs = pair.original, _known(pair.copy, FILE) or _known(pair.copy, DIRECTORY)
        if one is None:
            self.found.updated += _known(pair.copy, FILE) is not None
        elif one.now is None:
            self._say(INCOMPLETE, pair)
        elif one.now.kind != "file":
            if _known(one, FILE) is not None and not _is_folder(one.now):
                self._say(INCOMPLETE, pair)
        elif _known(one, FILE) is not None and _is_synced(one):
            self._unchanged(one, theirs)
        else:
            self._edited(pair, theirs, equal=equal)

    def _unchanged(self, one: Seen, theirs: Row | None) -> None:
        if theirs is None:
            self.found.removed += 1
        elif one.row is not None and one.row.etag == theirs.etag:
            self.found.same += 1
        else:
            self.found.updated += 1

    def _edited(self, pair: Pair, theirs: Row | None, *, equal: bool) -> None:
        """Changed or new in the original. What the server changed as well would become a conflict."""
        row = _known(pair.original, FILE)
        if row is None and theirs is None and self.unsynced(pair.path):
            return
        if theirs is None or (row is not None and row.etag == theirs.etag):
            self.found.uploads += 1
        elif equal:
            self.found.same += 1
        else:
            self._say(CONFLICT, pair)

    def _both(self, pair: Pair, *, equal: bool) -> None:
        """Without a journal of its own, the original must be what the copy is."""
        mine, theirs = pair.original, pair.copy
        now = mine.now if mine is not None else None
        if theirs is None or theirs.row is None:
            there = theirs is not None and _is_folder(theirs.now) and _is_folder(now)
            if now is not None and now.kind != "link" and not equal and not there and not self.unsynced(pair.path):
                self._say(DIFFER, pair)
        elif theirs.row.type == DIRECTORY:
            if not _is_folder(now):
                self._say(DIFFER, pair)
        elif now is None or theirs.now is None or not equal or now.mtime != theirs.now.mtime:
            self._say(DIFFER, pair)
        else:
            self.found.same += 1
