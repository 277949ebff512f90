"""A plan as a file: what was saved comes back, anything else is refused."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from smartfleet.errors import PlanError
from smartfleet.model.plan import Plan
from smartfleet.plan import load_plan, make_plan, plan_hash, save_plan
from tests.unit.builders import INSTANCE, TIME, facts_of, fleet_config

HOUR = 3600.0


@pytest.fixture
def plan() -> Plan:
    facts = {"pc-0815": (TIME, facts_of({})), "pc-0816": (TIME + HOUR, facts_of({"user": "jürgen"}))}
    return make_plan(facts, fleet_config(), created=TIME + HOUR, instance_id=INSTANCE)


def error_of(path: Path, **limits: float) -> PlanError:
    with pytest.raises(PlanError) as caught:
        load_plan(path, now=limits.get("now", TIME), max_age=limits.get("max_age"))
    assert caught.value.exit_code == 5
    return caught.value


def test_what_was_saved_comes_back(plan: Plan, tmp_path: Path) -> None:
    save_plan(plan, tmp_path / "plan.json")
    assert load_plan(tmp_path / "plan.json", now=TIME) == plan


def test_it_is_the_admins_alone_and_leaves_nothing_beside_it(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("an older plan")
    path.chmod(0o644)
    save_plan(plan, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["plan.json"]


def test_the_hash_is_of_the_content_alone(plan: Plan) -> None:
    assert plan.hash == plan_hash(plan)
    assert plan_hash(plan.model_copy(update={"hash": "x"})) == plan.hash
    assert plan_hash(plan.model_copy(update={"new_server": "https://else.example"})) != plan.hash
    assert len(plan.hash) == 64


def test_the_hash_does_not_hang_on_layout(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    save_plan(plan, path)
    document = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(dict(reversed(document.items()))), "utf-8")
    assert load_plan(path, now=TIME) == plan


def _change(document: dict[str, Any], change: str) -> None:
    move = document["hosts"][0]["profiles"][0]["move"]
    if change == "another host":
        document["hosts"][0]["host"] = "pc-0817"
    elif change == "another server":
        move["accounts"][0]["new_url"] = "https://evil.example"
    elif change == "another action":
        document["hosts"][0]["profiles"][0]["action"] = "none"
    elif change == "one host less":
        del document["hosts"][0]
    elif change == "one account more":
        move["accounts"] *= 2
    elif change == "no hash":
        document["hash"] = ""


@pytest.mark.parametrize(
    "change", ["another host", "another server", "another action", "one host less", "one account more", "no hash"]
)
def test_an_edited_plan_is_not_taken(change: str, plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    save_plan(plan, path)
    document = json.loads(path.read_text("utf-8"))
    _change(document, change)
    path.write_text(json.dumps(document), "utf-8")
    error = error_of(path)
    assert error.code == "plan/edited"
    assert error.do == "Make a new one: smartfleet plan"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "plan/not-a-plan"),
        ("{", "plan/not-a-plan"),
        ("[]", "plan/not-a-plan"),
        ("null", "plan/not-a-plan"),
        ("\udcff", "plan/not-a-plan"),
        ("[" * 100_000, "plan/not-a-plan"),
        ("{}", "plan/not-a-plan"),
        ('{"schema": 1}', "plan/not-a-plan"),
        ('{"schema": "smartfleet.facts/1"}', "plan/not-a-plan"),
        ('{"schema": "smartfleet.plan/2"}', "plan/schema"),
        ('{"schema": "smartfleet.plan/1"}', "plan/broken"),
    ],
)
def test_other_files(text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert error_of(path).code == code


def test_an_unknown_key_is_not_overlooked(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    document = plan.model_dump(mode="json") | {"also": "this"}
    path.write_text(json.dumps(document), "utf-8")
    error = error_of(path)
    assert error.code == "plan/broken"
    assert "also" in error.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert error_of(tmp_path / "plan.json").code == "plan/unreadable"
    assert error_of(tmp_path).code == "plan/unreadable"


def test_a_place_that_cannot_be_written(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        save_plan(plan, tmp_path / "nowhere" / "plan.json")
    assert caught.value.code == "plan/unwritable"
    (tmp_path / "folder").mkdir()
    with pytest.raises(PlanError):
        save_plan(plan, tmp_path / "folder")
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


def test_old_facts_are_told_with_their_host(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    save_plan(plan, path)
    assert load_plan(path, now=TIME + 24 * HOUR, max_age=24 * HOUR) == plan
    error = error_of(path, now=TIME + 30 * HOUR, max_age=24 * HOUR)
    assert error.code == "plan/stale"
    assert "30.0 h old (pc-0815); the limit is 24.0 h" in error.message


def test_a_plan_without_hosts_is_never_stale(tmp_path: Path) -> None:
    empty = make_plan({}, fleet_config(), created=TIME)
    save_plan(empty, tmp_path / "plan.json")
    assert load_plan(tmp_path / "plan.json", now=TIME + 1e9, max_age=1) == empty


@pytest.mark.parametrize("hosts", [0, 1, 3])
def test_the_hash_is_the_one_of_the_canonical_json(hosts: int) -> None:
    facts = {f"host{number}": (TIME, facts_of({})) for number in range(hosts)}
    plan = make_plan(facts, fleet_config(), created=TIME, unaudited=["büro"])
    document = plan.model_dump(mode="json", exclude={"hash"})
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert plan.hash == hashlib.sha256(text.encode()).hexdigest()
