"""Facts in, plans out: every refusal, warning and strategy, as data in cases/plan.yml."""

from __future__ import annotations

import base64
import hashlib
import re
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartfleet.checks.curereasons import LEFT, MENDED
from smartfleet.checks.reasons import REMEDIES
from smartfleet.model.facts import HostFacts
from smartfleet.model.plan import Plan, ProfilePlan
from smartfleet.plan import make_plan, plan_each
from tests.unit.builders import (
    INSTANCE,
    NEW,
    OLD,
    TIME,
    Case,
    cases,
    config_text,
    facts_of,
    fleet_config,
    host_facts,
    profile,
)

CASES = [*cases("plan"), *cases("plan_windows")]
INSTALLS = [case for case in CASES if "install" in case["expect"]]


def plan_of(case: Case) -> Plan:
    facts = {"pc-0815": (TIME, facts_of(case))}
    config = fleet_config(**case.get("fleet", {}))
    return make_plan(facts, config, created=TIME + 60, instance_id=case.get("instance_id", INSTANCE))


def profile_plan(case: Case) -> ProfilePlan:
    return plan_of(case).hosts[0].profiles[0]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: Case) -> None:
    planned = profile_plan(case)
    expected = case["expect"]
    assert planned.action == expected["action"], planned.reason
    assert (planned.reason.code if planned.reason else None) == expected.get("reason")
    assert [warning.code for warning in planned.warnings] == expected.get("warnings", [])


@pytest.mark.parametrize("case", INSTALLS, ids=[case["name"] for case in INSTALLS])
def test_what_is_installed_of_the_cases(case: Case) -> None:
    install = plan_of(case).hosts[0].install
    assert (install.model_dump(exclude_defaults=True) if install else None) == case["expect"]["install"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_only_what_is_carried_out_has_an_order(case: Case) -> None:
    planned = profile_plan(case)
    assert (planned.move is not None) == (planned.action in {"move", "resume"})
    assert bool(planned.steps) == (planned.move is not None)
    assert bool(planned.diff) == (planned.action == "move")


def test_every_reason_has_a_case() -> None:
    told = {code for case in CASES for code in [case["expect"].get("reason"), *case["expect"].get("warnings", [])]}
    # the audit's own and those of cures: see test_assess.py and test_cures.py
    assert set(REMEDIES) - told - set(MENDED) - set(LEFT) == {"open-transaction"}


def test_every_reason_is_documented_with_its_remedy() -> None:
    text = (Path(__file__).parents[2] / "docs" / "plan.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \|.*\| ([^|]*) \|$", text, re.MULTILINE))
    assert set(rows) == set(REMEDIES)
    assert {code: remedy.strip() for code, remedy in rows.items()} == {
        code: remedy.do.replace("|", "\\|") or "-" for code, remedy in REMEDIES.items()
    }


def test_the_order_of_a_plain_move() -> None:
    move = profile_plan({}).move
    assert move is not None
    old, new = config_text([{}]).encode(), config_text([{"url": NEW}]).encode()
    assert base64.b64decode(move.new_config) == new
    assert move.old_sha256 == hashlib.sha256(old).hexdigest()
    assert move.new_sha256 == hashlib.sha256(new).hexdigest()
    assert [(edit.section, edit.key, edit.old, edit.new) for edit in move.edits] == [("Accounts", "0\\url", OLD, NEW)]
    assert [(one.old_url, one.new_url, one.login) for one in move.accounts] == [(OLD, NEW, "eva")]
    assert [(one.source, one.target, one.required) for one in move.secrets] == [
        (f"eva:{OLD}/:0", f"eva:{NEW}/:0", True)
    ]
    assert move.cookies == ["cookies0.db"]
    assert [(one.journal, one.instance_id) for one in move.folders] == [(".sync_0123456789ab.db", INSTANCE)]
    assert (move.resume, move.digests, move.on_missing_session) == (False, False, "defer")


def test_only_accounts_of_the_old_server_are_in_the_order() -> None:
    foreign = {"url": "https://cloud.friends.example", "folders": [{"local_path": "/home/eva/Friends/"}]}
    move = profile_plan({"accounts": [foreign, {}]}).move
    assert move is not None
    assert [one.number for one in move.accounts] == ["1"]
    assert move.cookies == ["cookies1.db"]
    assert [one.account for one in move.folders] == ["1"]
    assert b"0\\url=https://cloud.friends.example" in base64.b64decode(move.new_config)


def test_a_folder_that_names_no_journal_gets_the_name_that_was_seen() -> None:
    case = {"accounts": [{"folders": [{"journal_path": "", "journal": {"name": ".sync_feedfeedfeed.db"}}]}]}
    move = profile_plan(case).move
    assert move is not None
    assert next((edit.key, edit.new) for edit in move.edits) == ("0\\Folders\\0\\journalPath", ".sync_feedfeedfeed.db")
    assert any("name 1 journal" in step for step in profile_plan(case).steps)


def test_reconnect_makes_the_same_edits_and_copies_nothing() -> None:
    plain, reconnect = profile_plan({}), profile_plan({"fleet": {"move": {"strategy": "reconnect"}}})
    assert plain.move is not None
    assert reconnect.move is not None
    assert reconnect.move.edits == plain.move.edits
    assert [copy.target for copy in reconnect.move.secrets] == ["eva:https://mein.smartde.coop/:0"]
    assert any("asks the user to sign in" in step for step in reconnect.steps)


def test_without_a_session_every_secret_that_may_be_there_is_listed() -> None:
    case = {"session": {"state": "none", "keyring": "absent", "secrets": []}}
    move = profile_plan(case).move
    assert move is not None
    assert [secret.source for secret in move.secrets if secret.required] == [f"eva:{OLD}/:0"]
    assert f"eva_app-password:{OLD}/:0" in {secret.source for secret in move.secrets}


@pytest.mark.parametrize(("mode", "word"), [("defer", "will wait"), ("sign-in", "will have to sign in")])
def test_the_warning_says_what_a_missing_session_means(mode: str, word: str) -> None:
    case = {"fleet": {"move": {"on_missing_session": mode}}, "session": {"state": "none", "keyring": "absent"}}
    planned = profile_plan(case)
    assert word in planned.warnings[0].message
    assert planned.move is not None
    assert planned.move.on_missing_session == mode


def test_digests_are_noted_down_where_contents_shall_be_verified() -> None:
    planned = profile_plan({"fleet": {"verify": {"level": "content"}}})
    assert planned.move is not None
    assert planned.move.digests
    assert any("with their digests" in step for step in planned.steps)


def test_the_steps_are_told_in_order() -> None:
    assert profile_plan({}).steps == [
        f"prove that {NEW} is the Nextcloud these files are from, and that nothing changed since the audit",
        "stop the client of eva",
        "back up nextcloud.cfg and 1 journal",
        "note down 5 files (5.0 kB), to compare them afterwards",
        f"account eva: {OLD} becomes {NEW}",
        "copy 1 password inside the user's keyring",
        "remove the old server's cookies (cookies0.db)",
        "start the client, and prove that it uses the new URL, the same journal and the same files",
    ]


def test_a_begun_move_goes_on_where_nothing_was_written_yet() -> None:
    plain = profile_plan({}).move
    assert plain is not None
    begun = {"old_sha256": "now", "new_sha256": plain.new_sha256}
    planned = profile_plan({"transactions": [begun]})
    assert planned.action == "resume"
    assert planned.move == plain.model_copy(update={"resume": True})


def test_a_begun_move_whose_file_is_written_names_the_move_of_the_host() -> None:
    case = {"accounts": [{"url": NEW}], "transactions": [{"new_sha256": "now", "step": "write-config"}]}
    planned = profile_plan(case)
    assert planned.move is not None
    assert planned.move.resume
    assert planned.move.old_sha256 == "a" * 64
    assert planned.move.new_sha256 == hashlib.sha256(base64.b64decode(planned.move.new_config)).hexdigest()
    assert "write-config" in planned.steps[0]


def test_a_begun_move_with_something_in_the_way_is_not_resumed() -> None:
    plain = profile_plan({}).move
    assert plain is not None
    begun = {"old_sha256": "now", "new_sha256": plain.new_sha256}
    planned = profile_plan({"transactions": [begun], "accounts": [{"folders": [{"state": "missing"}]}]})
    assert planned.reason is not None
    assert planned.reason.code == "transaction-misfit"


def test_untrusted_text_is_shown_escaped() -> None:
    user = "eva\x1b[31m"
    planned = profile_plan(
        {"accounts": [{"user": user, "folders": [{"state": "missing", "local_path": "/home/eva/\u202egpj/"}]}]}
    )
    assert planned.reason is not None
    assert "\u202e" not in planned.reason.message
    moved = profile_plan({"accounts": [{"user": user}]})
    for text in [*moved.steps, *(warning.message for warning in moved.warnings)]:
        assert "\x1b" not in text


@pytest.mark.parametrize(
    ("settings", "clients", "expected"),
    [
        ({"state": "keep"}, None, None),
        ({"package": "nextcloud-desktop", "state": "present"}, None, None),
        ({"package": "nextcloud-client", "state": "present"}, None, "present"),
        ({"package": "nextcloud-desktop", "state": "latest"}, None, "latest"),
        ({"package": "nextcloud-desktop", "state": "present"}, [], "present"),
    ],
)
def test_what_is_installed(settings: Case, clients: list[Case] | None, expected: str | None) -> None:
    case = {"fleet": {"install": {"linux": settings}}, "clients": clients}
    install = plan_of(case).hosts[0].install
    assert (install.state if install else None) == expected


def test_a_host_without_a_move_gets_no_package() -> None:
    case = {
        "fleet": {"install": {"linux": {"package": "nextcloud-desktop", "state": "latest"}}},
        "accounts": [{"url": NEW}],
    }
    assert plan_of(case).hosts[0].install is None


def test_users_and_hosts() -> None:
    facts = host_facts(profile({"user": "tom"}), profile({}))
    plan = make_plan(
        {"pc-2": (TIME, facts), "pc-1": (TIME + 1, facts)},
        fleet_config(),
        created=TIME + 2,
        instance_id=INSTANCE,
        users=["eva"],
        unaudited=["pc-9", "pc-3"],
    )
    assert [host.host for host in plan.hosts] == ["pc-1", "pc-2"]
    assert [host.facts_taken for host in plan.hosts] == [TIME + 1, TIME]
    assert [[one.user for one in host.profiles] for host in plan.hosts] == [["eva"], ["eva"]]
    assert plan.unaudited == ["pc-3", "pc-9"]


def test_the_facts_of_a_fleet_do_not_lie_in_the_memory_together() -> None:
    held: weakref.WeakSet[HostFacts] = weakref.WeakSet()
    most = 0

    def each() -> Iterator[tuple[str, float, HostFacts]]:
        nonlocal most
        for number in range(20, 0, -1):
            facts = Seen(**dict(host_facts(profile({}))))
            held.add(facts)
            most = max(most, len(held))
            yield f"pc-{number:02}", TIME, facts

    plan = plan_each(each(), fleet_config(), created=TIME, instance_id=INSTANCE)
    assert [host.host for host in plan.hosts] == [f"pc-{number:02}" for number in range(1, 21)]
    assert most <= 2


class Seen(HostFacts):
    """Facts that are found in a set by what they are, not by what they say."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other
