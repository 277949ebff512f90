"""Commands in two halves: how one is called, and what it does. The second half is imported when the command is called.

`smartfleet.cli.NAME` declares options and help; ``--help`` and wrong options need no more. A function of the same name
in `smartfleet.cli.verbs.NAME` does the work and takes the same parameters, by name.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any


def deferred(described: Callable[[], None]) -> Callable[..., Any]:
    """Stands for a function of `smartfleet.cli` that has a docstring alone: what click calls in its place."""

    @functools.wraps(described)
    def call(**given: Any) -> Any:  # noqa: ANN401 - whatever click read, and the verb's exit code
        return verb_of(described)(**given)

    return call


def verb_of(described: Callable[[], None]) -> Callable[..., Any]:
    """The function that does what `described` tells. Imports it."""
    package, _, name = described.__module__.rpartition(".")
    function: Callable[..., Any] = getattr(importlib.import_module(f"{package}.verbs.{name}"), described.__name__)
    return function
