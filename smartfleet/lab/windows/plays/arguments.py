"""The arguments of a module, held to what its play knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smartfleet.lab.winrm.machine import ModuleCall, NotEmulated

REQUIRED = object()
_TRUE, _FALSE = frozenset({"yes", "true", "on", "1", "y", "t"}), frozenset({"no", "false", "off", "0", "n", "f"})


class WrongArgument(ValueError):  # noqa: N818 - the module says it in its answer
    """The module itself would refuse this argument."""


def arguments(call: ModuleCall, known: Mapping[str, tuple[type, Any]]) -> dict[str, Any]:
    """Name to value, with defaults: `known` maps each name to its type and its default, or REQUIRED.

    NotEmulated for an argument that the play does not know; WrongArgument for one that the module would refuse.
    """
    strange = sorted(set(call.arguments) - set(known))
    if strange:
        raise NotEmulated(f"the argument {', '.join(strange)} of {call.name}")
    found = {}
    for name, (kind, default) in known.items():
        value = call.arguments.get(name)
        if value is None and default is REQUIRED:
            raise WrongArgument(f"missing required arguments: {name}")
        found[name] = default if value is None else _converted(name, kind, value)
    return found


def _converted(name: str, kind: type, value: Any) -> Any:  # noqa: ANN401 - as the spec says
    if kind is bool and not isinstance(value, bool):
        word = str(value).lower()
        if word not in _TRUE | _FALSE:
            raise WrongArgument(f"{name} is no bool: {value!r}")
        return word in _TRUE
    if kind is list and not isinstance(value, list):
        return [one.strip() for one in value.split(",")] if isinstance(value, str) else [value]
    if kind in (int, str) and not isinstance(value, (dict, list)):
        try:
            return kind(value)
        except ValueError:
            raise WrongArgument(f"{name} is no {kind.__name__}: {value!r}") from None
    if not isinstance(value, kind):
        raise WrongArgument(f"{name} is no {kind.__name__}: {value!r}")
    return value
