"""The syntax tree of a PowerShell text, and what the gates ask of it again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from tests.unit.builders import table

_LANGUAGE = Language(tree_sitter_powershell.language())


class Finding(NamedTuple):
    """What is wrong, and where. `line` begins at 1."""

    file: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.message}"


def data(name: str) -> Any:
    """One of the tables that the gates go by."""
    return table(f"powershell/{name}")


def words(name: str) -> frozenset[str]:
    return frozenset(data("words")[name].split())


def parse(text: str) -> Node:
    return Parser(_LANGUAGE).parse(text.encode()).root_node


def text_of(node: Node) -> str:
    return (node.text or b"").decode()


def line_of(node: Node) -> int:
    return int(node.start_point[0]) + 1


class Nodes:
    """The nodes below one, walked through once: the gates ask for them by their kinds hundreds of times."""

    def __init__(self, top: Node, into: tuple[str, ...] = ()) -> None:
        self._all = [(node.type, node) for node in _walk(top, into)]

    def of(self, *kinds: str) -> Iterator[Node]:
        """Those of these kinds, in the order of the text."""
        return (node for kind, node in self._all if kind in kinds)


def _walk(top: Node, into: tuple[str, ...]) -> Iterator[Node]:
    for child in top.children:
        yield child
        if child.type not in into:
            yield from _walk(child, into)


def below(node: Node, *kinds: str, into: tuple[str, ...] = ()) -> Iterator[Node]:
    """All nodes of these kinds below `node`, in the order of the text; `into` names kinds that are not entered."""
    return (one for one in _walk(node, into) if one.type in kinds)


def above(node: Node, stop: Node | None = None) -> Iterator[Node]:
    """The nodes around `node`, from the inside outwards, without `stop`."""
    parent = node.parent
    while parent is not None and parent != stop:
        yield parent
        parent = parent.parent


def core(node: Node) -> Node:
    """The innermost node that says the same: the grammar wraps a value into a dozen levels of operators."""
    while len(node.named_children) == 1 and node.named_children[0].text == node.text:
        node = node.named_children[0]
    return node


def plain_string(node: Node) -> str | None:
    """The value of a string that stands in the text as it is; None for anything else."""
    inner = core(node)
    if inner.type == "verbatim_string_characters":
        return text_of(inner)[1:-1].replace("''", "'")
    if inner.type == "generic_token":
        return text_of(inner)
    if inner.type == "expandable_string_literal" and not inner.named_children:
        return text_of(inner)[1:-1]
    return None
