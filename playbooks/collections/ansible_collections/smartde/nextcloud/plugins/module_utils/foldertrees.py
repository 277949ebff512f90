"""The sync folders of a move, written down before it.

A dropped child walks the folder and reads a copy of its journal; the parent keeps the manifest where only the
administrator can read it.
"""

from __future__ import annotations

import contextlib
import os
from itertools import repeat
from typing import Any, Iterable, Iterator, Sequence

from . import journals
from .compare import wanted
from .digests import SHA1, Hashers
from .dropped import Dropped, Send
from .journal import Row, rows
from .manifest import Count, Counter, Writer
from .merging import Seen, merge
from .profile import Profile, SyncFolder
from .state import manifest_path, sync_folder
from .walk import Placeholders
from .walkahead import walk_ahead

WALK_SECONDS = 6 * 3600.0
# A chunk comes every few thousand files, and those may be large ones that are hashed.
SILENT_SECONDS = 1800.0


def write_manifests(profile: Profile, folders: Sequence[SyncFolder]) -> str:
    """Write every folder down, with digests if the order wants them; what was found, for people."""
    counts = [_write_one(profile, folder) for folder in folders]
    unread = sum(count["unread"] for count in counts)
    more = f", {unread} names could not be read" if unread else ""
    return f"{sum(count['files'] for count in counts)} files, {sum(count['bytes'] for count in counts)} bytes{more}"


def _write_one(profile: Profile, folder: SyncFolder) -> dict[str, Any]:
    target = manifest_path(profile.folder, folder.move.account, folder.move.group, folder.move.alias)
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


def _place(folder: SyncFolder) -> tuple[str, Placeholders, str]:
    return folder.path, folder.virtual_files, folder.move.journal


def tell(send: Send, path: str, virtual_files: Placeholders, journal: str, digests: bool) -> dict[str, Any]:  # noqa: FBT001 - passed on
    """In the dropped child: the lines of a manifest as chunks; the fields of its `Count`."""
    counter = Counter()
    with _journal(path, journal) as known:
        seen = merge(walk_ahead(os.fsencode(path), virtual_files), (), known)
        for one, digest in _hashed(path, seen) if digests else zip(seen, repeat(b"")):
            entry = one.now
            if entry is None:
                continue
            # a file that the journal does not know is still to be uploaded
            chunk = counter.add(entry, digest, pending=one.row is None and entry.kind == "file")
            if chunk:
                send(chunk)
    send(counter.rest())
    return counter.count()._asdict()


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
