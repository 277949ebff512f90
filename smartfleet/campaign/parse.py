"""Hosts' answers as documents of the model, or the reason why they are none. Nothing of a host is believed unread."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from smartfleet.campaign.installing import INSTALLERS, install_trouble, wants_restart
from smartfleet.campaign.trouble import Trouble, cancelled, diagnose, garbage, silent, timed_out
from smartfleet.checks.hostcodes import remedy_of
from smartfleet.engines.answers import Answer, HostAnswers
from smartfleet.model.facts import HostFacts, Problem
from smartfleet.model.plan import ProfileMove
from smartfleet.model.results import FolderCheck, Outcome

Parsed = TypeVar("Parsed")

_FACTS = TypeAdapter(HostFacts)
_OUTCOMES = TypeAdapter(list[Outcome])
_CHECKS = TypeAdapter(list[FolderCheck])
_PROBLEMS = TypeAdapter(list[Problem])


def facts(answers: HostAnswers, *, interrupted: bool) -> HostFacts | Trouble:
    return parsed(answers, "client_facts", "facts", _FACTS, interrupted=interrupted)


def checks(answers: HostAnswers, *, interrupted: bool) -> list[FolderCheck] | Trouble:
    return parsed(answers, "tree_manifest", "folders", _CHECKS, interrupted=interrupted)


def unseen(answers: HostAnswers, *, interrupted: bool) -> list[Trouble]:
    """What a verification could not look at although the host answered: no folder of it stands among the checks."""
    found = parsed(answers, "tree_manifest", "problems", _PROBLEMS, interrupted=interrupted)
    if isinstance(found, Trouble):
        return [found]
    look = f"smartfleet audit --limit {answers.host}"
    return [Trouble("unknown", problem.code, problem.message, look) for problem in found]


def restored(answers: HostAnswers, *, interrupted: bool) -> list[Outcome]:
    """What became of the profiles that were taken back."""
    return _outcomes(answers, "account_restore", interrupted=interrupted)


def purged(answers: HostAnswers, *, interrupted: bool) -> list[Outcome]:
    """What became of the copies that were set aside."""
    return _outcomes(answers, "account_move", interrupted=interrupted)


def _outcomes(answers: HostAnswers, module: str, *, interrupted: bool) -> list[Outcome]:
    found = parsed(answers, module, "profiles", _OUTCOMES, interrupted=interrupted)
    if isinstance(found, Trouble):
        return [found.outcome_for(answers.host)]
    return [_complete(answers.host, outcome) for outcome in found]


def _complete(host: str, outcome: Outcome) -> Outcome:
    """With the host's name, and with a remedy where the host named none."""
    return outcome.model_copy(update={"host": host, "do": outcome.do or remedy_of(outcome.code)})


def moved(answers: HostAnswers, orders: Sequence[ProfileMove], *, interrupted: bool) -> list[Outcome]:
    """One outcome for each profile that was ordered, in that order, whatever the host said."""
    return [_ended(answers, outcome) for outcome in rehearsed(answers, orders, interrupted=interrupted)]


def rehearsed(answers: HostAnswers, orders: Sequence[ProfileMove], *, interrupted: bool) -> list[Outcome]:
    """As `moved`, of hosts that only told what they would do: `prepared` is the end there."""
    if answers.last("account_restore") is not None:
        found = _aborted(answers, interrupted=interrupted)
    else:
        found = parsed(answers, "account_move", "profiles", _OUTCOMES, interrupted=interrupted)
    # the installation says it first: the second half of the move may not have come to tell it
    restart = {"restart_pending": True} if wants_restart(answers) else {}
    return [_of_profile(answers, order, found).model_copy(update=restart) for order in orders]


def _aborted(answers: HostAnswers, *, interrupted: bool) -> list[Outcome] | Trouble:
    """Something between prepare and commit failed: the cause is that failure, the state is what was put back."""
    failed = answers.first("failed")
    cause = _cause(failed) if failed else silent(answers.host, interrupted=interrupted)
    found = parsed(answers, "account_restore", "profiles", _OUTCOMES, interrupted=interrupted)
    if isinstance(found, Trouble):
        # the half that was given up may still hold the host, so it could not be put back
        return diagnose(failed) if failed and timed_out(failed) else found
    told = {"outcome": "failed", "code": cause.code, "message": cause.message, "do": cause.do}
    return [outcome.model_copy(update=told) for outcome in found] or cause


def _cause(failed: Answer) -> Trouble:
    return install_trouble(failed) if failed.action in INSTALLERS else diagnose(failed)


def _of_profile(answers: HostAnswers, order: ProfileMove, found: list[Outcome] | Trouble) -> Outcome:
    host = answers.host
    if isinstance(found, Trouble):
        return found.outcome_for(host, order.user, order.config_path)
    mine = [o for o in found if (o.user, o.config_path) == (order.user, order.config_path)]
    if len(mine) != 1:
        trouble = garbage(host, "it holds no outcome for this profile, or more than one")
        return trouble.outcome_for(host, order.user, order.config_path)
    return _complete(host, mine[0])


def _ended(answers: HostAnswers, outcome: Outcome) -> Outcome:
    """Where the second half did not come: what stopped it is the message, the marks on the host are the way back."""
    if outcome.outcome != "prepared":
        return outcome
    lost = answers.unreachable
    cause = diagnose(lost) if lost else cancelled()
    return outcome.model_copy(update={"code": cause.code, "message": cause.message, "do": cancelled().do})


def parsed(
    answers: HostAnswers, module: str, key: str, adapter: TypeAdapter[Parsed], *, interrupted: bool
) -> Parsed | Trouble:
    """What `module` answered below `key`."""
    last = answers.last(module)
    if last is None or last.state == "unreachable":
        failed = answers.unreachable or answers.first("failed")
        if failed:
            return diagnose(failed)
        begun = answers.begun and interrupted
        return cancelled() if begun else silent(answers.host, interrupted=interrupted)
    if last.state != "ok":
        return diagnose(last)
    value = last.result.get(key)
    unfit = _unfit(value)
    if unfit:
        return garbage(answers.host, f"{key} holds {unfit}")
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or key
        return garbage(answers.host, f"{where}: {first['msg']}")


def _unfit(value: object) -> str:
    """What no store and no report could take, although the model does."""
    if not _countable(value):
        return "a number that nothing on a machine can have"
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "text that is no Unicode"
    return ""


def _countable(value: object) -> bool:
    """Whether every number in it fits into 64 bits, as all do that a machine counts with."""
    left = [value]
    while left:
        one = left.pop()
        # too large, infinite, or no number at all: that is not equal to itself
        if isinstance(one, (int, float)) and not abs(one) < 2**64:
            return False
        if isinstance(one, dict):
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
    return True
