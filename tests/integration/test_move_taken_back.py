"""Moves that are taken back or gone on with, and what they leave of a secret: nothing."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.outcome import Proof, of_error
from ansible_collections.smartde.nextcloud.plugins.module_utils.transaction import StepError

from tests.unit.moveworld import NEW, OLD, TARGET, World, untouched

pytestmark = pytest.mark.once


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


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
