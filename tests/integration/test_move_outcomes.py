"""What becomes of a profile: moved, refused, waiting, failed and taken back."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import backup, retelling
from ansible_collections.smartde.nextcloud.plugins.module_utils.hostwork import result
from ansible_collections.smartde.nextcloud.plugins.module_utils.marks import Mark, Marks
from ansible_collections.smartde.nextcloud.plugins.module_utils.outcome import as_answer
from ansible_collections.smartde.nextcloud.plugins.module_utils.state import transactions
from ansible_collections.smartde.nextcloud.plugins.module_utils.transaction import StepError

from smartfleet.model.results import Outcome as OutcomeDocument
from tests.unit.moveworld import NEW, OLD, SOURCE, TARGET, World, untouched

pytestmark = pytest.mark.once


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_move(world: World) -> None:
    journal = world.moved_journal()
    outcome = world.move(world.order())
    assert (outcome.outcome, outcome.code, outcome.changed) == ("moved", "", True)
    assert [(step.step, step.state) for step in outcome.steps] == [
        ("check", "done"),
        ("prove-instance", "done"),
        ("stop-client", "done"),
        ("backup", "done"),
        ("manifest", "done"),
        ("copy-secrets", "done"),
        ("remove-cookies", "done"),
        ("write-config", "done"),
        ("start-client", "done"),
        ("prove", "done"),
    ]
    assert world.config.read_bytes() == world.before.replace(OLD.encode(), NEW.encode())
    assert world.config.stat().st_mode & 0o777 == 0o640
    assert world.moved_journal() == journal
    assert world.desk.entries() == {SOURCE: "app-password", TARGET: "app-password"}
    assert world.desk.loaded() == NEW
    assert (Path(outcome.backup) / "nextcloud.cfg").read_bytes() == world.before
    assert (Path(outcome.backup) / "journal-0.db").read_bytes() == b"the journal"
    assert Path(outcome.backup).stat().st_mode & 0o777 == 0o700
    OutcomeDocument.model_validate(as_answer(outcome))


def test_a_second_move_changes_nothing_and_says_so(world: World) -> None:
    raw = world.order()
    world.move(raw)
    inode = world.config.stat().st_ino
    again = world.move(raw, run="run-2")
    assert (again.outcome, again.changed) == ("already", False)
    assert world.config.stat().st_ino == inode
    assert world.state() == "done"


def test_the_same_run_hears_again_what_it_was_told(world: World) -> None:
    raw = world.order()
    first = world.move(raw)
    before = world.moved()
    again = world.move(raw)
    assert (again, world.moved()) == (replace(first, told_before=True), before)
    assert result([first])["changed"] is True
    assert result([again]) == {**result([first]), "changed": False}


def test_a_run_that_was_waiting_for_the_sign_in_hears_that_the_account_is_moved(world: World) -> None:
    raw = world.order(strategy="reconnect")
    first = world.move(raw)
    assert world.move(raw) == replace(first, told_before=True)
    (world.desk.folder / "keyring").write_text(f'{{"{TARGET}": "fresh"}}')
    signed_in = world.move(raw)
    assert (signed_in.outcome, signed_in.code, signed_in.message, signed_in.do) == ("moved", "", "", "")
    assert (signed_in.steps, signed_in.proofs) == (first.steps, first.proofs)


def test_a_run_that_was_planned_anew_hears_it_for_its_first_order_too(world: World) -> None:
    """The client rewrote its file, the controller planned anew, moved, and died before it had written that down."""
    first = world.order()
    world.config.write_bytes(world.config.read_bytes().replace(b"3.16.7", b"3.16.8"))
    assert world.move(first).code == "config-changed"
    moved = world.move(world.order())
    assert moved.outcome == "moved"
    assert world.move(first) == replace(moved, told_before=True)
    assert world.move(first, run="run-2").code == "config-changed"


@pytest.mark.parametrize("text", ["", "[]", '{"run": "run-1", "outcome": {"user": "anna"}}', '{"run": "run-1"}'])
def test_an_answer_that_cannot_be_read_is_not_told_again(world: World, text: str) -> None:
    raw = world.order()
    world.move(raw)
    Path(transactions(str(world.root))[-1].folder, "outcome.json").write_text(text)
    assert world.move(raw).outcome == "already"


def test_what_was_told_before_a_rollback_is_not_told_again(world: World) -> None:
    raw = world.order()
    first = world.move(raw)
    world.restore()
    again = world.move(raw)
    assert (again.outcome, again.told_before, len(again.steps)) == ("moved", False, len(first.steps))


def test_no_room_for_the_answer_leaves_the_move_to_be_gone_on_with(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    raw = world.order()
    with monkeypatch.context() as patch:
        patch.setattr(retelling, "write_json", full)
        assert (world.move(raw).code, world.state()) == ("out-of-space", "open")
    assert (world.move(raw).outcome, world.state()) == ("moved", "done")


def test_a_move_that_the_client_wrote_into_is_already_done(world: World) -> None:
    """A client writes its own values as soon as it runs, so the hash of the file is another one."""
    raw = world.order()
    world.move(raw)
    world.config.write_bytes(world.config.read_bytes().replace(b"clientVersion=3.16.7", b"clientVersion=4.0.1"))
    assert world.move(raw, run="run-2").outcome == "already"


def test_prepare_and_commit_in_two_tasks(world: World) -> None:
    raw = world.order()
    prepared = world.move(raw, phases=["prepare"])
    assert (prepared.outcome, prepared.changed) == ("prepared", True)
    assert world.config.read_bytes() == world.before
    assert not world.desk.running()
    assert world.state() == "open"
    assert world.move(raw, phases=["commit"]).outcome == "moved"
    assert world.desk.loaded() == NEW


def test_a_commit_says_why_a_profile_was_not_prepared(world: World) -> None:
    raw = world.order()
    world.desk.session(keyring="locked")
    assert world.move(raw, phases=["prepare"]).code == "keyring-locked"
    assert world.move(raw, phases=["commit"]).code == "keyring-locked"
    world.desk.session(keyring="unlocked")
    assert world.move(raw, phases=["commit"]).code == "not-prepared"
    assert untouched(world)


def test_check_mode_does_nothing(world: World) -> None:
    outcome = world.move(world.order(), check=True)
    assert (outcome.outcome, outcome.code, outcome.changed) == ("prepared", "check-mode", True)
    assert untouched(world)


def test_check_mode_goes_through_both_halves_around_an_installation(world: World) -> None:
    raw = world.order()
    for phase in ("prepare", "commit"):
        outcome = world.move(raw, phases=[phase], check=True)
        assert (outcome.outcome, outcome.code) == ("prepared", "check-mode")
    assert untouched(world)


def test_check_mode_tells_what_becomes_of_an_unfinished_move(world: World) -> None:
    raw = world.order()
    world.move(raw, phases=["prepare"])
    marks = world.marks()
    for order, message in (
        (raw, "the unfinished move of run run-1 would be gone on with"),
        (raw | {"old_sha256": "0" * 64}, "the unfinished move of run run-1 would be taken back first"),
    ):
        told = world.move(order, run="run-2", check=True)
        assert (told.outcome, told.code, told.message) == ("prepared", "check-mode", message)
    assert (world.marks(), world.state()) == (marks, "open")


def test_a_home_that_takes_no_file_is_left_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is read only: found out before the client is stopped."""
    monkeypatch.setattr("os.access", lambda _path, mode: not mode & os.W_OK)
    outcome = world.move(world.order())
    assert (outcome.outcome, outcome.code) == ("refused", "no-permission")
    assert outcome.message == f"anna cannot write to {world.config.parent}"
    assert untouched(world)


def remove_journal(world: World) -> None:
    world.journal.unlink()


def link_folder(world: World) -> None:
    world.sync.rename(world.home / "elsewhere")
    world.sync.symlink_to(world.home / "elsewhere")


def link_config(world: World) -> None:
    world.config.rename(world.home / "own.cfg")
    world.config.symlink_to(world.home / "own.cfg")


def drop_folder(world: World) -> None:
    lines = world.config.read_text().splitlines(keepends=True)
    world.config.write_text("".join(line for line in lines if "Folders" not in line))


REFUSED: dict[str, tuple[Callable[[World], object], dict[str, Any], str]] = {
    "changed since the plan": (lambda world: world.config.write_bytes(world.before + b"\n"), {}, "config-changed"),
    "no file any more": (lambda world: world.config.unlink(), {}, "config-missing"),
    "a link instead": (link_config, {}, "config-link"),
    "journal gone": (remove_journal, {}, "journal-missing"),
    "folder gone": (lambda world: shutil.rmtree(world.sync), {}, "folder-missing"),
    "folder is a link": (link_folder, {}, "folder-missing"),
    "another strategy": (lambda _world: None, {"strategy": "fresh"}, "strategy-not-offered"),
    "edits that say something else": (
        lambda _world: None,
        {"edits": [{"section": "Accounts", "key": "0\\url", "old": OLD, "new": "https://evil.example"}]},
        "order-inconsistent",
    ),
    "edits of another file": (
        lambda _world: None,
        {"edits": [{"section": "Accounts", "key": "0\\url", "old": "https://x.example", "new": NEW}]},
        "config-changed",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_plan_did_not_foresee_is_refused_before_anything_is_touched(world: World, case: str) -> None:
    disturb, changes, code = REFUSED[case]
    raw = world.order(**changes)
    disturb(world)
    outcome = world.move(raw)
    assert (outcome.outcome, outcome.code, outcome.changed) == ("refused", code, False)
    assert outcome.do
    assert world.desk.loaded() == OLD
    assert not (world.root / "var/lib/smartfleet/runs").exists()


def test_a_folder_that_the_file_does_not_have_any_more(world: World) -> None:
    folders = world.order()["folders"]
    drop_folder(world)
    outcome = world.move(world.order(folders=folders))
    assert (outcome.outcome, outcome.code) == ("refused", "folder-unknown")


def test_another_instance_is_refused_before_anything_is_touched(world: World) -> None:
    world.instance_error = StepError("other-instance", "the new name is another server", outcome="refused")
    outcome = world.move(world.order())
    assert (outcome.outcome, outcome.code) == ("refused", "other-instance")
    assert untouched(world)


@pytest.mark.parametrize(
    ("session", "keyring", "outcome", "code"),
    [
        ({"there": False}, {SOURCE: "x"}, "waiting-session", "no-session"),
        ({"keyring": "locked"}, {SOURCE: "x"}, "waiting-session", "keyring-locked"),
        ({"keyring": "absent"}, {}, "waiting-sign-in", "keyring-absent"),
        ({}, {}, "waiting-sign-in", "secret-missing"),
    ],
)
def test_deferring(world: World, session: dict[str, Any], keyring: dict[str, str], outcome: str, code: str) -> None:
    (world.desk.folder / "keyring").write_text(str(keyring).replace("'", '"'))
    world.desk.session(**session)
    found = world.move(world.order())
    assert (found.outcome, found.code, found.changed) == (outcome, code, False)
    assert found.do
    assert world.config.read_bytes() == world.before
    assert world.desk.loaded() == OLD


def test_signing_in(world: World) -> None:
    world.desk.session(keyring="locked")
    raw = world.order(on_missing_session="sign-in")
    found = world.move(raw)
    assert (found.outcome, found.code, found.changed) == ("waiting-sign-in", "keyring-locked", True)
    assert world.desk.loaded() == NEW
    assert TARGET not in world.desk.entries()
    assert world.move(raw).outcome == "waiting-sign-in"
    world.desk.session(keyring="unlocked")
    (world.desk.folder / "keyring").write_text(f'{{"{TARGET}": "fresh"}}')
    assert world.move(raw, run="run-2").outcome == "already"


def test_reconnecting_copies_no_secret_and_waits_for_the_sign_in(world: World) -> None:
    raw = world.order(strategy="reconnect")
    found = world.move(raw)
    assert (found.outcome, found.code, found.changed) == ("waiting-sign-in", "reconnect", True)
    assert world.desk.loaded() == NEW
    assert TARGET not in world.desk.entries()
    assert world.move(raw, run="run-2").outcome == "waiting-sign-in"
    (world.desk.folder / "keyring").write_text(f'{{"{TARGET}": "fresh"}}')
    assert world.move(raw, run="run-2").outcome == "already"


def test_without_a_session_the_client_is_left_to_the_next_login(tmp_path: Path) -> None:
    world = World(tmp_path, running=False)
    world.desk.session(there=False)
    found = world.move(world.order(on_missing_session="sign-in"))
    assert (found.outcome, found.code) == ("waiting-sign-in", "no-session")
    assert not world.desk.running()
    assert NEW.encode() in world.config.read_bytes()


def test_a_client_that_did_not_run_is_started_where_there_is_a_session(tmp_path: Path) -> None:
    world = World(tmp_path, running=False)
    assert world.move(world.order()).outcome == "moved"
    assert world.desk.loaded() == NEW


def test_a_target_that_is_in_the_keyring_already_will_do(world: World) -> None:
    (world.desk.folder / "keyring").write_text(f'{{"{TARGET}": "seeded"}}')
    assert world.move(world.order()).outcome == "moved"
    assert world.desk.entries() == {TARGET: "seeded"}


def test_what_the_client_writes_when_it_quits_stays(world: World) -> None:
    raw = world.order()
    world.desk.on_stop = lambda data: data.replace(b"3.16.7", b"3.16.8")
    assert world.move(raw).outcome == "moved"
    assert world.config.read_bytes() == world.before.replace(b"3.16.7", b"3.16.8").replace(OLD.encode(), NEW.encode())
    assert world.restore().outcome == "rolled-back"


def test_a_new_plan_knows_a_move_again_whose_client_wrote_when_it_quit(world: World) -> None:
    raw = world.order()
    world.desk.on_stop = lambda data: data.replace(b"3.16.7", b"3.16.8")
    world.move(raw, phases=["prepare"])
    (known,) = transactions(str(world.root))
    planned_anew = world.order()
    assert (known.old_sha256, known.new_sha256) == (planned_anew["old_sha256"], planned_anew["new_sha256"])
    assert known.planned == (raw["old_sha256"], raw["new_sha256"])
    assert world.move({**planned_anew, "resume": True}, run="run-2").outcome == "moved"
    assert [world.move(one, run="run-3").outcome for one in (raw, planned_anew)] == ["already", "already"]


def test_a_client_that_writes_another_server_when_it_quits(world: World) -> None:
    raw = world.order()
    world.desk.on_stop = lambda data: data.replace(OLD.encode(), b"https://third.example")
    outcome = world.move(raw)
    assert (outcome.outcome, outcome.code, outcome.changed) == ("refused", "config-changed", False)
    assert b"third.example" in world.config.read_bytes()
    assert world.desk.running()
    assert world.state() == "undone"


def test_a_client_that_does_not_stop(world: World) -> None:
    world.desk.stubborn = True
    outcome = world.move(world.order())
    assert (outcome.outcome, outcome.code, outcome.changed) == ("failed", "client-will-not-stop", False)
    assert world.config.read_bytes() == world.before
    assert world.desk.loaded() == OLD
    assert world.state() == "undone"


def test_too_little_room_for_the_backup(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "RESERVE", 1 << 60)
    outcome = world.move(world.order())
    assert (outcome.outcome, outcome.code) == ("failed", "out-of-space")
    assert untouched(world)


def test_a_disk_that_fills_up_while_the_backup_is_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(backup, "write_json", full)
    outcome = world.move(world.order())
    assert (outcome.outcome, outcome.code, outcome.changed) == ("failed", "out-of-space", False)
    assert world.config.read_bytes() == world.before
    assert world.desk.loaded() == OLD
    assert world.state() == "undone"
    assert not list((world.root / "var").rglob("*.partial"))


def test_a_disk_that_has_no_room_for_marks_but_what_was_kept_for_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The spare file of the transaction makes the room for the marks of the way back."""
    add = Marks.add

    def full(self: Marks, step: str, state: str, detail: str = "") -> Mark:
        if Path(self.path).with_name("spare").exists() and step == "copy-secrets":
            raise OSError(errno.ENOSPC, "No space left on device")
        return add(self, step, state, detail)

    monkeypatch.setattr(Marks, "add", full)
    outcome = world.move(world.order())
    assert (outcome.outcome, outcome.code) == ("failed", "out-of-space")
    assert world.desk.loaded() == OLD
    assert world.state() == "undone"
