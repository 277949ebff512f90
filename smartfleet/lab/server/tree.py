"""The files of one user on the server: ids, etags that propagate to the root, checksums. No network here.

Facts from Nextcloud: a file id is unique on the instance, `oc:id` is that id padded to eight digits with the instance
id behind it, and a change of a file gives new etags to every folder above it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field


class TreeError(Exception):
    """A request that the tree refuses; `status` is the HTTP answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Node:
    """A file, or a folder if `children` is a dict."""

    number: int
    name: str
    mtime: int
    children: dict[str, Node] | None = None
    content: bytes = b""
    checksum: str = ""
    etag: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def is_folder(self) -> bool:
        return self.children is not None

    def size(self) -> int:
        """Bytes of the file, or of everything below the folder (as `oc:size` counts)."""
        if self.children is None:
            return len(self.content)
        return sum(child.size() for child in self.children.values())


def split(path: str) -> list[str]:
    """The names in `path`; refuses names that no server would take."""
    names = [name for name in path.split("/") if name]
    if any(name in {".", ".."} or "\0" in name for name in names):
        raise TreeError(400, "a path may not hold . or ..")
    return names


class Tree:
    """A folder of files. Paths use ``/`` and are relative to the root; the root is the empty path."""

    def __init__(self, instance: str, numbers: Iterator[int], now: int) -> None:
        self.instance = instance
        self._numbers = numbers
        self.root = Node(next(numbers), "", now, {})

    def oc_id(self, node: Node) -> str:
        return f"{node.number:08d}{self.instance}"

    def find(self, path: str) -> Node | None:
        """The node at `path`, or None."""
        node: Node | None = self.root
        for name in split(path):
            node = (node.children or {}).get(name) if node else None
        return node

    def get(self, path: str) -> Node:
        """The node at `path`; TreeError 404 if there is none."""
        node = self.find(path)
        if node is None:
            raise TreeError(404, f"{path} is not there")
        return node

    def put(
        self, path: str, content: bytes, mtime: int, checksum: str = "", *, if_match: str = ""
    ) -> tuple[Node, bool]:
        """Writes a file; the second value tells whether it is new.

        TreeError 409 without a parent folder, 405 on a folder, 412 if `if_match` names another etag.
        """
        folder, name = self._parent(path)
        node = folder.get(name)
        if if_match and if_match != "*" and (node is None or node.etag != if_match):
            raise TreeError(412, "the file has another etag")
        if node is not None and node.is_folder:
            raise TreeError(405, f"{path} is a folder")
        created = node is None
        if node is None:
            node = folder[name] = Node(next(self._numbers), name, mtime)
        node.content, node.mtime, node.checksum = content, mtime, checksum
        self._touch(path)
        return node, created

    def make_folder(self, path: str, now: int) -> Node:
        """TreeError 405 if something is there, 409 without a parent folder."""
        folder, name = self._parent(path)
        if name in folder:
            raise TreeError(405, f"{path} is already there")
        node = folder[name] = Node(next(self._numbers), name, now, {})
        self._touch(path)
        return node

    def make_folders(self, path: str, now: int) -> None:
        """Makes `path` and every folder above it that is missing."""
        names = split(path)
        for depth in range(1, len(names) + 1):
            part = "/".join(names[:depth])
            if self.find(part) is None:
                self.make_folder(part, now)

    def delete(self, path: str) -> None:
        folder, name = self._parent(path)
        if name not in folder:
            raise TreeError(404, f"{path} is not there")
        del folder[name]
        self._touch(path)

    def move(self, source: str, target: str, *, overwrite: bool = True) -> bool:
        """Moves a node with its id; True if the target name was free. TreeError 412 if it may not be overwritten."""
        node = self.get(source)
        folder, name = self._parent(target)
        if split(target)[: len(split(source))] == split(source):
            raise TreeError(409, "a folder cannot move into itself")
        free = name not in folder
        if not free and not overwrite:
            raise TreeError(412, f"{target} is already there")
        self.delete(source)
        node.name = name
        folder[name] = node
        self._touch(target)
        return free

    def walk(self) -> Iterator[tuple[str, Node]]:
        """Every node but the root, parents first, with its path."""
        waiting: list[tuple[str, Node]] = [("", self.root)]
        while waiting:
            prefix, folder = waiting.pop()
            for name, child in (folder.children or {}).items():
                yield prefix + name, child
                if child.is_folder:
                    waiting.append((f"{prefix}{name}/", child))

    def _parent(self, path: str) -> tuple[dict[str, Node], str]:
        names = split(path)
        if not names:
            raise TreeError(405, "the root cannot be changed")
        folder = self.find("/".join(names[:-1]))
        if folder is None or folder.children is None:
            raise TreeError(409, "the folder above is not there")
        return folder.children, names[-1]

    def _touch(self, path: str) -> None:
        """New etags for the node at `path` (if it is there) and for all folders above it."""
        names = split(path)
        for depth in range(len(names) + 1):
            node = self.find("/".join(names[:depth]))
            if node is not None:
                node.etag = secrets.token_hex(16)
