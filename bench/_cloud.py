"""A server that has a folder's files, a session whose keyring holds the password, and the journal of a client that has
synced: `python -m bench._cloud FOLDER TREE`. It says where they are in one line of JSON and ends with its input.

Of two accounts, one is as the journal has it; of the other, one file is newer in each of 100 folders.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from smartfleet.lab.desktop import keyring as client
from smartfleet.lab.desktop.journal import FILE, FOLDER, Journal, Row
from smartfleet.lab.server.cloud import Cloud
from smartfleet.lab.server.running import LabServer
from smartfleet.lab.server.tree import Node, Tree
from smartfleet.lab.session.bus import SessionBus
from smartfleet.lab.session.keyring import Keyring
from smartfleet.nextcloud.names import login_key

JOURNAL = ".sync_0123456789ab.db"
SAME, NEWER = "anna", "berta"
NEWER_FOLDERS = 100


def main() -> None:
    folder, tree = Path(sys.argv[1]), Path(sys.argv[2])
    cloud = Cloud()
    passwords = {}
    for name in (SAME, NEWER):
        cloud.add_user(name)
        passwords[name] = cloud.add_app_password(name)
    there = cloud.users[SAME].tree
    _fill(there, tree)
    journal = Journal(tree / JOURNAL, (3, 7, 3))
    journal.put_all(_rows(there, tree))
    journal.close()
    cloud.users[NEWER].tree.root = copy.deepcopy(there.root)
    _renew(cloud.users[NEWER].tree)
    with LabServer(folder, cloud=cloud) as server:
        asyncio.run(_session(folder, server.new_url, passwords))


async def _session(folder: Path, url: str, passwords: dict[str, str]) -> None:
    keyring = Keyring()
    for name, password in passwords.items():
        key = login_key(name, url, "0")
        keyring.store(key, client.attributes(key), password.encode(), "text/plain", replace=True)
    bus = SessionBus(folder / "bus", keyring)
    await bus.start()
    print(json.dumps({"url": url, "bus": f"unix:path={bus.path}", "passwords": passwords}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await bus.close()


def _fill(there: Tree, tree: Path) -> None:
    """What the disk holds. Straight into the nodes: a `put` would renew the etags of all folders for each file."""
    nodes = {tree: there.root}
    for path in sorted(tree.rglob("*")):
        info, children = path.stat(), nodes[path.parent].children
        assert children is not None
        node = children[path.name] = Node(info.st_ino, path.name, int(info.st_mtime))
        if path.is_dir():
            node.children, nodes[path] = {}, node
        else:
            node.content = path.read_bytes()
            node.checksum = f"SHA1:{hashlib.sha1(node.content, usedforsecurity=False).hexdigest()}"


def _rows(there: Tree, tree: Path) -> Iterator[Row]:
    for path, node in there.walk():
        yield Row(
            path=path,
            type=FOLDER if node.is_folder else FILE,
            inode=(tree / path).stat().st_ino,
            mtime=node.mtime,
            size=0 if node.is_folder else node.size(),
            etag=node.etag,
            fileid=there.oc_id(node),
            permissions="RGDNVW",
            checksum=node.checksum[5:],
        )


def _renew(there: Tree) -> None:
    """Another version of one file in each of 100 folders."""
    folders: dict[str, str] = {}
    for path, node in there.walk():
        if not node.is_folder:
            folders.setdefault(path.rpartition("/")[0], path)
    for path in list(folders.values())[:: max(1, len(folders) // NEWER_FOLDERS)][:NEWER_FOLDERS]:
        node = there.get(path)
        there.put(path, node.content, node.mtime, node.checksum)


if __name__ == "__main__":
    main()
