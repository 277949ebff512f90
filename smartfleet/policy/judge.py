"""The policy of a fleet: what is known of a host, judged by every check. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import inf
from typing import Any, TypeVar

from smartfleet.checks.view import Aim
from smartfleet.fleet.schema import FleetConfig
from smartfleet.model.policy import CheckResult
from smartfleet.policy.accounts import shared_places, unread
from smartfleet.policy.builtin import BUILT_IN
from smartfleet.policy.cases import DAY, Check, FolderCase, HostCase, Limits, ProfileCase, Told, Whom, fail, unknown
from smartfleet.policy.evidence import Answers, Evidence, FolderPlace, Judgement, own_failure
from smartfleet.policy.lasting import Lasting, lasting
from smartfleet.policy.own import own_checks
from smartfleet.policy.telling import Teller, check_info
from smartfleet.policy.waivers import Waivers
from smartfleet.policy.walk import folder_cases, profile_cases
from smartfleet.words import Words

_NEVER_SEEN = fail("checks.host-seen.never")
_NEVER_AUDITED = unknown("checks.never-audited")

# the checks that are asked of profiles whose accounts are not known, of those on the fleet's servers, of others
_DOUBTFUL: tuple[Whom, ...] = ("all",)
_FLEETS: tuple[Whom, ...] = ("fleet", "readable", "all")
_OTHERS: tuple[Whom, ...] = ("readable", "all")

_ASKED_IF = {"client-too-old": "client_minimum", "verification-age": "verify_days"}
"""Checks that are asked only if a setting of the policy says what is too old."""

Key = TypeVar("Key")
Answered = tuple[Check[Any], Told | None]


def policy_of(config: FleetConfig, words: Words, now: float) -> Policy:
    """The policy as `smartfleet.yml` wants it.

    `words`: English; `now`: the moment that ages are counted to, seconds since the epoch. UsageError for a check whose
    entry point is not installed.
    """
    settings = config.policy
    limits = Limits(
        now=now,
        unseen=settings.unseen_days * DAY,
        audit=settings.audit_days * DAY,
        verified=settings.verify_days * DAY if settings.verify_days else inf,
        pending=settings.pending_days * DAY,
        minimum=settings.client_minimum,
        bad=settings.client_bad,
        aim=Aim(old=tuple(config.servers.old), new=config.servers.new),
    )
    asked = [check for one in BUILT_IN if (check := _weighed(one, config))]
    return Policy([*asked, *own_checks(settings.checks)], limits, Waivers(settings.waivers, now), words)


def _weighed(check: Check[Any], config: FleetConfig) -> Check[Any] | None:
    """None for a check that the fleet does not ask."""
    if check.check in _ASKED_IF and not getattr(config.policy, _ASKED_IF[check.check]):
        return None
    weight = config.policy.severities.get(check.check, check.severity)
    return None if weight == "skip" else replace(check, severity=weight)


class Policy:
    """The checks of a fleet, in the order of reports, with the words that messages are written in."""

    def __init__(self, checks: Sequence[Check[Any]], limits: Limits, waivers: Waivers, words: Words) -> None:
        self.checks = [check_info(check, words) for check in checks]
        self._hosts: list[Check[HostCase]] = [check for check in checks if check.scope == "host"]
        self._profiles: list[Check[ProfileCase]] = [check for check in checks if check.scope == "profile"]
        self._folders: list[Check[FolderCase]] = [check for check in checks if check.scope == "folder"]
        self._asked = sorted(check.check for check in checks)
        self._by_days = any(check.source != "built-in" for check in checks)
        self._limits = limits
        self._waivers = waivers
        self._words = words

    def judge(self, evidence: Evidence) -> Judgement:
        """Every check answers once for each host, profile and folder that it asks about; none raises."""
        teller = Teller(evidence.host, self._waivers.of(evidence.host), self._words)
        facts, seen = evidence.facts, evidence.assessment
        if facts is None or seen is None:
            do = "checks.do.doctor" if own_failure(evidence.outcomes) else "checks.do.audit"
            never = ((check, _NEVER_SEEN if check.check == "host-seen" else _NEVER_AUDITED) for check in self._hosts)
            told = [(check, answer._replace(do=do)) for check, answer in never]
            return Judgement(_answers(told, teller), {}, {}, self._asked)
        troubles = frozenset([finding.code for finding in seen.findings])
        host = HostCase(self._limits, evidence, facts, seen, shared_places(facts), troubles)
        profiles: dict[tuple[str, str], Answers] = {}
        folders: dict[FolderPlace, Answers] = {}
        for profile in profile_cases(host):
            user, path = profile.seen.user, profile.seen.config_path
            _keep(profiles, (user, path), _answers(self._of_profile(profile), teller, user))
            for folder in folder_cases(profile):
                place = FolderPlace(user, path, folder.account.number, folder.seen.alias)
                _keep(folders, place, _answers(((one, one.ask(folder)) for one in self._folders), teller, user))
        answers = _answers(((one, one.ask(host)) for one in self._hosts), teller)
        return Judgement(answers, profiles, folders, self._asked)

    def lasts(self, evidence: Evidence) -> Lasting:
        """How long `judge` answers the same of the same evidence."""
        waivers = self._waivers.of(evidence.host)
        return lasting(self._limits, evidence, waivers, by_days=self._by_days)

    def still_holds(self, answered: Lasting) -> bool:
        """Whether what was answered at another time is what `judge` would answer now."""
        return answered.holds(self._limits.now, self._waivers.today)

    def _of_profile(self, case: ProfileCase) -> Iterator[Answered]:
        """Checks that are not asked of it answer with the doubt about its accounts, and pass if there is none.

        So do those that are asked all the same and find nothing: there was nothing to be seen.
        """
        doubt = unread(case)
        asked = _DOUBTFUL if doubt else _FLEETS if case.own else _OTHERS
        return ((check, (check.ask(case) if check.whom in asked else None) or doubt) for check in self._profiles)


def _answers(answered: Iterable[Answered], teller: Teller, user: str = "") -> Answers:
    results: list[CheckResult] = []
    passed: list[str] = []
    for check, told in answered:
        if told is None:
            passed.append(check.check)
        else:
            results.append(teller.result(check, told, user))
    return Answers(results, passed)


def _keep(found: dict[Key, Answers], key: Key, answers: Answers) -> None:
    """Of two subjects with one name, which only a file that no client wrote has, the worse one stays."""
    if key not in found or len(answers.results) > len(found[key].results):
        found[key] = answers
