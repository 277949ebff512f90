"""One sync connection: two-way, with a journal."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from smartfleet.lab.desktop.disk import Disk
from smartfleet.lab.desktop.journal import FILE, FOLDER, VIRTUAL, Journal, Row
from smartfleet.lab.desktop.reconcile import Action, LocalEntry, RemoteEntry, Verb, reconcile
from smartfleet.lab.desktop.remote import Remote

log = logging.getLogger("nextcloud.sync.engine")


class FolderSync:
    """Keeps one folder equal to `target` on the server."""

    def __init__(self, disk: Disk, target: str, journal: Journal, remote: Remote) -> None:
        self._disk = disk
        self._target = target.strip("/")
        self._journal = journal
        self._remote = remote
        self._last: tuple[str, dict[str, LocalEntry]] | None = None
        self._local: dict[str, LocalEntry] = {}
        self._there: dict[str, RemoteEntry] = {}
        self._rows: dict[str, Row] = {}
        self._do: dict[Verb, Callable[[str], None]] = {
            "note": self._note,
            "compare": self._compare,
            "upload": self._upload,
            "download": self._download,
            "conflict": self._conflict,
            "make-local": self._make_local,
            "make-remote": self._make_remote,
            "delete-local": self._delete_local,
            "delete-remote": self._delete_remote,
            "forget": self._forget,
        }

    def run(self) -> bool:
        """Looks at both sides and, if one has changed, syncs. True if there was something to do: look again soon."""
        seen = (self._root_etag(), self._disk.scan())
        if seen == self._last:
            return False
        actions = self._discover(seen[1])
        log.info("#### Sync start: %d to do", len(actions))
        self._log_actions(actions)
        for action in actions:
            self._do[action.verb](action.path)
        # what this run wrote changes etags on the way up: only a run with nothing to do has seen the end state
        self._last = None if actions else seen
        log.info("SyncEngine finished without problem.")
        return bool(actions)

    @property
    def at_rest(self) -> bool:
        """Whether the last run found nothing to do."""
        return self._last is not None

    def _root_etag(self) -> str:
        return next(iter(self._remote.listing(self._target, 0).values())).etag

    def _discover(self, local: dict[str, LocalEntry]) -> list[Action]:
        self._local = local
        self._rows = {self._plain(row): row for row in self._journal.rows().values()}
        self._there = {}
        self._discover_remote("")
        return reconcile(self._local, self._there, self._rows)

    def _discover_remote(self, folder: str) -> None:
        """Fills `_there`; a folder whose etag is the journal's is taken from the journal."""
        listing = self._remote.listing(self._full(folder), 1)
        base = len(self._target) + 1 if self._target else 0
        for full, entry in listing.items():
            path = full[base:]
            if path == folder or full == self._target:
                continue
            self._there[path] = entry
            if not entry.folder:
                continue
            row = self._rows.get(path)
            if row is not None and row.type == FOLDER and row.etag == entry.etag:
                below = {name: _remembered(known) for name, known in self._rows.items() if name.startswith(f"{path}/")}
                self._there.update(below)
            else:
                self._discover_remote(path)

    def _full(self, path: str) -> str:
        return f"{self._target}/{path}".strip("/")

    def _note(self, path: str) -> None:
        self._record(path, self._local[path], self._there[path])

    def _compare(self, path: str) -> None:
        remote = self._there[path]
        if self._disk.checksum(path) != remote.checksum:
            self._conflict(path)
            return
        self._disk.set_mtime(path, remote.mtime)
        self._record(path, self._local[path], remote)

    def _upload(self, path: str) -> None:
        local, row = self._local[path], self._rows.get(path)
        self._journal.begin_upload(path, local.size, local.mtime)
        etag = row.etag if row is not None and path in self._there else ""
        entry = self._remote.put(self._full(path), self._disk.read(path), local.mtime, etag)
        self._journal.end_upload(path)
        self._record(path, local, entry)

    def _download(self, path: str) -> None:
        remote, local = self._there[path], self._local.get(path)
        virtual = self._disk.virtual
        if virtual is not None and (local is None or local.virtual):
            self._record(path, self._disk.write_placeholder(virtual, path, remote.size, remote.mtime), remote)
            return
        self._record(path, self._disk.write(path, self._remote.get(self._full(path)), remote.mtime), remote)

    def _conflict(self, path: str) -> None:
        remote = self._there[path]
        name = self._disk.set_aside(path, self._local[path].mtime)
        log.warning("conflict: %s", name)
        self._record(path, self._disk.write(path, self._remote.get(self._full(path)), remote.mtime), remote)
        self._journal.add_conflict(name, path, self._rows.get(path) or self._row(path, FILE, self._local[path], remote))

    def _make_local(self, path: str) -> None:
        self._record(path, self._disk.make_folder(path), self._there[path])

    def _make_remote(self, path: str) -> None:
        self._remote.make_folder(self._full(path))
        entry = next(iter(self._remote.listing(self._full(path), 0).values()))
        self._record(path, self._local[path], entry)

    def _delete_local(self, path: str) -> None:
        local = self._local[path]
        self._disk.delete(path, folder=local.folder, virtual=local.virtual)
        self._forget(path)

    def _delete_remote(self, path: str) -> None:
        self._remote.delete(self._full(path))
        self._forget(path)

    def _forget(self, path: str) -> None:
        row = self._rows.get(path)
        if row is not None:
            self._journal.remove(row.path)

    def _record(self, path: str, local: LocalEntry, remote: RemoteEntry) -> None:
        self._forget(path)  # a placeholder that became a file has another name
        kind = FOLDER if remote.folder else VIRTUAL if local.virtual else FILE
        self._journal.put(self._row(path, kind, local, remote))

    def _row(self, path: str, kind: int, local: LocalEntry, remote: RemoteEntry) -> Row:
        return Row(
            path=self._disk.virtual.shown(path) if self._disk.virtual is not None and kind == VIRTUAL else path,
            type=kind,
            inode=local.inode,
            mtime=remote.mtime,
            size=remote.size,
            etag=remote.etag,
            fileid=remote.fileid,
            permissions=remote.permissions,
            checksum=remote.checksum,
        )

    def _plain(self, row: Row) -> str:
        """The path on the server; the journal's path of a placeholder is the one that it is shown with."""
        virtual = self._disk.virtual
        return virtual.plain(row.path) if virtual is not None and row.type == VIRTUAL else row.path

    def _log_actions(self, actions: list[Action]) -> None:
        """Adds the run to `.nextcloudsync.log` in the folder, as the real client does."""
        if not actions:
            return
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        lines = [f"#=#=#=# Syncrun started {stamp}", *(f"{stamp}||{item.path}|{item.verb}|" for item in actions)]
        with (self._disk.root / ".nextcloudsync.log").open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def _remembered(row: Row) -> RemoteEntry:
    return RemoteEntry(row.type == FOLDER, row.size, row.mtime, row.etag, row.fileid, row.permissions, row.checksum)
