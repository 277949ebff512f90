"""Checks that are Python: entry points of the group `smartfleet.checks`, of which only those in `smartfleet.yml` run.

An entry point is a function. It is given a subject (smartfleet/model/asked.py) that is its own to change, and answers
as an expression does, see own.py. It runs in smartfleet's process, with its rights.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

from smartfleet.errors import UsageError
from smartfleet.model.asked import Subject

GROUP = "smartfleet.checks"

Ask = Callable[[Subject], object]


class PluginError(Exception):
    """The function did not answer."""


def load(name: str) -> Ask:
    """The function that is registered as `name`, which raises PluginError. UsageError if there is none."""
    function = _loaded(_found(name))

    def ask(subject: Subject) -> object:
        try:
            return function(copy.deepcopy(subject))
        except (Exception, SystemExit) as error:
            # somebody else's code: it costs one answer, never the whole report
            raise PluginError(f"{type(error).__name__}: {error}") from error

    return ask


def _found(name: str) -> EntryPoint:
    found = list(entry_points(group=GROUP, name=name))
    if len(found) != 1:
        shown = ", ".join(sorted(entry_points(group=GROUP).names)) or "none"
        many = f"{len(found)} packages have" if found else "no installed package has"
        raise UsageError(
            "policy/entry-point",
            f"{many} an entry point {name!r} of the group {GROUP} (there are: {shown})",
            why="a check of smartfleet.yml is to be asked of it",
            do="Install the package where smartfleet is, or correct `python` of the check in smartfleet.yml.",
        )
    return found[0]


def _loaded(point: EntryPoint) -> Callable[[Subject], object]:
    try:
        function = point.load()
    except Exception as error:
        # importing somebody else's code can end in anything
        raise UsageError(
            "policy/entry-point",
            f"{point.value} cannot be imported: {type(error).__name__}: {error}",
            why=f"it is the entry point {point.name!r} of the group {GROUP}",
            do="Mend or update its package, or take the check out of smartfleet.yml.",
        ) from error
    if not callable(function):
        raise UsageError(
            "policy/entry-point",
            f"{point.value} is no function",
            why=f"it is the entry point {point.name!r} of the group {GROUP}",
            do="Mend or update its package, or take the check out of smartfleet.yml.",
        )
    asked: Callable[[Subject], object] = function
    return asked
