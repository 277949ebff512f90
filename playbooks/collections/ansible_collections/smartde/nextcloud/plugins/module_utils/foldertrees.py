"""The sync folders of a move: written down before it, compared with that after it.

A dropped child walks the folder and reads a copy of its journal; the parent keeps the manifest where only the
administrator can read it, and hands the child an open descriptor to compare with.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import Any, Iterable, Iterator, Sequence

from . import journals
from .compare import Rules, Tally, against_before, wanted
from .desk import Presence
from .digests import SHA1, Hashers
from .dropped import Dropped, DroppedError, Send, run_as
from .journal import Row, rows
from .manifest import Count, Counter, Item, Writer, read
from .merging import Seen, merge
from .outcome import Proof
from .profile import Profile, SyncFolder
from .state import manifest_path, sync_folder
from .walk import walk

WALK_SECONDS = 6 * 3600.0
SILENT_SECONDS = 300.0
EXAMPLES = 5
AGAIN_SECONDS = 3.0


def write_manifests(profile: Profile, folders: Sequence[SyncFolder]) -> str:
    """Write every folder down, with digests if the order wants them; what was found, for people."""
    counts = [_write_one(profile, folder) for folder in folders]
    unread = sum(count["unread"] for count in counts)
    more = f", {unread} names could not be read" if unread else ""
    return f"{sum(count['files'] for count in counts)} files, {sum(count['bytes'] for count in counts)} bytes{more}"


def _write_one(profile: Profile, folder: SyncFolder) -> dict[str, Any]:
    target = _manifest(profile, folder)
    fd = os.open(target + ".partial", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(fd, "wb") as stream:
            writer = Writer(stream)
            work = (tell, *_place(folder), profile.order.digests)
            with Dropped(profile.person, *work, timeout=WALK_SECONDS, idle=SILENT_SECONDS) as child:
                for chunk in child:
                    writer.write(chunk)
                count: dict[str, Any] = child.answer
            writer.close(Count(**count))
            stream.flush()
            os.fsync(fd)
        os.replace(target + ".partial", target)
    except BaseException:
        os.unlink(target + ".partial")
        raise
    sync_folder(profile.folder)
    return count


def compare_folders(
    profile: Profile, folders: Sequence[SyncFolder], _presence: Presence, *, seconds: float
) -> list[Proof]:
    """The proofs disk and conflicts. What seems lost is looked at again for a while: a client at work is a moment
    ahead of its own journal.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            found = [_compare_one(profile, folder) for folder in folders]
        except (DroppedError, OSError, ValueError) as error:
            return [Proof("disk", "unknown", str(error)), Proof("conflicts", "unknown", str(error))]
        if not any(one["lost"] for one in found) or time.monotonic() > end:
            return [_disk(found), _conflicts(found)]
        time.sleep(AGAIN_SECONDS)


def _compare_one(profile: Profile, folder: SyncFolder) -> dict[str, Any]:
    with open(_manifest(profile, folder), "rb") as stream:
        found: dict[str, Any] = run_as(profile.person, compare, *_place(folder), stream.fileno(), timeout=WALK_SECONDS)
    return found


def _disk(found: Sequence[dict[str, Any]]) -> Proof:
    lost, unproven = (sum(one[name] for one in found) for name in ("lost", "unproven"))
    if lost:
        examples = [one["path"] for comparison in found for one in comparison["examples"] if one["kind"] == "lost"]
        return Proof("disk", "failed", f"{lost} files are not what they were: {', '.join(examples[:EXAMPLES])}")
    if unproven:
        return Proof("disk", "unknown", f"{unproven} files could not be compared")
    same, synced, user = (sum(one[name] for one in found) for name in ("same", "synced", "user"))
    return Proof("disk", "ok", f"{same} files as before, {synced} synced since, {user} with changes of the user's")


def _conflicts(found: Sequence[dict[str, Any]]) -> Proof:
    new = sum(one["conflicts"] for one in found)
    return Proof("conflicts", "failed" if new else "ok", f"{new} new conflict files" if new else "")


def _manifest(profile: Profile, folder: SyncFolder) -> str:
    return manifest_path(profile.folder, folder.move.account, folder.move.group, folder.move.alias)


def _place(folder: SyncFolder) -> tuple[str, str, str]:
    return folder.path, folder.virtual_files, folder.move.journal


def tell(send: Send, path: str, virtual_files: str, journal: str, digests: bool) -> dict[str, Any]:  # noqa: FBT001 - passed on
    """In the dropped child: the lines of a manifest as chunks; the fields of its `Count`."""
    counter = Counter()
    with _journal(path, journal) as known:
        seen = (one for one in merge(walk(os.fsencode(path), virtual_files), (), known) if one.now is not None)
        for one, digest in _hashed(path, seen) if digests else ((one, b"") for one in seen):
            chunk = counter.add(_item(one, digest))
            if chunk:
                send(chunk)
    send(counter.rest())
    return counter.count()._asdict()


def compare(path: str, virtual_files: str, journal: str, manifest: int) -> dict[str, object]:
    """In the dropped child: the `Comparison` of the folder with the manifest that the descriptor holds."""
    tally = Tally(EXAMPLES)
    with _journal(path, journal) as known, os.fdopen(manifest, "rb", closefd=False) as stream:
        for one in merge(walk(os.fsencode(path), virtual_files), read(stream), known):
            tally.add(one.path, against_before(one, {}, Rules()))
    return tally.result()


@contextlib.contextmanager
def _journal(path: str, name: str) -> Iterator[Iterable[Row]]:
    """The rows of a copy of the journal in the walk's order; none where there is no journal that can be read."""
    with contextlib.ExitStack() as stack:
        try:
            copy = stack.enter_context(journals.copied(os.fsencode(path), name, os.geteuid()))
        except journals.JournalFileError:
            yield ()
            return
        yield rows(copy, ordered=True)


def _hashed(path: str, seen: Iterable[Seen]) -> Iterator[tuple[Seen, bytes]]:
    hashers: Hashers[Seen] = Hashers(os.fsencode(path))
    with hashers:
        for one, found in hashers.run((one, wanted(one)) for one in seen):
            yield one, found.get(SHA1, b"")


def _item(seen: Seen, digest: bytes) -> Item:
    """A line of the manifest; a file that the journal does not know is still to be uploaded."""
    entry = seen.now
    assert entry is not None  # noqa: S101 - for the type checker: the caller has seen to it
    return Item(entry.path, entry.size, entry.mtime_ns, entry.kind, digest, entry.kind == "file" and seen.row is None)
