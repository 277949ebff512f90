"""Journal against server by etags. Pure but for the listings it is handed.

A directory's etag changes with anything below it, and the journal holds the etag of the state it has synced. So an
equal directory proves all that it holds, and only unequal ones are listed in turn, level by level.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterable, List, Set

from .compare import SAME, UNPROVEN, Finding, Tally
from .dav import DavError, Remote
from .journal import DIRECTORY, FILE, VIRTUAL, VIRTUAL_DEHYDRATE, VIRTUAL_DOWNLOAD, Row

BUDGET = 300
SUFFIX = b".nextcloud"

_SYNCED = (FILE, DIRECTORY, VIRTUAL, VIRTUAL_DOWNLOAD, VIRTUAL_DEHYDRATE)


class Proof:
    """One comparison. `rows` gives the journal anew at each call; `list_folder` raises DavError.

    `left_out` tells which paths the client does not take from the server. Memory: the journal's directories, and the
    rows of the directories that are listed on one level.
    """

    def __init__(
        self,
        rows: Callable[[], Iterable[Row]],
        list_folder: Callable[[bytes], Dict[bytes, Remote]],
        left_out: Callable[[bytes], bool],
        tally: Tally,
        budget: int = BUDGET,
    ) -> None:
        self._rows = rows
        self._list = list_folder
        self._left_out = left_out
        self._tally = tally
        self._budget = budget
        self._files: Dict[bytes, int] = {}

    def run(self) -> None:
        """Fill the tally. DavError if not even the folder's root can be listed."""
        self._files = _files_below(self._rows())
        level = [b""]
        while level:
            known = self._known(level)
            level = [path for folder in level for path in self._folder(folder, known[folder])]

    def _known(self, folders: List[bytes]) -> Dict[bytes, Dict[bytes, Row]]:
        """The rows that lie directly in each of the folders."""
        known: Dict[bytes, Dict[bytes, Row]] = {folder: {} for folder in folders}
        for row in self._rows():
            parent, _slash, name = row.path.rpartition(b"/")
            if parent in known and row.type in _SYNCED:
                known[parent][name] = row
        return known

    def _folder(self, path: bytes, known: Dict[bytes, Row]) -> List[bytes]:
        """Compare one listing; the directories in it that have to be listed as well."""
        if self._budget <= 0:
            self._unproven(path, "the number of questions to the server was used up")
            return []
        self._budget -= 1
        try:
            remote = self._list(path)
        except DavError as error:
            if not path:
                raise
            self._unproven(path, error.message)
            return []
        return self._listing(path, known, remote)

    def _listing(self, path: bytes, known: Dict[bytes, Row], remote: Dict[bytes, Remote]) -> List[bytes]:
        below: List[bytes] = []
        met: Set[bytes] = set()
        for name, row in known.items():
            there = name[: -len(SUFFIX)] if row.type == VIRTUAL and name.endswith(SUFFIX) else name
            if there not in remote:
                there = name
            met.add(there)
            found = remote.get(there)
            if found is not None and found.directory and row.type == DIRECTORY and found.etag != row.etag:
                below += self._differing(row)
            else:
                self._entry(row, found)
        for name in remote.keys() - met:
            full = path + b"/" + name if path else name
            if not self._left_out(full):
                self._tally.add(full, Finding(UNPROVEN, "server", "on the server, and not in the journal"))
        return below

    def _differing(self, row: Row) -> List[bytes]:
        if row.e2ee:
            self._unproven(row.path, "end-to-end encrypted: names on the server are others")
            return []
        return [row.path]

    def _entry(self, row: Row, found: Remote | None) -> None:
        number = self._files.get(row.path, 0) if row.type == DIRECTORY else 1
        if found is None:
            self._tally.add(row.path, Finding(UNPROVEN, "server", "in the journal, and not on the server"))
            self._tally.count(UNPROVEN, number - 1 if number else 0)
        elif found.directory != (row.type == DIRECTORY):
            self._tally.add(row.path, Finding(UNPROVEN, "server", "a folder on one side, a file on the other"))
        elif found.etag != row.etag:
            self._tally.add(row.path, Finding(UNPROVEN, "server", "the server has another version than the journal"))
        else:
            self._tally.count(SAME, number)

    def _unproven(self, path: bytes, why: str) -> None:
        self._tally.add(path, Finding(UNPROVEN, "unproven", why))
        self._tally.count(UNPROVEN, max(0, self._files.get(path, 0) - 1))


def _files_below(rows: Iterable[Row]) -> Dict[bytes, int]:
    """For each directory of the journal the number of files in it and below it."""
    files: Dict[bytes, int] = {b"": 0}
    for row in rows:
        if row.type == DIRECTORY:
            files.setdefault(row.path, 0)
        elif row.type in _SYNCED:
            parent = row.path.rpartition(b"/")[0]
            files[parent] = files.get(parent, 0) + 1
    for path in sorted(files, key=lambda one: one.count(b"/"), reverse=True):
        if path:
            parent = path.rpartition(b"/")[0]
            files[parent] = files.get(parent, 0) + files[path]
    return files
