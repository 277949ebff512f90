"""What became of a sync folder: the disk now, the manifest from before, the client's journal. Pure: data in, data out.

The three are streams in one order (see `walk`), merged without holding any of them. The classes:

before the move against now            with the journal's row            class
equal                                  -                                 same
differs, or new                        row equals the disk               synced: the client did it
differs, or new                        row differs, or none              user: still to be uploaded
gone                                   no row                            synced: deleted through the server
gone                                   row still there                   lost: not yet seen by the client, or damage
gone                                   no row, nor at that time          lost: the server never had it
content differs, size and time do not  -                                 lost: silent damage
new with the name of a conflict        -                                 conflicts

The disk against the journal: a row that equals (size, mtime in seconds) is same, all else is the user's: new, changed,
deleted, or blocked where the client has it on a list of things to do or to avoid.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Dict, List, Mapping, NamedTuple, Tuple

from .digests import ALGORITHMS, SHA1, Request
from .journal import FILE, VIRTUAL, VIRTUAL_DEHYDRATE, VIRTUAL_DOWNLOAD, Row
from .manifest import Item
from .merging import Now, Seen
from .names import is_conflict_name

SAME, SYNCED, USER, LOST, CONFLICTS, UNPROVEN = CLASSES = ("same", "synced", "user", "lost", "conflicts", "unproven")
# Which examples are worth their place when there are more than may be named.
_KINDS = ("lost", "conflict", "server", "unproven", "blocked", "changed", "new", "synced")
_ON_DISK = (FILE, VIRTUAL_DEHYDRATE)
_FILES = (FILE, VIRTUAL, VIRTUAL_DOWNLOAD, VIRTUAL_DEHYDRATE)

Digests = Mapping[str, bytes]


class Finding(NamedTuple):
    """One path's class, and for all but `same` the kind and the words of its example."""

    name: str
    kind: str = ""
    detail: str = ""


# made once: nearly every path of nearly every folder is this
AS_BEFORE = Finding(SAME)


def _nothing(_path: bytes) -> bool:
    return False


@dataclass(frozen=True)
class Rules:
    """What a comparison knows beside the three streams. `unsynced` tells which paths the client leaves alone."""

    content: bool = False
    journal: bool = True
    pending: Mapping[bytes, str] = field(default_factory=dict)
    unsynced: Callable[[bytes], bool] = _nothing


class Tally:
    """Adds findings up; becomes a `Comparison`."""

    def __init__(self, examples: int) -> None:
        self._limit = examples
        self._counts = dict.fromkeys(CLASSES, 0)
        self._examples: Dict[str, List[Tuple[bytes, str]]] = {}

    def add(self, path: bytes, finding: Finding | None) -> None:
        if finding is None:
            return
        self._counts[finding.name] += 1
        if finding.kind:
            examples = self._examples.setdefault(finding.kind, [])
            if len(examples) < self._limit:
                examples.append((path, finding.detail))

    def count(self, name: str, number: int) -> None:
        """Add what needs no example."""
        self._counts[name] += number

    def result(self) -> Dict[str, object]:
        """The JSON of a `Comparison` that was done."""
        chosen = [
            {"path": show(path), "kind": kind, "detail": detail}
            for kind in _KINDS
            for path, detail in self._examples.get(kind, [])
        ]
        return {"done": True, "reason": "", **self._counts, "examples": chosen[: self._limit]}


def not_done(reason: str) -> Dict[str, object]:
    """The JSON of a `Comparison` that was not done."""
    return {"done": False, "reason": reason, **dict.fromkeys(CLASSES, 0), "examples": []}


def show(path: bytes) -> str:
    r"""A path as text for people: bytes that are no UTF-8 as ``\xNN``."""
    return path.decode("utf-8", "backslashreplace")


def wanted(seen: Seen) -> Request | None:
    """Which digests the content of this path has to be compared by."""
    entry, row = seen.now, seen.row
    if entry is None or entry.kind != "file":
        return None
    algorithms: Tuple[str, ...] = (SHA1,)
    if row is not None and row.checksum and _algorithm(row) not in (SHA1, ""):
        algorithms = (SHA1, _algorithm(row))
    return Request(entry.path, entry.size, entry.mtime_ns, algorithms)


def against_before(seen: Seen, digests: Digests, rules: Rules) -> Finding | None:
    """The class of a path by what it was before; None for what is no file."""
    now, before = seen.now, seen.before
    if before is not None and before.kind not in ("file", "link", "placeholder"):
        before = None
    if seen.hidden:
        return Finding(UNPROVEN, "unproven", "cannot be read now") if before is not None else None
    if now is None or now.kind == "dir":
        return _gone(seen, before, rules) if before is not None else None
    if before is None:
        return _new(seen, now, rules)
    if (now.kind, now.size, now.mtime_ns) == (before.kind, before.size, before.mtime_ns):
        return _content(seen, now, before.digest, digests) if rules.content and now.kind == "file" else AS_BEFORE
    return _altered(seen, now, digests, rules)


def against_journal(seen: Seen, digests: Digests, rules: Rules) -> Finding | None:
    """The class of a path by what the client last knew of it; None for what the client does not sync, or is no file."""
    now, row = seen.now, seen.row
    if row is not None and row.type not in _FILES:
        row = None
    if seen.hidden:
        return Finding(UNPROVEN, "unproven", "cannot be read now") if row is not None else None
    if now is None or now.kind == "dir":
        return None if row is None else _pending_or(seen, rules, "lost", "deleted here, and the journal still has it")
    if row is None:
        return _unknown_to_client(seen, now, rules)
    if not matches(now, row):
        return _pending_or(seen, rules, "changed", _what_differs(now, row))
    if rules.content and now.kind == "file":
        return _by_checksum(seen, row, digests)
    return AS_BEFORE


def matches(now: Now, row: Row) -> bool:
    """Whether the file is as the client left it: the client's own test."""
    if now.kind == "placeholder":
        return row.type in (VIRTUAL, VIRTUAL_DOWNLOAD)
    if now.kind != "file" or row.type not in _ON_DISK:
        return False
    return now.size == row.size and now.mtime_ns // 1_000_000_000 == row.mtime


def _gone(seen: Seen, before: Item, rules: Rules) -> Finding:
    if before.kind == "link" or rules.unsynced(seen.path):
        return Finding(USER, "changed", "deleted here; the client does not sync it")
    if not rules.journal:
        return Finding(LOST, "lost", "gone, and no journal explains it")
    if seen.row is not None:
        return Finding(
            LOST, "lost", "gone here, the server still has it: deleted here and not synced yet, or lost on this disk"
        )
    if before.pending:
        return Finding(LOST, "lost", "gone, and it had not been uploaded when the move began")
    return Finding(SYNCED, "synced", "deleted through the server")


def _new(seen: Seen, now: Now, rules: Rules) -> Finding | None:
    if now.kind == "link" or (seen.row is None and rules.unsynced(seen.path)):
        return None
    if _is_conflict(seen.path):
        return Finding(CONFLICTS, "conflict", "a conflict file that was not there before")
    if not rules.journal:
        return Finding(UNPROVEN, "unproven", "new, and no journal tells whether the client brought it")
    if seen.row is None:
        return _pending_or(seen, rules, "new", "not uploaded yet")
    if matches(now, seen.row):
        return Finding(SYNCED, "synced", "came from the server, or was uploaded")
    return _pending_or(seen, rules, "changed", _what_differs(now, seen.row))


def _altered(seen: Seen, now: Now, digests: Digests, rules: Rules) -> Finding:
    row = seen.row
    if now.kind == "link" or (row is None and rules.unsynced(seen.path)):
        return Finding(USER, "changed", "changed here; the client does not sync it")
    if not rules.journal:
        return Finding(UNPROVEN, "unproven", "changed, and no journal tells by whom")
    if row is None or not matches(now, row):
        return _pending_or(seen, rules, "changed", "changed here, not uploaded yet")
    if rules.content and _proof(row, digests) is False:
        return Finding(LOST, "lost", "the content is not what the client synced")
    return Finding(SYNCED, "synced", "changed through the server, or uploaded")


def _content(seen: Seen, now: Now, before: bytes, digests: Digests) -> Finding:
    if not digests:
        return Finding(UNPROVEN, "unproven", "the content could not be read, or changed while it was read")
    proof = _proof(seen.row, digests) if seen.row is not None and matches(now, seen.row) else None
    if before:
        if digests.get(SHA1) == before:
            return AS_BEFORE
        if proof:
            return Finding(SYNCED, "synced", "the client replaced the content; size and time stayed")
        return Finding(LOST, "lost", "the content changed while size and time did not")
    if proof is None:
        return Finding(UNPROVEN, "unproven", "neither the manifest nor the journal has a checksum")
    return AS_BEFORE if proof else Finding(LOST, "lost", "the content is not what the client synced")


def _by_checksum(seen: Seen, row: Row, digests: Digests) -> Finding:
    if not digests:
        return Finding(UNPROVEN, "unproven", "the content could not be read, or changed while it was read")
    proof = _proof(row, digests)
    if proof is None:
        if seen.before is not None and seen.before.digest:
            return AS_BEFORE
        return Finding(UNPROVEN, "unproven", "the journal has no checksum")
    return AS_BEFORE if proof else Finding(LOST, "lost", "the content is not what the client synced")


def _unknown_to_client(seen: Seen, now: Now, rules: Rules) -> Finding | None:
    if now.kind == "link" or rules.unsynced(seen.path):
        return None
    if _is_conflict(seen.path):
        return Finding(USER, "conflict", "a conflict file: the client keeps it on this machine")
    return _pending_or(seen, rules, "new", "not uploaded yet")


def _pending_or(seen: Seen, rules: Rules, kind: str, detail: str) -> Finding:
    table = rules.pending.get(seen.path)
    if table:
        return Finding(USER, "blocked", f"the client has it in its table {table}")
    return Finding(USER, kind, detail)


def _proof(row: Row | None, digests: Digests) -> bool | None:
    """Whether the content is what the journal's checksum says; None where there is nothing to compare."""
    if row is None or not row.checksum:
        return None
    found = digests.get(_algorithm(row))
    return None if found is None else found == row.checksum.lower().encode()


def _algorithm(row: Row) -> str:
    name = row.checksum_type.upper()
    return name if name in ALGORITHMS else ""


def _what_differs(now: Now, row: Row) -> str:
    if now.kind == "placeholder" or row.type not in _ON_DISK:
        return "a placeholder where the other has a file"
    if now.size != row.size:
        return f"{now.size} bytes here, {row.size} in the journal"
    return f"changed {now.mtime - row.mtime:+d} seconds from the journal's time"


def _is_conflict(path: bytes) -> bool:
    return is_conflict_name(path.rpartition(b"/")[2].decode("utf-8", "surrogateescape"))
