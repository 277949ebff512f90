"""Hosts' answers as documents of the model, or the reason why they are none. Nothing of a host is believed unread."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from smartfleet.campaign.answers import HostAnswers
from smartfleet.campaign.trouble import Trouble, cancelled, diagnose, garbage, silent
from smartfleet.model.facts import HostFacts, Problem
from smartfleet.model.plan import ProfileMove
from smartfleet.model.results import FolderCheck, Outcome

Parsed = TypeVar("Parsed")

_FACTS = TypeAdapter(HostFacts)
_OUTCOMES = TypeAdapter(list[Outcome])
_CHECKS = TypeAdapter(list[FolderCheck])
_PROBLEMS = TypeAdapter(list[Problem])


def facts(answers: HostAnswers, *, interrupted: bool) -> HostFacts | Trouble:
    return _parse(answers, "client_facts", "facts", _FACTS, interrupted=interrupted)


def checks(answers: HostAnswers, *, interrupted: bool) -> list[FolderCheck] | Trouble:
    return _parse(answers, "tree_manifest", "folders", _CHECKS, interrupted=interrupted)


def unseen(answers: HostAnswers, *, interrupted: bool) -> list[Trouble]:
    """What a verification could not look at although the host answered: no folder of it stands among the checks."""
    found = _parse(answers, "tree_manifest", "problems", _PROBLEMS, interrupted=interrupted)
    if isinstance(found, Trouble):
        return [found]
    look = f"smartfleet audit --limit {answers.host}"
    return [Trouble("unknown", problem.code, problem.message, look) for problem in found]


def restored(answers: HostAnswers, *, interrupted: bool) -> list[Outcome]:
    """What became of the profiles that were taken back."""
    found = _parse(answers, "account_restore", "profiles", _OUTCOMES, interrupted=interrupted)
    if isinstance(found, Trouble):
        return [found.outcome_for(answers.host)]
    return [outcome.model_copy(update={"host": answers.host}) for outcome in found]


def moved(answers: HostAnswers, orders: Sequence[ProfileMove], *, interrupted: bool) -> list[Outcome]:
    """One outcome for each profile that was ordered, in that order, whatever the host said."""
    if answers.last("account_restore") is not None:
        found = _aborted(answers, interrupted=interrupted)
    else:
        found = _parse(answers, "account_move", "profiles", _OUTCOMES, interrupted=interrupted)
    return [_of_profile(answers, order, found) for order in orders]


def _aborted(answers: HostAnswers, *, interrupted: bool) -> list[Outcome] | Trouble:
    """Something between prepare and commit failed: the cause is that failure, the state is what was put back."""
    failed = answers.first("failed")
    cause = diagnose(failed) if failed else silent(answers.host, interrupted=interrupted)
    found = _parse(answers, "account_restore", "profiles", _OUTCOMES, interrupted=interrupted)
    if isinstance(found, Trouble):
        return found
    code = "install-failed" if failed and not failed.ours else cause.code
    return [
        outcome.model_copy(update={"outcome": "failed", "code": code, "message": cause.message, "do": cause.do})
        for outcome in found
    ] or cause


def _of_profile(answers: HostAnswers, order: ProfileMove, found: list[Outcome] | Trouble) -> Outcome:
    host = answers.host
    if isinstance(found, Trouble):
        return found.outcome_for(host, order.user, order.config_path)
    mine = [o for o in found if (o.user, o.config_path) == (order.user, order.config_path)]
    if len(mine) != 1:
        trouble = garbage(host, "it holds no outcome for this profile, or more than one")
        return trouble.outcome_for(host, order.user, order.config_path)
    outcome = mine[0].model_copy(update={"host": host})
    if outcome.outcome != "prepared":
        return outcome
    # the second half did not come: what stopped it is the message, the marks on the host are the way back
    lost = answers.unreachable
    cause = diagnose(lost) if lost else cancelled()
    return outcome.model_copy(update={"code": cause.code, "message": cause.message, "do": cancelled().do})


def _parse(
    answers: HostAnswers, module: str, key: str, adapter: TypeAdapter[Parsed], *, interrupted: bool
) -> Parsed | Trouble:
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
    try:
        # lone surrogates pass as text, but no store and no report could take them
        json.dumps(value, ensure_ascii=False).encode()
        return adapter.validate_python(value)
    except UnicodeEncodeError:
        return garbage(answers.host, f"{key} holds text that is no Unicode")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or key
        return garbage(answers.host, f"{where}: {first['msg']}")
