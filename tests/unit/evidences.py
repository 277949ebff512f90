"""What the policy is told of a host, made from few words: whatever a case does not name is a host that complies."""

from __future__ import annotations

from typing import Any

from smartfleet.assess import assess
from smartfleet.fleet.schema import FleetConfig
from smartfleet.model.facts import HostFacts
from smartfleet.model.results import Comparison, FolderCheck, Outcome, Verdict
from smartfleet.paths import data_folder
from smartfleet.policy.cases import DAY
from smartfleet.policy.evidence import Evidence, FolderKey, FolderPast, FolderPlace, Judgement
from smartfleet.policy.judge import Policy, policy_of
from smartfleet.words import load_words
from tests.unit.builders import NEW, TIME, Case, facts_of, fleet_config

HOST = "pc-1"
ENGLISH = load_words("en", data_folder("templates"))
MOVED: Case = {"accounts": [{"url": NEW, "folders": [{"local_changes": {"new": 0, "changed": 0, "deleted": 0}}]}]}


def policy(now: float = TIME, **settings: Any) -> Policy:
    return policy_of(fleet_config(policy=settings), ENGLISH, now)


def evidence(case: Case) -> Evidence:
    """`facts` as builders.facts_of takes them (null: never audited), `autostart`, `outcome`, `verdicts`, `past`.

    `audited_days`, `seen_days`, `verified_days`: how long ago; `findings`: of the profile, added to those of the
    assessment.
    """
    facts = case.get("facts", MOVED)
    seen_days = case.get("seen_days", case.get("audited_days", 0))
    if facts is None:
        return Evidence(HOST, last_seen=None if seen_days is None else TIME - seen_days * DAY)
    seen = _with_autostart(facts_of(facts), case.get("autostart", "on"))
    verdicts = [_verdict(seen, one) for one in case.get("verdicts", [{}])]
    at = TIME - case.get("verified_days", 0) * DAY
    return evidence_of(
        seen,
        taken=TIME - case.get("audited_days", 0) * DAY,
        outcomes=[_outcome(seen, case["outcome"])] if "outcome" in case else [],
        verdicts=verdicts,
        verified={FolderPlace(one.user, one.config_path, one.account, one.alias): at for one in verdicts},
        last_seen=None if seen_days is None else TIME - seen_days * DAY,
        unchecked=case.get("unchecked", False),
        past={_key(seen, one): _past(one) for one in case.get("past", [])},
    )


def evidence_of(facts: HostFacts, *, taken: float = TIME, config: FleetConfig | None = None, **more: Any) -> Evidence:
    return Evidence(HOST, facts, assess(HOST, taken, facts, config or fleet_config()), **more)


def answers(judgement: Judgement) -> dict[str, str]:
    """Check to ``pass``, or answer and key of what was found; the last folder speaks for all."""
    told: dict[str, str] = {}
    for one in judgement.everything:
        told |= dict.fromkeys(one.passed, "pass")
        told |= {
            result.check: f"{result.answer} {result.text.removeprefix('checks.')}".rstrip() for result in one.results
        }
    return told


def _with_autostart(facts: HostFacts, state: str) -> HostFacts:
    profiles = [profile.model_copy(update={"autostart": state}) for profile in facts.profiles]
    return facts.model_copy(update={"profiles": profiles})


def _outcome(facts: HostFacts, name: str) -> Outcome:
    one = facts.profiles[0]
    return Outcome.model_validate(
        {"host": HOST, "user": one.user, "config_path": one.config.path, "outcome": name, "code": "some-code"}
    )


def _verdict(facts: HostFacts, case: Case) -> Verdict:
    """`verdict`, `local_path`, `url`, and what each comparison counted."""
    one, folder = facts.profiles[0], facts.profiles[0].folders[0]
    made = {name: _comparison(case.get(name, {})) for name in ("before", "journal", "server")}
    path = case.get("local_path", folder.local_path)
    check = FolderCheck(
        user=one.user,
        config_path=one.config.path,
        account=folder.account,
        group=folder.group,
        alias=folder.alias,
        local_path=path,
        url=case.get("url", NEW),
        state="ok",
        level="journal",
        **made,
    )
    return Verdict(
        host=HOST,
        user=one.user,
        config_path=one.config.path,
        account=folder.account,
        alias=folder.alias,
        local_path=path,
        level="journal",
        verdict=case.get("verdict", "match"),
        reason="as the case says",
        check=None if case.get("check", True) is None else check,
    )


def _comparison(case: Case | None) -> Comparison:
    return Comparison(done=False, reason="not asked") if case is None else Comparison(done=True, **case)


def _key(facts: HostFacts, case: Case) -> FolderKey:
    one = facts.profiles[0]
    return FolderKey(one.user, one.config.path, case.get("login", "eva"), case.get("target_path", "/"))


def _past(case: Case) -> FolderPast:
    waits = case.get("pending_days")
    since = None if waits is None else TIME - waits * DAY
    return FolderPast(case.get("first_path", "/home/eva/Nextcloud/"), TIME - 300 * DAY, since)
