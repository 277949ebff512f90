"""What becomes of a profile: moved, refused, waiting, failed and taken back."""

from __future__ import annotations

import base64
import errno
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import backup
from ansible_collections.smartde.nextcloud.plugins.module_utils.marks import Mark, Marks
from ansible_collections.smartde.nextcloud.plugins.module_utils.outcome import Proof, of_error
from ansible_collections.smartde.nextcloud.plugins.module_utils.state import transactions
from ansible_collections.smartde.nextcloud.plugins.module_utils.transaction import StepError

from smartfleet.model.results import Outcome as OutcomeDocument
from tests.unit.moveworld import NEW, OLD, SOURCE, TARGET, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def untouched(world: World) -> bool:
    state = world.root / "var/lib/smartfleet/runs"
    return (
        world.config.read_bytes() == world.before
        and world.desk.loaded() == OLD
        and world.desk.entries() == {SOURCE: "app-password"}
        and (world.config.parent / "cookies0.db").exists()
        and not state.exists()
    )


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
    OutcomeDocument.model_validate(asdict(outcome))


def test_a_second_move_changes_nothing_and_says_so(world: World) -> None:
    raw = world.order()
    world.move(raw)
    inode = world.config.stat().st_ino
    again = world.move(raw, run="run-2")
    assert (again.outcome, again.changed) == ("already", False)
    assert world.config.stat().st_ino == inode
    assert world.state() == "done"


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
    assert world.move(raw).outcome == "already"


def test_reconnecting_copies_no_secret_and_waits_for_the_sign_in(world: World) -> None:
    raw = world.order(strategy="reconnect")
    found = world.move(raw)
    assert (found.outcome, found.code, found.changed) == ("waiting-sign-in", "reconnect", True)
    assert world.desk.loaded() == NEW
    assert TARGET not in world.desk.entries()
    assert world.move(raw).outcome == "waiting-sign-in"
    (world.desk.folder / "keyring").write_text(f'{{"{TARGET}": "fresh"}}')
    assert world.move(raw).outcome == "already"


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


def test_a_failed_proof_takes_everything_back(world: World) -> None:
    world.proofs = [Proof("client-running", "ok"), Proof("disk", "failed", "3 files are gone")]
    outcome = world.move(world.order())
    assert (outcome.outcome, outcome.code, outcome.changed) == ("failed", "proof-failed", False)
    assert "3 files are gone" in outcome.message
    assert outcome.proofs == tuple(world.proofs)
    assert world.config.read_bytes() == world.before
    assert world.desk.loaded() == OLD


@pytest.mark.parametrize("proof", ["conflicts", "server"])
def test_what_somebody_may_do_this_minute_is_told_and_not_taken_back(world: World, proof: str) -> None:
    world.proofs = [Proof(proof, "failed", "x")]
    assert world.move(world.order()).outcome == "moved"


def test_a_user_who_starts_the_client_in_between(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its old settings would be written over the new ones when it quits."""
    raw = world.order()
    copy = world.desk.copy_secrets

    def start_meanwhile(*args: Any) -> list[str]:
        (world.desk.folder / "client").write_text(OLD)
        return copy(*args)

    monkeypatch.setattr(world.desk, "copy_secrets", start_meanwhile)
    outcome = world.move(raw)
    assert (outcome.outcome, outcome.code) == ("failed", "client-running")
    assert world.config.read_bytes() == world.before
    assert world.desk.loaded() == OLD


def test_another_order_takes_an_unfinished_move_back_and_does_no_more(world: World) -> None:
    world.move(world.order(), phases=["prepare"])
    other = world.config.read_bytes().replace(OLD.encode(), b"https://third.example")
    raw = world.order(
        new_sha256=hashlib.sha256(other).hexdigest(),
        new_config=base64.b64encode(other).decode(),
        edits=[{"section": "Accounts", "key": "0\\url", "old": OLD, "new": "https://third.example"}],
    )
    outcome = world.move(raw, run="run-2")
    assert (outcome.outcome, outcome.code) == ("refused", "open-transaction-undone")
    assert world.config.read_bytes() == world.before
    assert world.desk.loaded() == OLD
    assert world.state() == "undone"
    assert world.move(raw, run="run-3").outcome == "moved"


def test_a_resume_needs_no_more_than_the_hosts_own_order(world: World) -> None:
    raw = world.order()
    world.move(raw, phases=["prepare"])
    bare = {**raw, "resume": True, "edits": [], "accounts": [], "secrets": [], "cookies": []}
    assert world.move(bare, run="run-2").outcome == "moved"
    assert world.desk.entries()[TARGET] == "app-password"
    assert world.move(bare, run="run-3").outcome == "already"


def test_a_resume_of_nothing(world: World) -> None:
    bare = world.order(resume=True, edits=[])
    assert world.move(bare).code == "nothing-to-resume"
    assert untouched(world)


def test_a_run_can_try_a_profile_again(world: World) -> None:
    raw = world.order()
    world.proofs = [Proof("disk", "failed", "x")]
    assert world.move(raw).outcome == "failed"
    world.proofs = []
    assert world.move(raw).outcome == "moved"
    assert world.restore().outcome == "rolled-back"
    assert world.move(raw).outcome == "moved"


@pytest.mark.parametrize(
    "changes",
    [
        {"cookies": ["../../../.ssh/id_rsa"]},
        {"new_sha256": "0" * 64},
        {"old_sha256": "x"},
        {"edits": []},
        {"edits": [{"section": "Accounts"}]},
        {"new_config": "%%%"},
        {"user": None},
    ],
)
def test_an_order_that_no_controller_writes(world: World, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        world.move(world.order(**changes))
    journal = {**world.order()["folders"][0], "journal": "../x"}
    with pytest.raises(ValueError, match="no journal"):
        world.move(world.order(folders=[journal]))


def test_rollback_gives_the_very_bytes_back(world: World) -> None:
    world.move(world.order())
    assert world.restore(check=True).code == "check-mode"
    assert world.desk.loaded() == NEW
    outcome = world.restore()
    assert (outcome.outcome, outcome.changed) == ("rolled-back", True)
    assert world.config.read_bytes() == world.before
    assert world.desk.loaded() == OLD
    again = world.restore()
    assert (again.outcome, again.code, again.changed) == ("already", "nothing-to-undo", False)


def test_rollback_keeps_what_was_changed_since(world: World) -> None:
    world.move(world.order())
    world.config.write_bytes(world.config.read_bytes().replace(b"3.16.7", b"4.0.1") + b"[Mine]\nkept=1\n")
    assert world.restore().outcome == "rolled-back"
    assert world.config.read_bytes() == world.before.replace(b"3.16.7", b"4.0.1") + b"[Mine]\nkept=1\n"


def test_rollback_of_an_account_that_somebody_moved_on(world: World) -> None:
    world.move(world.order())
    world.config.write_bytes(world.config.read_bytes().replace(NEW.encode(), b"https://third.example"))
    outcome = world.restore()
    assert (outcome.outcome, outcome.code, outcome.changed) == ("refused", "config-changed", False)
    assert world.desk.loaded() == NEW
    assert world.state() == "done"


def test_rollback_keeps_the_journal_as_it_is_now(world: World) -> None:
    world.move(world.order())
    world.journal.write_bytes(b"the journal, newer")
    world.restore()
    assert world.journal.read_bytes() == b"the journal, newer"


def test_rollback_puts_a_missing_journal_back(world: World) -> None:
    world.move(world.order())
    world.journal.unlink()
    assert world.restore().outcome == "rolled-back"
    assert world.journal.read_bytes() == b"the journal"


def test_rollback_to_a_name_that_leads_elsewhere_by_now(world: World) -> None:
    world.move(world.order())
    world.instance_error = StepError("old-redirects", "the old name redirects", outcome="refused")
    outcome = world.restore()
    assert (outcome.outcome, outcome.code) == ("refused", "old-redirects")
    assert world.desk.loaded() == NEW


def test_rollback_with_a_damaged_backup(world: World) -> None:
    moved = world.move(world.order())
    (Path(moved.backup) / "nextcloud.cfg").write_bytes(b"other bytes")
    outcome = world.restore()
    assert (outcome.outcome, outcome.code) == ("failed", "unreadable")
    assert world.desk.loaded() == NEW


def test_nothing_of_the_secret_is_written_down(world: World) -> None:
    outcome = world.move(world.order())
    assert "app-password" not in repr(outcome)
    for path in (world.root / "var").rglob("*"):
        assert path.is_dir() or b"app-password" not in path.read_bytes()


@pytest.mark.parametrize("code", ["out-of-space", "no-permission", "system-error", "proof-failed", "died", "anything"])
def test_every_failure_comes_with_a_remedy(code: str) -> None:
    assert of_error("anna", "/cfg", StepError(code, "so it is")).do
    assert of_error("anna", "/cfg", StepError(code, "so it is", "do that")).do == "do that"
