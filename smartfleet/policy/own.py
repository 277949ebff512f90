"""Own checks: an expression or a function tells whether a check fails, and this makes an answer of the policy of it.

True, a text or a list that is not empty: it fails, and text or list say what was found. False, "" or an empty list: it
passes. Everything else, and what breaks, is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from smartfleet.expressions import Expression, ExpressionError
from smartfleet.fleet.own import OwnCheck
from smartfleet.model.asked import SUBJECTS, fields_of
from smartfleet.policy.cases import Check, FolderCase, HostCase, ProfileCase, Texts, Told
from smartfleet.policy.plugins import Ask, PluginError, load
from smartfleet.policy.subjects import Subjects
from smartfleet.text import number_of, visible

_LISTED = 3
_LONGEST = 300


def own_checks(settings: Sequence[OwnCheck]) -> list[Check[Any]]:
    """UsageError for an entry point that is not installed."""
    subjects = Subjects()
    return [_check(own, subjects) for own in settings]


def _check(own: OwnCheck, subjects: Subjects) -> Check[Any]:
    ask: Ask = load(own.python) if own.python else Expression(own.fails_when, fields_of(SUBJECTS[own.scope]))

    def told(case: HostCase | ProfileCase | FolderCase) -> Told | None:
        try:
            return _told(own.title, ask(subjects.of(case)))
        except (ExpressionError, PluginError) as error:
            return _unknown(own.title, _shown(error))

    return Check(
        check=own.id,
        scope=own.scope,
        severity=own.severity,
        ask=told,
        whom="all",
        source="plugin" if own.python else "own",
        texts=Texts(own.title, own.why, own.do),
    )


def _told(title: str, answer: object) -> Told | None:
    if answer is True:
        return Told("fail", "", message=f"Does not hold: {title}")
    if answer is False or (isinstance(answer, str | list) and not answer):
        return None
    if isinstance(answer, str | list):
        found = _shown(answer) if isinstance(answer, str) else _listed(answer)
        return Told("fail", "", message=f"{title}: {found}")
    # an expression that finds no value is null: no pass
    what = "nothing" if answer is None else f"neither yes nor no, but {type(answer).__name__}"
    return _unknown(title, f"the check answered {what}")


def _unknown(title: str, why: str) -> Told:
    return Told("unknown", "", message=f"{title}: {why}")


def _listed(found: Sequence[object]) -> str:
    shown = [_shown(one) for one in found[:_LISTED] if isinstance(one, str | float) or _is_short(one)]
    more = len(found) - len(shown)
    if not shown:
        return number_of(more, "thing")
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _is_short(one: object) -> bool:
    """Python refuses to write longer numbers."""
    return isinstance(one, int) and one.bit_length() < _LONGEST


def _shown(text: object) -> str:
    return visible(str(text))[:_LONGEST]
