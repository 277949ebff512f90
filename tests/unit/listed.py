"""A folder of Windows as its host lists it for the controller, made as a real client's journal tells."""

from __future__ import annotations

import base64
import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.digests import SHA1, Hashers, Request
from ansible_collections.smartde.nextcloud.plugins.module_utils.journal import DIRECTORY, rows
from ansible_collections.smartde.nextcloud.plugins.module_utils.manifest import Item, write
from ansible_collections.smartde.nextcloud.plugins.module_utils.walk import walk

from tests.unit.client_files import SAMPLES

JOURNAL = SAMPLES / "client-3.7.3/journal/sync_bf7191848ef0.db"
NAMES = {
    "user": "eva",
    "config_path": r"C:\Users\eva\AppData\Roaming\Nextcloud\nextcloud.cfg",
    "account": "0",
    "group": "Folders",
    "alias": "1",
    "local_path": "C:/Users/eva/Nextcloud/",
    "url": "https://mein.smartde.coop",
}
NAME = ".sync_bf7191848ef0.db"


def listing(root: Path, *, content: bool = False) -> bytes:
    """What win_tree_manifest lists: the same lines as the manifest of the Linux twin."""
    stream = io.BytesIO()
    write(stream, _items(root, content=content))
    return stream.getvalue()


def _items(root: Path, *, content: bool) -> Iterator[Item]:
    hashers: Hashers[Item] = Hashers(os.fsencode(root), workers=1)
    with hashers:
        items = (Item(*entry) for entry in walk(os.fsencode(root)))
        wanted = ((one, Request(one.path, one.size, one.mtime_ns) if content else None) for one in items)
        for one, digests in hashers.run((one, ask if one.kind == "file" else None) for one, ask in wanted):
            yield one._replace(digest=digests.get(SHA1, b""))


def root_of(manifest: bytes) -> str:
    return gzip.decompress(manifest).splitlines()[-1].split()[-1].decode()


def raw(root: Path, before: bytes | None, level: str, **more: object) -> dict[str, Any]:
    """The answer of win_tree_manifest for a folder with all that it can bring."""
    content = level == "content"
    now = listing(root, content=content)
    journal = (root / NAME).read_bytes() if (root / NAME).exists() else b""
    told = {"name": NAME, "state": "ok" if journal else "absent", "detail": ""}
    return {
        **NAMES,
        "level": level,
        "state": "ok",
        "root_digest": root_of(now),
        "no_before": "" if before is not None else "this host remembers no move of this profile",
        "before_digest": root_of(before) if before is not None else "",
        "listing": base64.b64encode(now).decode(),
        "before_listing": base64.b64encode(before).decode() if before is not None else "",
        "journal": {**told, "db": base64.b64encode(gzip.compress(journal)).decode() if journal else "", "wal": ""},
        **more,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in the state that a real client's journal tells of."""
    root = tmp_path / "Nextcloud"
    root.mkdir()
    (root / NAME).write_bytes(JOURNAL.read_bytes())
    # a copy, for SQLite leaves files beside what it opens
    copy = tmp_path / "journal.db"
    copy.write_bytes(JOURNAL.read_bytes())
    for row in rows(copy, ordered=True):
        path = root / os.fsdecode(row.path)
        if row.type == DIRECTORY:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * row.size)
        os.utime(path, (row.mtime, row.mtime))
    return root
