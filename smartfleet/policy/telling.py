"""What the policy says of its checks and answers, in the words of one language."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from smartfleet.model.policy import CheckInfo, CheckResult
from smartfleet.policy.cases import Check, Told
from smartfleet.policy.waivers import Accepted, waiver_for
from smartfleet.text import visible
from smartfleet.words import Words


def check_info(check: Check[Any], words: Words) -> CheckInfo:
    title, why, do = check.texts or (
        words(f"checks.{check.check}.title"),
        words(f"checks.{check.check}.why"),
        words(f"checks.{check.check}.do", host="HOST"),
    )
    return CheckInfo(
        check=check.check,
        title=title,
        why=why,
        do=do,
        severity=check.severity,
        scope=check.scope,
        source=check.source,
    )


class Teller:
    """Of one host; `waivers` are the host's."""

    def __init__(self, host: str, waivers: Sequence[Accepted], words: Words) -> None:
        self._host = shlex.quote(visible(host))
        self._waivers = waivers
        self._words = words

    def result(self, check: Check[Any], told: Told, user: str = "") -> CheckResult:
        """`user`: whose profile or folder it is about."""
        do_text = told.do or ("" if check.texts else f"checks.{check.check}.do")
        values = {**told.values, "host": self._host}
        shown = {name: visible(value) for name, value in values.items()}
        message = self._words(told.text, **shown) if told.text else told.message
        accepted = waiver_for(self._waivers, check.check, user) if self._waivers else None
        if accepted and not accepted.holds:
            message += " " + self._over(accepted)
        return CheckResult(
            check=check.check,
            answer="waived" if accepted and accepted.holds else told.answer,
            severity=check.severity,
            message=message,
            text=told.text,
            values=values if told.text else {},
            do=self._words(do_text, **shown) if do_text else check.texts.do if check.texts else "",
            do_text=do_text,
            waiver=accepted.waiver if accepted else None,
        )

    def _over(self, accepted: Accepted) -> str:
        waiver = accepted.waiver
        return self._words("checks.waiver-over", who=visible(waiver.who), until=waiver.until)
