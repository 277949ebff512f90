"""What the policy says of hosts, redacted: whatever they told, none of their names comes through."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartfleet.assess import assess
from smartfleet.model.results import Difference, Proof, Step
from smartfleet.paths import data_folder
from smartfleet.policy.evidence import Evidence, FolderKey, FolderPast
from smartfleet.report.data import build
from smartfleet.report.pseudonyms import Pseudonyms
from smartfleet.report.redact import redact
from smartfleet.report.rows import rows_of
from smartfleet.words import load_words
from tests.integration.test_policy_any import POLICY, case, comparison, outcomes, verdicts
from tests.unit.builders import NEW, OLD, TIME, facts_of, fleet_config

pytestmark = pytest.mark.once

NAME = "Quillxq"
WORDS = load_words("en", data_folder("templates"))
# what hosts choose from, and what no host could name after somebody
_KEPT = {"os", "state", "url", "kind"}


def planted(told: Any, key: str = "") -> Any:
    """The same, with the name in every free text."""
    if isinstance(told, dict):
        return {inner: planted(value, inner) for inner, value in told.items()}
    if isinstance(told, list):
        return [planted(value, key) for value in told]
    return told.replace("eva", NAME) + NAME if isinstance(told, str) and key not in _KEPT else told


def named(made: dict[str, Any]) -> dict[str, Any]:
    accounts = [{"user": "eva", **account} for account in made["accounts"]]
    return dict(planted({"user": "eva", "home": "/home/eva", **made, "accounts": accounts}))


@st.composite
def hosts(draw: st.DrawFn) -> Evidence:
    facts = facts_of(named(draw(case)))
    seen = assess("pc-1", TIME, facts, fleet_config())
    profile = seen.profiles[0]
    step = Step(step="backup", state="done", detail=NAME)
    proof = Proof(proof="disk", state="failed", detail=NAME)
    trouble = {"code": "no-permission", "message": NAME, "do": NAME, "steps": [step], "proofs": [proof]}
    example = Difference(path=f"{NAME}.odt", kind="lost", detail=NAME)
    compared = draw(comparison).model_copy(update={"examples": [example], "done": True})
    told = draw(st.lists(verdicts(profile.user, profile.config_path), max_size=2))
    return Evidence(
        "pc-1",
        facts,
        seen,
        outcomes=[
            one.model_copy(update=trouble)
            for one in draw(st.lists(outcomes(profile.user, profile.config_path), max_size=1))
        ],
        verdicts=[
            one.model_copy(
                update={
                    "reason": NAME,
                    "local_path": f"/{NAME}",
                    "check": one.check and one.check.model_copy(update={"journal": compared}),
                }
            )
            for one in told
        ],
        past={FolderKey(profile.user, profile.config_path, NAME, "/"): FolderPast(f"/{NAME}", TIME - 1e7)},
    )


@settings(max_examples=100, deadline=None)
@given(hosts())
def test_no_answer_of_the_policy_names_anybody(evidence: Evidence) -> None:
    data = build(
        created=TIME,
        fleet="office",
        old_servers=[OLD],
        new_server=NEW,
        hosts=[rows_of(evidence, POLICY.judge(evidence))],
        checks=POLICY.checks,
    )
    found = redact(data, Pseudonyms(b"0" * 32), WORDS)
    assert NAME not in str(found.model_dump())
    assert [[one.check for one in row.results] for row in found.profiles] == [
        [one.check for one in row.results] for row in data.profiles
    ]
    ours = {check.check for check in POLICY.checks if check.source == "built-in"}
    told = [one for one in [*found.hosts[0].results, *found.profiles[0].results] if one.check in ours]
    # the catalogs say it anew, so that nothing is left untold
    assert all(one.text and one.message for one in told)
