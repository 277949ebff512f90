"""Own checks' expressions: JMESPath over plain data. It reads, compares and counts; it runs nothing and cannot loop.

Two functions are added: ``older(VERSION, VERSION)`` and ``like(TEXT, PATTERN)`` with ``*`` and ``?``.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Collection
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.parser import ParsedResult

from smartfleet.guess import meant
from smartfleet.nextcloud.versions import compare, parse_version
from smartfleet.text import number_of, visible

_LONGEST = 2000
_DEEPEST = 200
# beside its own errors the library lets through what Python says of data that does not fit
_BROKEN = (JMESPathError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class ExpressionError(ValueError):
    """The text is no expression, or it breaks on what it is asked about."""


class _Functions(Functions):
    """JMESPath's own functions and ours."""

    # the library calls them by these names
    @signature({"types": ["string"]}, {"types": ["string"]})
    def _func_older(self, one: str, other: str) -> bool:
        """A text that is no version breaks the expression: a filter would take null for a no."""
        order = compare(one, other)
        if order is None:
            raise ValueError(f"{(other if parse_version(one) else one)!r} is no version")
        return order < 0

    @signature({"types": ["string"]}, {"types": ["string"]})
    def _func_like(self, text: str, pattern: str) -> bool:
        return fnmatch.fnmatchcase(text, pattern)


class Expression:
    """An expression that can be asked. ExpressionError if `text` is none, or names a field that is not in `fields`."""

    def __init__(self, text: str, fields: Collection[str]) -> None:
        self._compiled = _compile(text)
        self._options = jmespath.Options(custom_functions=_Functions())
        nodes = _nodes(self._compiled.parsed)
        # an expression may give names of its own to what it picks out
        known = {*fields, *(str(node["value"]) for node in nodes if node["type"] == "key_val_pair")}
        for node in nodes:
            _check(node, known)

    def __call__(self, subject: object) -> object:
        """What the expression makes of `subject`. ExpressionError if it breaks on it."""
        try:
            return self._compiled.search(subject, options=self._options)
        except _BROKEN as error:
            raise ExpressionError(_line(error)) from None


def _compile(text: str) -> ParsedResult:
    if len(text) > _LONGEST:
        raise ExpressionError(f"an expression has at most {_LONGEST} characters, this one has {len(text)}")
    try:
        return jmespath.compile(text)
    except RecursionError:
        raise ExpressionError("the expression is nested too deeply") from None
    except JMESPathError as error:
        raise ExpressionError(f"this is no JMESPath expression: {_line(error)}") from None


def _nodes(tree: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - the library's tree: also numbers and None
    """ExpressionError for a tree that could not be asked: the library goes down it by calls, a few to each level."""
    found: list[dict[str, Any]] = []
    level = [tree]
    for _depth in range(_DEEPEST):
        level = [node for node in level if isinstance(node, dict)]
        if not level:
            return found
        found += level
        level = [child for node in level for child in node["children"]]
    raise ExpressionError("the expression is nested too deeply")


def _check(node: dict[str, Any], known: Collection[str]) -> None:
    """A name that nothing has would be null for every host, which compares as unequal to everything."""
    name = node.get("value", "")
    if node["type"] == "field" and name not in known:
        raise ExpressionError(f"there is no field {name!r}{meant(name, known)}")
    if node["type"] == "function_expression":
        _check_function(name, len(node["children"]))


def _check_function(name: str, given: int) -> None:
    table = _Functions.FUNCTION_TABLE
    if name not in table:
        raise ExpressionError(f"there is no function {name}(){meant(name, table)}")
    wanted = table[name]["signature"]
    variadic = bool(wanted) and wanted[-1].get("variadic", False)
    if given < len(wanted) or (given > len(wanted) and not variadic):
        raise ExpressionError(f"{name}() takes {number_of(len(wanted), 'value')}, not {given}")


def _line(error: Exception) -> str:
    return visible(" ".join(str(error).split()))[:300] or type(error).__name__
