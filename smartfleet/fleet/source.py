"""YAML as data together with the line of every key and item, so that an error can say where."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import yaml

KeyPath = tuple[str | int, ...]
Lines = dict[KeyPath, int]
Data = dict[str, "Data"] | list["Data"] | str | int | float | bool | None

_DEEPEST = 20


class SourceError(ValueError):
    """The text is not what YAML or smartfleet takes; `line` counts from 1."""

    def __init__(self, line: int, message: str, do: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.do = do


@dataclass(frozen=True)
class Source:
    """`lines` maps the path of each key (``("servers", "old", 0)``) to its line."""

    data: Data
    lines: Lines = field(default_factory=dict)

    def line(self, path: KeyPath) -> int:
        """The line of `path`, or of the nearest thing around it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_source(text: str) -> Source:
    """Raises SourceError for what is not YAML, duplicate keys, and YAML that no settings file needs."""
    try:
        return _read(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise SourceError(mark.line + 1 if mark else 1, f"not valid YAML: {problem}", _hint(text, mark)) from None
    except yaml.YAMLError as error:
        raise SourceError(_line_of(text, error), f"not valid YAML: {_first_line(error)}") from None
    except RecursionError:
        raise SourceError(1, "nested too deeply") from None


def _read(text: str) -> Source:
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        lines: Lines = {}
        data = _data(loader, node, (), lines) if node is not None else None
    finally:
        loader.dispose()
    return Source(data, lines)


def _data(loader: yaml.SafeLoader, node: yaml.Node, path: KeyPath, lines: Lines) -> Data:
    if len(path) > _DEEPEST:
        raise SourceError(_line(node), "nested too deeply")
    lines.setdefault(path, _line(node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_data(loader, item, (*path, index), lines) for index, item in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:timestamp":
        return str(node.value)
    try:
        value: Data = loader.construct_object(node)
    except ValueError as error:
        raise SourceError(_line(node), f"{node.value!r}: {error}") from None
    return value


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode, path: KeyPath, lines: Lines) -> dict[str, Data]:
    data: dict[str, Data] = {}
    for key_node, value_node in node.value:
        key: Hashable = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            raise SourceError(_line(key_node), "a key is a plain word")
        if key in data:
            first = lines[(*path, key)]
            raise SourceError(
                _line(key_node), f"{key!r} is there twice, first in line {first}", "Remove one of the two."
            )
        lines[(*path, key)] = _line(key_node)
        data[key] = _data(loader, value_node, (*path, key), lines)
    return data


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _hint(text: str, mark: yaml.Mark | None) -> str:
    """The two mistakes that are made most, told in the words of the person who makes them."""
    if mark is None:
        return ""
    lines = text.splitlines()
    near = "".join(lines[max(0, mark.line - 1) : mark.line + 1])
    if "\t" in near:
        return "Indent with blanks: YAML takes no tabs."
    return "Look at this line and the one before it: a missing colon, quote or blank after '-' reads like this."


def _line_of(text: str, error: yaml.YAMLError) -> int:
    position = getattr(error, "position", None)
    return text.count("\n", 0, position) + 1 if isinstance(position, int) else 1


def _first_line(error: yaml.YAMLError) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
