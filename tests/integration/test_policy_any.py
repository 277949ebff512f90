"""Whatever hosts say: no check breaks, each answers once for each subject, and nothing that is shown harms."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from smartfleet.assess import assess
from smartfleet.model.facts import HostFacts
from smartfleet.model.results import Comparison, FolderCheck, Outcome, Verdict
from smartfleet.policy.evidence import Evidence, FolderKey, FolderPast, FolderPlace
from smartfleet.text import visible
from tests.unit.builders import NEW, OLD, TIME, facts_of, fleet_config
from tests.unit.evidences import policy

pytestmark = pytest.mark.once

OWN = [
    {"id": "own-profile", "title": "Own", "fails_when": "accounts[?!like(login, 'e*')].display_name || config.masked"},
    {"id": "own-folder", "title": "Own", "scope": "folder", "fails_when": "sort([path, target])[0] > first_path"},
    {"id": "own-host", "title": "Own", "scope": "host", "fails_when": "clients[?older(version, '3')].path"},
]
POLICY = policy(client_minimum="3.13", verify_days=9, client_bad=["3.15"], checks=OWN)
SCOPES = {
    scope: {check.check for check in POLICY.checks if check.scope == scope} for scope in ("host", "profile", "folder")
}

# names as hosts may have them; the facts hold no lone surrogates, the modules write those as escapes
text = st.one_of(
    st.sampled_from(
        ["", "eva", "/home/eva/Nextcloud/", "<script>x</script>", "=cmd|' /C calc'!A0", "{host}", "a\u202eb\n"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
number = st.sampled_from(["0", "1"])
url = st.sampled_from([OLD, NEW, f"{NEW}/", "https://cloud.friends.example", "x", "https://["])
folder = st.fixed_dictionaries(
    {},
    optional={
        "local_path": text.filter(lambda one: not set(one) & set("\r\n\0")),
        "state": st.sampled_from(["ok", "missing", "unwalked", "link"]),
        "conflict_files": st.integers(0, 3),
        "local_changes": st.none()
        | st.fixed_dictionaries({"new": st.integers(0, 2), "changed": st.just(0), "deleted": st.just(0)}),
        "journal": st.fixed_dictionaries(
            {}, optional={"state": st.sampled_from(["ok", "absent"]), "uploads": st.integers(0, 2)}
        ),
    },
)
account = st.fixed_dictionaries(
    {"url": url}, optional={"user": text.filter(str.isalnum), "folders": st.lists(folder, max_size=3)}
)
case = st.fixed_dictionaries(
    {"accounts": st.lists(account, max_size=3)},
    optional={
        "os": st.sampled_from(["linux", "windows", "darwin"]),
        "user": text,
        "running": st.booleans(),
        "clients": st.lists(
            st.fixed_dictionaries({"version": text | st.sampled_from(["3.16.7", "34.0.0"])}), max_size=2
        ),
        "session": st.fixed_dictionaries(
            {},
            optional={
                "state": st.sampled_from(["active", "none"]),
                "secrets": st.lists(text | st.just(f"e:{OLD}/:0"), max_size=3),
            },
        ),
        "config": st.fixed_dictionaries(
            {},
            optional={"state": st.sampled_from(["ok", "absent", "unreadable"]), "masked": st.lists(text, max_size=2)},
        ),
        "problems": st.lists(st.fixed_dictionaries({"code": text, "message": text}), max_size=2),
    },
)
comparison = st.builds(
    Comparison, done=st.booleans(), conflicts=st.integers(0, 2), lost=st.integers(0, 2), user=st.integers(0, 2)
)


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    facts = facts_of(draw(case))
    if draw(st.booleans()):
        facts = HostFacts(system=facts.system, clients=facts.clients, profiles=[*facts.profiles, *facts.profiles])
    seen = assess("pc-1", TIME, facts, fleet_config())
    profile = seen.profiles[0]
    places = st.builds(FolderPlace, st.just(profile.user), st.just(profile.config_path), number, number)
    return Evidence(
        draw(text),
        facts,
        seen,
        outcomes=draw(st.lists(outcomes(profile.user, profile.config_path), max_size=1)),
        verdicts=draw(st.lists(verdicts(profile.user, profile.config_path), max_size=2)),
        last_seen=draw(st.none() | st.floats(TIME - 1e7, TIME + 1e7)),
        unchecked=draw(st.booleans()),
        verified=draw(st.dictionaries(places, st.floats(TIME - 1e7, TIME + 1e7), max_size=2)),
        past=draw(pasts(profile.user, profile.config_path)),
    )


def outcomes(user: str, path: str) -> st.SearchStrategy[Outcome]:
    names: Any = st.sampled_from(["moved", "waiting-sign-in", "refused"])
    return st.builds(Outcome, user=st.just(user), config_path=st.just(path), outcome=names)


def verdicts(user: str, path: str) -> st.SearchStrategy[Verdict]:
    names: Any = st.sampled_from(["match", "drift", "unknown"])
    same: dict[str, Any] = {
        "user": st.just(user),
        "config_path": st.just(path),
        "account": number,
        "alias": number,
        "local_path": text,
        "level": st.just("journal"),
    }
    check = st.builds(
        FolderCheck,
        **same,
        group=st.just("Folders"),
        url=url,
        state=st.just("ok"),
        before=comparison,
        journal=comparison,
        server=comparison,
    )
    return st.builds(Verdict, **same, host=st.just("pc-1"), verdict=names, reason=text, check=st.none() | check)


def pasts(user: str, path: str) -> st.SearchStrategy[dict[FolderKey, FolderPast]]:
    keys = st.builds(FolderKey, st.just(user), st.just(path), st.just("eva") | text, st.just("/"))
    since = st.none() | st.floats(TIME - 1e7, TIME)
    return st.dictionaries(keys, st.builds(FolderPast, text, st.just(TIME - 1e7), since), max_size=2)


@settings(max_examples=150, deadline=None)
@given(evidences())
def test_every_check_answers_once_for_each_subject(evidence: Evidence) -> None:
    judgement = POLICY.judge(evidence)
    assert evidence.assessment is not None
    assert judgement.profiles.keys() == {(one.user, one.config_path) for one in evidence.assessment.profiles}
    accounts = [account for profile in evidence.assessment.profiles for account in profile.accounts]
    assert len(judgement.folders) <= sum(len(account.folders) for account in accounts)
    for scope, found in (
        ("host", [judgement.host]),
        ("profile", list(judgement.profiles.values())),
        ("folder", list(judgement.folders.values())),
    ):
        for one in found:
            told = sorted([*one.passed, *(result.check for result in one.results)])
            assert told == sorted(SCOPES[scope])
    for one in judgement.everything:
        for result in one.results:
            assert result.message == visible(result.message)
            assert result.do == visible(result.do)
            assert result == type(result).model_validate_json(result.model_dump_json())


@settings(max_examples=50, deadline=None)
@given(evidences())
def test_what_is_not_known_never_makes_a_host_comply(evidence: Evidence) -> None:
    """The same host, seen worse: an answer may become unknown, and no check passes that did not."""
    assert evidence.facts is not None
    blind = [
        one.model_copy(
            update={
                "session": one.session.model_copy(update={"keyring": "locked", "secrets": []}),
                "autostart": "unknown",
            }
        )
        for one in evidence.facts.profiles
    ]
    facts = evidence.facts.model_copy(update={"profiles": blind})
    worse = Evidence(evidence.host, facts, assess("pc-1", TIME, facts, fleet_config()), last_seen=evidence.last_seen)
    before, after = POLICY.judge(evidence), POLICY.judge(worse)
    for key, answers in after.profiles.items():
        for check in ("old-secret", "signed-in", "autostart"):
            assert check not in answers.passed or check in before.profiles[key].passed
    for place, answers in after.folders.items():
        assert "folder-verdict" not in answers.passed
        assert place in before.folders


name = st.sampled_from(
    [
        "user",
        "accounts",
        "folders",
        "login",
        "config",
        "masked",
        "bytes",
        "host",
        "name",
        "session",
        "secrets",
        "clients",
        "@",
        "*",
    ]
)
leaf = name | st.sampled_from(["`1`", "`null`", "`[]`", "`{}`", "'x'", "''"])
function = st.sampled_from(
    [
        "abs",
        "avg",
        "contains",
        "join",
        "keys",
        "length",
        "map",
        "max",
        "max_by",
        "min",
        "not_null",
        "older",
        "like",
        "reverse",
        "sort",
        "sort_by",
        "sum",
        "to_number",
        "type",
    ]
)
expression = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.builds("{}.{}".format, inner, name),
        st.builds("{}[{}]".format, inner, st.sampled_from(["", "0", "*", "-1:", "::-1"])),
        st.builds("{}[?{}]".format, inner, inner),
        st.builds("{} {} {}".format, inner, st.sampled_from(["==", "!=", "<", ">=", "&&", "||", "|"]), inner),
        st.builds("!({})".format, inner),
        st.builds("{{a: {}}}.a".format, inner),
        st.builds(
            "{}({})".format, function, st.lists(inner | inner.map("&{}".format), min_size=1, max_size=2).map(", ".join)
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(expression | st.text(max_size=20), case)
def test_any_text_is_an_expression_that_answers_or_an_error(written: str, seen: dict[str, Any]) -> None:
    facts = facts_of(seen)
    evidence = Evidence("pc-1", facts, assess("pc-1", TIME, facts, fleet_config()))
    try:
        checked = policy(checks=[{"id": "mine", "title": "Mine", "fails_when": written}])
    except ValidationError:
        return
    for answers in checked.judge(evidence).profiles.values():
        told = [result.answer for result in answers.results if result.check == "mine"]
        assert told or "mine" in answers.passed
