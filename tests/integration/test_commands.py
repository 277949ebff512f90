"""The commands over real SSH to a lab machine: the whole way there and back, and what goes wrong on it.

A second ansible-core repeats the whole way, and what it says itself of a host; what becomes of an answer is ours.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from smartfleet.cli.main import main
from smartfleet.lab.host import Connection, LabHost, LabUser, SignedIn, documents
from smartfleet.lab.lab import Lab

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
SECRET = "planted-5ecret-value"

# app passwords by login name, as the lab's server gave them
PASSWORDS: dict[str, str] = {}

Smartfleet = Callable[..., tuple[int, str, str]]


@pytest.fixture
def smartfleet(fleet: Path, capsys: pytest.CaptureFixture[str]) -> Smartfleet:
    """Calls a command on the fleet; exit code, stdout, stderr."""

    def call(command: str, *arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main([command, *arguments, "--fleet", str(fleet)])
        told = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, told.out, told.err

    return call


def document(smartfleet: Smartfleet, command: str, *arguments: str, code: int = 0) -> Any:
    """What a command prints as JSON, which its schema must describe."""
    ended, out, err = smartfleet(command, *arguments, "--format", "json")
    assert ended == code, out + err
    found = json.loads(out)
    schema = SCHEMAS / f"{found['schema'].replace('/', '-')}.json"
    jsonschema.validate(found, json.loads(schema.read_text("utf-8")))
    return found


@pytest.fixture
def anna(lab: Lab, host: LabHost) -> LabUser:
    """Signed in to the old name and synced, her client running."""
    name = f"anna-{host.name}"
    password = lab.add_account(name)
    lab.put_all(name, documents(7, 6))
    user = host.add_user(name)
    user.log_on()
    user.sign_in(SignedIn(lab.old_url, name, password, folders=(Connection(),)))
    user.start_client()
    user.wait_synced("Nextcloud")
    PASSWORDS[name] = password
    return user


def test_there_and_back(smartfleet: Smartfleet, lab: Lab, host: LabHost, anna: LabUser, tmp_path: Path) -> None:
    audit = document(smartfleet, "audit")
    assert [profile["state"] for profile in audit["hosts"][0]["profiles"]] == ["old"]
    before = anna.config.read_bytes()
    plan_file = tmp_path / "plan.json"
    plan = document(smartfleet, "plan", "--out", str(plan_file), "--orders", str(tmp_path / "orders"))
    assert plan["instance_id"]
    would = document(smartfleet, "apply", str(plan_file), "--check")
    assert [(outcome["outcome"], outcome["code"]) for outcome in would["outcomes"]] == [("prepared", "check-mode")]
    assert anna.config.read_bytes() == before
    assert nobody_to_ask(smartfleet("apply", str(plan_file)))
    assert anna.config.read_bytes() == before

    applied = document(smartfleet, "apply", str(plan_file), "--yes")
    assert [outcome["outcome"] for outcome in applied["outcomes"]] == ["moved"]
    assert lab.new_url.encode() in anna.config.read_bytes()
    verified = document(smartfleet, "verify")
    assert [verdict["verdict"] for verdict in verified["verdicts"]] == ["match"]

    again = document(smartfleet, "apply", str(plan_file), "--yes")
    assert [outcome["outcome"] for outcome in again["outcomes"]] == ["already"]
    _, _, err = smartfleet("apply", "--yes")
    assert "nothing was changed" in err

    status = document(smartfleet, "status")
    assert status["headline"]["outcomes"] == {"moved": 1}
    assert status["headline"]["on_old_server"] == 0
    shown = document(smartfleet, "show", host.name)
    assert all(proof["state"] == "ok" for proof in shown["outcomes"][0]["proofs"])
    audited = next(run["run"] for run in status["runs"] if run["verb"] == "audit")
    changed = document(smartfleet, "diff", audited)
    assert [(one["before"], one["after"]) for one in changed["folders_changed"]] == [("unknown", "match")]
    told = {one["check"]: (one["user"], one["before"], one["after"]) for one in _answers(changed)}
    assert told["old-server"] == told["new-account"] == (anna.name, "fail", "pass")
    page = tmp_path / "report.html"
    document(smartfleet, "report", "--out", str(page))
    assert host.name in page.read_text("utf-8")

    assert nobody_to_ask(smartfleet("rollback", "--run", applied["run"]))
    assert lab.new_url.encode() in anna.config.read_bytes()
    taken_back = document(smartfleet, "rollback", "--run", applied["run"], "--yes")
    assert [outcome["outcome"] for outcome in taken_back["outcomes"]] == ["rolled-back"]
    assert lab.new_url.encode() not in anna.config.read_bytes()
    # the rollback was judged too
    assert any(one["check"] == "old-server" for one in _answers(document(smartfleet, "diff", verified["run"], code=10)))
    code, _, err = smartfleet("rollback", "--yes")
    assert (code, "rollback/nothing" in err) == (2, True)


def nobody_to_ask(ended: tuple[int, str, str]) -> bool:
    """Whether a command without --yes stopped at its question, as no terminal is there."""
    code, _, err = ended
    return code == 2 and "error[usage/no-terminal]" in err


def _answers(changed: Any) -> list[Any]:
    return [*changed["checks_changed"], *(check for one in changed["hosts_changed"] for check in one["checks"])]


@pytest.mark.once
def test_fix_does_it_all_in_one_go(smartfleet: Smartfleet, host: LabHost, anna: LabUser, lab: Lab) -> None:
    before = anna.config.read_bytes()
    assert nobody_to_ask(smartfleet("fix", host.name))
    assert anna.config.read_bytes() == before
    fixed = document(smartfleet, "fix", host.name, "--user", anna.name, "--yes")
    assert [outcome["outcome"] for outcome in fixed["apply"]["outcomes"]] == ["moved"]
    assert [verdict["verdict"] for verdict in fixed["verify"]["verdicts"]] == ["match"]
    assert lab.new_url.encode() in anna.config.read_bytes()
    again = document(smartfleet, "fix", host.name, "--yes")
    assert [outcome["outcome"] for outcome in again["apply"]["outcomes"]] == ["already"]


@pytest.mark.once
def test_the_server_level_from_here(smartfleet: Smartfleet, anna: LabUser, tmp_path: Path) -> None:
    smartfleet("audit")
    credentials = tmp_path / "credentials.yml"
    credentials.write_text(yaml.safe_dump({anna.name: PASSWORDS[anna.name]}))
    credentials.chmod(0o644)
    code, _, err = smartfleet("verify", "--credentials", str(credentials))
    assert (code, "credentials/open-to-others" in err) == (2, True)
    credentials.chmod(0o600)
    found = document(smartfleet, "verify", "--credentials", str(credentials))
    assert [(verdict["verdict"], verdict["check"]["server"]["done"]) for verdict in found["verdicts"]] == [
        ("match", True)
    ]
    assert PASSWORDS[anna.name] not in json.dumps(found)
    credentials.write_text(yaml.safe_dump({anna.name: "wrong"}))
    found = document(smartfleet, "verify", "--credentials", str(credentials), code=3)
    assert [verdict["check"]["server"]["done"] for verdict in found["verdicts"]] == [False]


def test_no_secret_is_written_anywhere(
    smartfleet: Smartfleet, fleet: Path, anna: LabUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.prompt", lambda *_, **__: SECRET)
    code, out, err = smartfleet("audit", "--ask-become-pass")
    assert code == 0
    password = PASSWORDS[anna.name]
    code, out2, err2 = smartfleet("apply", "--yes", "-K")
    assert code == 0
    written = b"".join(path.read_bytes() for path in fleet.rglob("*") if path.is_file())
    for secret in (SECRET, password):
        assert secret.encode() not in written
        assert secret not in out + err + out2 + err2


@pytest.mark.once
def test_a_plan_edited_by_hand_is_not_carried_out(
    smartfleet: Smartfleet, anna: LabUser, host: LabHost, tmp_path: Path
) -> None:
    smartfleet("audit")
    plan = tmp_path / "plan.json"
    smartfleet("plan", "--out", str(plan))
    before = anna.config.read_bytes()
    plan.write_text(plan.read_text().replace('"strategy": "move"', '"strategy": "fresh"', 1))
    code, _, err = smartfleet("apply", str(plan), "--yes")
    assert (code, "plan/edited" in err) == (5, True)
    assert anna.config.read_bytes() == before
    assert not (host.root / "var/lib/smartfleet/runs").exists()


@pytest.mark.once
def test_a_plan_for_a_host_that_is_gone_touches_nothing(
    smartfleet: Smartfleet, anna: LabUser, fleet: Path, tmp_path: Path
) -> None:
    smartfleet("audit")
    plan = tmp_path / "plan.json"
    smartfleet("plan", "--out", str(plan))
    inventory = next((fleet / "inventory").iterdir())
    inventory.write_text(inventory.read_text().replace(anna.host.name + ":", "renamed:"))
    code, _, err = smartfleet("apply", str(plan), "--yes")
    assert (code, "inventory/hosts-gone" in err) == (2, True)


def test_a_changed_host_key_is_told_with_its_remedy(smartfleet: Smartfleet, host: LabHost) -> None:
    host.change_host_key()
    audit = document(smartfleet, "audit", code=3)
    assert [(one["host"], one["code"]) for one in audit["unreached"]] == [(host.name, "host-key-changed")]
    assert "smartfleet doctor" in audit["unreached"][0]["do"]


@pytest.mark.once
def test_a_user_that_nobody_knows_is_an_error(smartfleet: Smartfleet, anna: LabUser) -> None:
    smartfleet("audit")
    code, _, err = smartfleet("plan", "--user", anna.name + "x")
    assert (code, "plan/no-such-user" in err) == (2, True)


@pytest.mark.once
def test_a_machine_that_is_off_waits(smartfleet: Smartfleet, host: LabHost, anna: LabUser) -> None:
    smartfleet("audit")
    host.set_listening(on=False)
    applied = document(smartfleet, "apply", "--yes", code=6)
    assert [(o["user"], o["outcome"], o["code"]) for o in applied["outcomes"]] == [
        (anna.name, "waiting-online", "offline")
    ]
    host.set_listening(on=True)
    assert document(smartfleet, "apply", "--yes")["outcomes"][0]["outcome"] == "moved"


@pytest.mark.parametrize(("limit", "code"), [("nosuch", "no-match"), ("", "bad-limit"), ("~[", "bad-limit")])
def test_a_limit_that_names_nothing_is_an_error(smartfleet: Smartfleet, limit: str, code: str) -> None:
    ended, _, err = smartfleet("audit", "--limit", limit)
    assert (ended, f"inventory/{code}" in err) == (2, True)


@pytest.mark.once
@pytest.mark.parametrize(
    ("rewrite", "outcome"),
    [
        # clients write their windows' places and the like whenever they want
        pytest.param(lambda data: data + b"\n[Other]\nx=1\n", "moved", id="something-else"),
        pytest.param(lambda data: data.replace(b"http://", b"http://not."), "refused", id="the-account"),
    ],
)
def test_a_config_that_changed_since_the_plan(
    smartfleet: Smartfleet, anna: LabUser, tmp_path: Path, rewrite: Callable[[bytes], bytes], outcome: str
) -> None:
    smartfleet("audit")
    plan = tmp_path / "plan.json"
    smartfleet("plan", "--out", str(plan))
    anna.quit_client()
    anna.config.write_bytes(rewrite(anna.config.read_bytes()))
    before = anna.config.read_bytes()
    applied = document(smartfleet, "apply", str(plan), "--yes", code=3 if outcome == "refused" else 0)
    assert [found["outcome"] for found in applied["outcomes"]] == [outcome]
    assert (anna.config.read_bytes() == before) == (outcome == "refused")


@pytest.mark.once
def test_a_run_streams_its_events_and_leaves_lists(smartfleet: Smartfleet, fleet: Path, anna: LabUser) -> None:
    smartfleet("audit")
    code, out, err = smartfleet("apply", "--yes", "--format", "jsonl", "--canary", anna.host.name)
    assert code == 0, err
    schema = json.loads((SCHEMAS / "smartfleet.event-1.json").read_text("utf-8"))
    events = [json.loads(line) for line in out.splitlines()]
    for event in events:
        jsonschema.validate(event, schema)
    assert [event["event"] for event in events] == [
        "run-begun", "wave-begun", "probed", "host-done", "wave-ended", "run-ended",
    ]  # fmt: skip
    moved = fleet / ".smartfleet" / "runs" / events[0]["run"] / "moved.txt"
    assert moved.read_text() == f"{anna.host.name}\n"
    verified = document(smartfleet, "verify", "--limit", f"@{moved}")
    assert [verdict["verdict"] for verdict in verified["verdicts"]] == ["match"]


@pytest.mark.once
def test_hosts_that_wait_are_left_to_the_queue(smartfleet: Smartfleet, anna: LabUser) -> None:
    smartfleet("audit")
    host = anna.host
    host.set_listening(on=False)
    applied = document(smartfleet, "apply", "--yes", "--until", "1h", "--every", "1s", "--detach", code=6)
    assert applied["state"] == "waiting"
    waiting = document(smartfleet, "queue")
    assert [(run["run"], [one["host"] for one in run["hosts"]]) for run in waiting["runs"]] == [
        (applied["run"], [host.name])
    ]
    host.set_listening(on=True)
    time.sleep(1.2)
    tried = document(smartfleet, "queue", "run")
    assert [(one["state"], [outcome["outcome"] for outcome in one["outcomes"]]) for one in tried["tries"]] == [
        ("done", ["moved"])
    ]
    assert document(smartfleet, "queue")["runs"] == []


@pytest.mark.once
def test_only_what_waits_is_tried_again(smartfleet: Smartfleet, anna: LabUser) -> None:
    smartfleet("audit")
    host = anna.host
    host.set_listening(on=False)
    first = document(smartfleet, "apply", "--yes", code=6)
    host.set_listening(on=True)
    code, _, err = smartfleet("apply", "--retry", "failed", "--yes")
    assert (code, "usage/nothing-to-retry" in err) == (2, True)
    again = document(smartfleet, "apply", "--retry", "unreachable", "--run", first["run"], "--yes")
    assert [outcome["outcome"] for outcome in again["outcomes"]] == ["moved"]
    assert again["plan_hash"] == first["plan_hash"]


def test_a_configuration_that_cannot_be_read_is_not_passed_over(smartfleet: Smartfleet, anna: LabUser) -> None:
    anna.quit_client()
    anna.config.write_bytes(b"[Accounts\n\x00")
    found = document(smartfleet, "verify", code=3)
    assert found["verdicts"] == []
    assert [trouble["code"] for trouble in found["unreached"]] == ["config-unreadable"]
    assert "anna" in found["unreached"][0]["message"]
