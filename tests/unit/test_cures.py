"""What `fix` plans: cures from facts, as data in cases/cures.yml, and the orders that come of them."""

from __future__ import annotations

import base64
import hashlib

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.order import parse_order

from smartfleet.checks.curereasons import LEFT, MENDED
from smartfleet.checks.reasons import REMEDIES
from smartfleet.checks.view import Aim, ProfileView
from smartfleet.fleet.schema import FleetConfig
from smartfleet.model.plan import Plan, ProfileMove, ProfilePlan
from smartfleet.nextcloud.accounts import read_accounts
from smartfleet.nextcloud.inverse import apply_edits
from smartfleet.nextcloud.qsettings import parse
from smartfleet.plan import make_plan
from smartfleet.plan.mend import mend_profile
from smartfleet.plan.order import for_host
from smartfleet.report import terminal
from tests.unit.builders import INSTANCE, NEW, TIME, Case, cases, facts_of, fleet_config
from tests.unit.screens import shown

CASES = cases("cures")
ORDERED = [case for case in CASES if case["expect"]["action"] == "cure" and case["expect"]["cures"] != ["sign-in"]]


def filled(case: Case) -> Case:
    """The accounts that `both` and `removed` stand for."""
    new = {"url": NEW, "folders": [{"local_path": "/home/eva/Nextcloud2/", **case.get("new", {})}]}
    if case.get("both"):
        new["user"] = case.get("person", "eva")
        return {**case, "accounts": [{"folders": [case.get("old", {})]}, new]}
    if "removed" in case:
        return {**case, "accounts": [new], "orphans": case["removed"]}
    return case


def plan_of(case: Case) -> Plan:
    config: FleetConfig = fleet_config(**case.get("fleet", {}))
    facts = facts_of(filled(case))

    def each(view: ProfileView, aim: Aim) -> ProfilePlan:
        return mend_profile(view, aim, only=case.get("only", ()), signs_in=case.get("signs_in", False))

    return make_plan({"pc": (TIME, facts)}, config, created=TIME, instance_id=INSTANCE, each=each)


def planned(case: Case) -> ProfilePlan:
    return plan_of(case).hosts[0].profiles[0]


def ordered(case: Case) -> ProfileMove:
    move = planned(case).move
    assert move is not None
    return move


def before(case: Case) -> bytes:
    return base64.b64decode(facts_of(filled(case)).profiles[0].config.content)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: Case) -> None:
    found, expected = planned(case), case["expect"]
    assert (found.action, found.cures) == (expected["action"], expected.get("cures", [])), found.warnings
    if not expected.get("any"):
        told = [*([found.reason.code] if found.reason else []), *(one.code for one in found.warnings)]
        known = [code for code in told if code not in {"already", "both-servers", "config-absent"}]
        assert known == [code for code in expected.get("warnings", []) if code != "both-servers"]
    if "own" in expected or "carry" in expected:
        (aside,) = ordered(case).aside
        (folder,) = ordered(case).folders
        assert aside.carry == expected.get("carry", False)
        assert folder.journal == expected.get("own", aside.journal)
        assert folder.local_path == aside.original


@pytest.mark.parametrize("case", ORDERED, ids=[case["name"] for case in ORDERED])
def test_an_order_is_one_that_hosts_take_and_that_gives_its_own_file(case: Case) -> None:
    order = ordered(case)
    parse_order(for_host(order))
    new = base64.b64decode(order.new_config)
    assert hashlib.sha256(new).hexdigest() == order.new_sha256
    edits = [edit.model_dump() for edit in order.edits]
    assert apply_edits(parse(before(case)), edits).to_bytes() == new
    assert apply_edits(parse(new), edits).to_bytes() == new
    assert (order.secrets, order.cookies, order.strategy) == ([], [], "move")
    assert {account.old_url for account in order.accounts} == {account.new_url for account in order.accounts} == {NEW}


@pytest.mark.parametrize("case", ORDERED, ids=[case["name"] for case in ORDERED])
def test_it_is_told_in_plain_words(case: Case) -> None:
    found = planned(case)
    assert found.steps
    assert bool(found.diff) == bool(ordered(case).edits)
    told = " ".join(found.steps)
    assert ("take account" in told) == ("drop-account" in found.cures)
    assert ("rename" in told) == ("repoint" in found.cures)


def test_what_is_left_of_the_file() -> None:
    case = {"both": True}
    (account,) = read_accounts(parse(base64.b64decode(ordered(case).new_config)))
    (folder,) = account.folders
    assert (account.number, account.url) == ("1", NEW)
    assert (folder.local_path, folder.journal_path) == (b"/home/eva/Nextcloud/", ".sync_0123456789ab.db")


def test_a_path_of_before_is_written_as_the_old_account_has_it() -> None:
    case = {"both": True, "old": {"local_path": '"/home/eva/a, b"'}}
    values = {edit.key: edit.new for edit in ordered(case).edits}
    assert values["1\\Folders\\0\\localPath"] == '"/home/eva/a, b"'


def test_on_windows_an_original_without_an_account() -> None:
    orphan = {"path": "C:\\Users\\eva\\Nextcloud", "files": 5, "bytes": 600, "journals": [], "twins": 5}
    case = {"os": "windows", "removed": [orphan], "new": {"local_path": "C:/Users/eva/Nextcloud2/"}}
    order = ordered(case)
    assert order.cures == ["repoint"]
    assert {edit.key: edit.new for edit in order.edits} == {"0\\Folders\\0\\localPath": "C:/Users/eva/Nextcloud/"}


def test_a_cure_that_died_is_gone_on_with() -> None:
    order = ordered({"both": True})
    begun = {"old_sha256": order.old_sha256, "new_sha256": order.new_sha256, "step": "backup"}
    again = planned({"both": True, "transactions": [begun]})
    assert again.action == "resume"
    assert again.move == order.model_copy(update={"resume": True})
    other = planned({"both": True, "transactions": [begun | {"new_sha256": "c" * 64}]})
    assert (other.action, other.reason and other.reason.code) == ("refuse", "transaction-misfit")


def test_a_cure_that_had_written_its_file_is_gone_on_with() -> None:
    begun = {"old_sha256": "c" * 64, "new_sha256": "now", "step": "set-aside"}
    again = planned({"accounts": [{"url": NEW}], "transactions": [begun]})
    assert (again.action, again.cures) == ("resume", [])
    assert again.move is not None
    assert again.move.resume


def test_cures_are_not_installed_for() -> None:
    fleet = {"install": {"linux": {"state": "latest", "package": "nextcloud-desktop"}}}
    assert plan_of({"both": True, "fleet": fleet}).hosts[0].install is None


def test_a_plan_shows_its_cures_and_why_others_are_left() -> None:
    told = shown(terminal.plan(plan_of({"both": True, "new": {"paused": True}})))
    assert "the stale account leaves" in told
    assert "cure 1" in told
    assert "copy-paused" in told
    assert "take account eva@https://old.example.org out of nextcloud.cfg" in told


def test_an_ordinary_plan_names_fix_as_the_remedy() -> None:
    facts = facts_of(
        filled({"removed": [{"path": "/home/eva/Nextcloud", "files": 5, "bytes": 9, "journals": [], "twins": 5}]})
    )
    plan = make_plan({"pc": (TIME, facts)}, fleet_config(), created=TIME, instance_id=INSTANCE)
    assert plan.hosts[0].profiles[0].action == "none"
    assert "smartfleet fix HOST" in shown(terminal.plan(plan))


def test_every_reason_of_cures_is_told_somewhere() -> None:
    told = {code for case in CASES for code in case["expect"].get("warnings", [])}
    assert (set(MENDED) | set(LEFT)) - told == set()
    assert all("smartfleet fix HOST" in REMEDIES[code].do for code in MENDED)
    assert "smartfleet fix HOST" in REMEDIES["both-servers"].do
