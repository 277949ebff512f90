"""Answers of the policy as they stand in reports, in its own words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from smartfleet.model.policy import CheckCount, CheckInfo, CheckResult, Scope, Waiver
from smartfleet.model.report import FolderRow, HostRow, ProfileRow
from smartfleet.paths import data_folder
from smartfleet.policy.judge import policy_of
from smartfleet.words import Words, load_words
from tests.unit.builders import fleet_config


def fail(host: str, text: str, *, do: str = "", **values: str) -> CheckResult:
    """`text` is the message's key without ``checks.``; `do` the key of another remedy than the check's own."""
    check = text.partition(".")[0]
    values, remedy = {"host": host, **values}, f"checks.{do or f'{check}.do'}"
    return CheckResult(
        check=check,
        answer="fail",
        severity=_checks()[check].severity,
        message=_english()(f"checks.{text}", **values),
        text=f"checks.{text}",
        values=values,
        do=_english()(remedy, **values),
        do_text=remedy,
    )


def unknown(host: str, text: str, *, do: str = "", **values: str) -> CheckResult:
    return fail(host, text, do=do, **values).model_copy(update={"answer": "unknown"})


def waived(answer: CheckResult) -> CheckResult:
    waiver = Waiver(who="Ines Jansen", why="Debian 12 has no newer client", until="2027-03-31")
    return answer.model_copy(update={"answer": "waived", "waiver": waiver})


def passed(scope: Scope, answers: Sequence[CheckResult]) -> list[str]:
    """The checks that asked about the same and have no other answer."""
    others = {answer.check for answer in answers}
    return [check.check for check in _checks().values() if check.scope == scope and check.check not in others]


def counts(subjects: Iterable[HostRow | ProfileRow | FolderRow]) -> list[CheckCount]:
    right: Counter[str] = Counter()
    others: Counter[tuple[str, str]] = Counter()
    for subject in subjects:
        right.update(subject.passed)
        others.update((answer.check, answer.answer) for answer in subject.results)
    return [
        CheckCount(
            check=check,
            passed=right[name],
            failed=others[name, "fail"],
            unknown=others[name, "unknown"],
            waived=others[name, "waived"],
        )
        for name, check in _checks().items()
    ]


@cache
def _checks() -> dict[str, CheckInfo]:
    config = fleet_config(policy={"client_minimum": "3.13.0"})
    return {check.check: check for check in policy_of(config, _english(), now=0.0).checks}


@cache
def _english() -> Words:
    return load_words("en", data_folder("templates"))
