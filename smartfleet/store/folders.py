"""What earlier audits saw of folders: where each lay first, and since when changes wait in it to be uploaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import Connection, delete, insert, select

from smartfleet.errors import StoreError
from smartfleet.policy.evidence import FolderKey, FolderPast
from smartfleet.store.database import Part
from smartfleet.store.documents import batches
from smartfleet.store.tables import FOLDER_PAST

_KEY = len(FolderKey._fields)
_Folders = Mapping[FolderKey, FolderPast]


class FolderPasts(Part):
    """By host. Reads and writes go in batches of 500 hosts, each a transaction of its own."""

    def folder_past(self, hosts: Sequence[str]) -> dict[str, dict[FolderKey, FolderPast]]:
        """Of those of `hosts` that are known here."""
        found = {}
        for part in batches(hosts):
            wanted = select(FOLDER_PAST.host, FOLDER_PAST.document).where(FOLDER_PAST.host.in_(part))
            found.update({row.host: _read(row.document) for row in self._database.rows(wanted)})
        return found

    def set_folder_past(self, folders: Mapping[str, _Folders]) -> None:
        """In place of what was known of these hosts."""
        # in one order everywhere, so that two who write do not wait for each other
        for part in batches(sorted(folders)):
            rows = [{"host": host, "document": _written(folders[host])} for host in part]
            self._database.write(partial(self._replace, rows))

    def _replace(self, rows: Sequence[dict[str, str]], connection: Connection) -> None:
        self._database.alone(connection, FOLDER_PAST)
        connection.execute(delete(FOLDER_PAST.table).where(FOLDER_PAST.host.in_([row["host"] for row in rows])))
        connection.execute(insert(FOLDER_PAST.table), rows)


def digest_of(folders: _Folders) -> str:
    """Of what `set_folder_past` keeps of a host."""
    return digest_of_text(_written(folders))


def digest_of_text(document: str) -> str:
    return hashlib.sha256(document.encode()).hexdigest()


def _written(folders: _Folders) -> str:
    return json.dumps([[*key, past.first_path, past.first_seen, past.pending_since] for key, past in folders.items()])


def _read(text: str) -> dict[FolderKey, FolderPast]:
    try:
        return {FolderKey(*row[:_KEY]): FolderPast(*row[_KEY:]) for row in json.loads(text)}
    except (ValueError, TypeError) as error:
        raise StoreError(
            "store/damaged",
            "the store holds a folder's past that this version cannot read",
            do="take the store back from a backup",
        ) from error
