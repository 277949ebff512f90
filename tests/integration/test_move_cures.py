"""Cures on a host: what they change, what they refuse, and how they are taken back."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import copies
from ansible_collections.smartde.nextcloud.plugins.module_utils.asides import aside_proofs
from ansible_collections.smartde.nextcloud.plugins.module_utils.desk import Presence
from ansible_collections.smartde.nextcloud.plugins.module_utils.marks import Marks
from ansible_collections.smartde.nextcloud.plugins.module_utils.outcome import Proof
from ansible_collections.smartde.nextcloud.plugins.module_utils.profile import Profile, SyncFolder
from ansible_collections.smartde.nextcloud.plugins.module_utils.state import transactions

from tests.unit.copytrees import write_journal, write_tree
from tests.unit.cureworld import FILES, KNOWN, OWN, THEIRS, CureWorld
from tests.unit.moveworld import NEW, World, killed

pytestmark = pytest.mark.once

STEPS = ["check", "prove-instance", "stop-client", "backup", "prove-cure", "manifest"]
MARKS_BEFORE_WRITING = 12
WAYS = [pytest.param(False, id="own journal"), pytest.param(True, id="carried journal")]


@pytest.fixture(params=WAYS)
def world(tmp_path: Path, request: pytest.FixtureRequest) -> CureWorld:
    return CureWorld(tmp_path, carry=request.param)


@pytest.fixture
def both(tmp_path: Path) -> CureWorld:
    return CureWorld(tmp_path)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_back_to_the_original(world: CureWorld) -> None:
    journal = (world.copy / THEIRS).read_bytes() if world.carry else world.journal.read_bytes()
    done = world.move(world.order())
    assert (done.outcome, done.code, done.changed) == ("cured", "", True)
    carried = ["carry-journal"] if world.carry else []
    assert [step.step for step in done.steps] == [
        *STEPS,
        *carried,
        "write-config",
        "set-aside",
        "start-client",
        "prove",
    ]
    assert {step.state for step in done.steps} == {"done"}
    assert json.loads(world.desk.loaded()) == {NEW: [f"{world.sync}/"]}
    assert (world.sync / world.old_journal).read_bytes() == journal
    assert names(world.home) == [".config", "Nextcloud", "Nextcloud2.aside-run-1"]
    assert {*FILES, THEIRS, "d"} == {str(path.relative_to(world.away())) for path in world.away().rglob("*")}
    assert "0\\" not in world.config.read_text()


def test_the_same_order_again(world: CureWorld) -> None:
    raw = world.order()
    assert world.move(raw).outcome == "cured"
    assert world.move(raw).outcome == "cured"  # the run that did it hears what it did
    again = world.move(raw, run="run-2")
    assert (again.outcome, again.changed) == ("already", False)
    assert world.away().is_dir()


def test_and_back_again(world: CureWorld) -> None:
    assert world.move(world.order()).outcome == "cured"
    back = world.restore()
    assert (back.outcome, back.changed) == ("rolled-back", True)
    assert world.untouched()
    assert f"{world.copy}/" in world.desk.loaded()
    assert world.restore().outcome == "already"


def test_a_failed_proof_takes_everything_back(world: CureWorld) -> None:
    world.proofs = [Proof("account-list", "failed", "no such account")]
    failed = world.move(world.order())
    assert (failed.outcome, failed.code, failed.changed) == ("failed", "proof-failed", False)
    assert world.untouched()
    assert f"{world.copy}/" in world.desk.loaded()


def edit_copy(world: CureWorld) -> None:
    write_tree(world.copy, {"letter.txt": "edited"})


def own_file(world: CureWorld) -> None:
    write_tree(world.copy, {"mine.txt": "mine"})


def lose_file(world: CureWorld) -> None:
    (world.sync / "letter.txt").unlink()


def edit_both(world: CureWorld) -> None:
    write_tree(world.sync, {"letter.txt": "mine too"})
    (world.copy / THEIRS).unlink()
    write_tree(world.copy, {"letter.txt": "theirs"})
    write_journal(world.copy / THEIRS, {**KNOWN, "letter.txt": ["theirs", "e9"]})


def break_journal(world: CureWorld) -> None:
    (world.copy / THEIRS).write_bytes(b"nothing")


def link_copy(world: CureWorld) -> None:
    world.copy.rename(world.home / "elsewhere")
    world.copy.symlink_to(world.home / "elsewhere")


@pytest.mark.parametrize(
    ("spoil", "own", "carried"),
    [
        (edit_copy, "copy-pending", "copy-pending"),
        (own_file, "copy-own", "copy-own"),
        (lose_file, "original-incomplete", "trees-differ"),
        (edit_both, "original-conflict", "trees-differ"),
        (break_journal, "repoint-unread", "repoint-unread"),
        (link_copy, "copy-unfit", "copy-unfit"),
    ],
)
def test_what_is_not_proven_is_refused(
    world: CureWorld, spoil: Callable[[CureWorld], None], own: str, carried: str
) -> None:
    raw = world.order()
    spoil(world)
    refused = world.move(raw)
    assert (refused.code, refused.changed) == (carried if world.carry else own, False), refused
    assert refused.outcome in {"refused", "failed"}
    assert refused.do
    assert world.config.read_bytes() == world.before
    assert world.desk.running()
    assert names(world.home)[-2:] == ["Nextcloud", "Nextcloud2"] or spoil is link_copy
    assert world.state() == "undone"


def test_a_name_that_is_taken(world: CureWorld) -> None:
    world.away().mkdir()
    failed = world.move(world.order())
    assert (failed.outcome, failed.code) == ("failed", "copy-unfit")
    world.away().rmdir()
    assert world.untouched()


def test_a_journal_that_came_since(tmp_path: Path) -> None:
    world = CureWorld(tmp_path, carry=True)
    raw = world.order()
    write_journal(world.sync / THEIRS, KNOWN)
    refused = world.move(raw)
    assert (refused.outcome, refused.code) == ("refused", "journal-there")
    assert (world.sync / THEIRS).exists()
    assert world.config.read_bytes() == world.before


def test_a_journal_that_came_after_the_proof_stays(tmp_path: Path) -> None:
    world = CureWorld(tmp_path, carry=True)
    raw = world.order()
    assert world.move(raw, phases=["prepare"]).outcome == "prepared"
    (world.sync / THEIRS).write_bytes(b"somebody else's")
    failed = world.move(raw, phases=["commit"])
    assert (failed.outcome, failed.code) == ("failed", "journal-there")
    assert (world.sync / THEIRS).read_bytes() == b"somebody else's"
    assert world.config.read_bytes() == world.before


def test_a_carried_journal_that_a_client_wrote_to_goes(tmp_path: Path) -> None:
    world = CureWorld(tmp_path, carry=True)
    assert world.move(world.order()).outcome == "cured"
    write_journal(world.home / "newer.db", {**KNOWN, "letter.txt": ["dear", "e9"]})
    (world.sync / THEIRS).write_bytes((world.home / "newer.db").read_bytes())
    (world.sync / f"{THEIRS}-wal").touch()
    assert world.restore().outcome == "rolled-back"
    assert names(world.sync) == ["d", "letter.txt"]


def test_a_carried_journal_comes_with_its_log(tmp_path: Path) -> None:
    world = CureWorld(tmp_path, carry=True)
    (world.copy / (THEIRS + "-shm")).write_bytes(b"made anew by whoever opens it")
    raw = world.order()
    assert world.move(raw).outcome == "cured"
    assert names(world.sync) == [THEIRS, "d", "letter.txt"]


def test_edits_in_the_original_are_no_obstacle_with_its_own_journal(both: CureWorld) -> None:
    write_tree(both.sync, {"letter.txt": "dear all", "new.txt": "new"})
    done = both.move(both.order())
    assert done.outcome == "cured"
    assert "2 uploaded" in next(step.detail for step in done.steps if step.step == "prove-cure")
    assert (both.sync / "letter.txt").read_text() == "dear all"


def test_edits_that_wait_in_the_original_hold_up_a_rollback(both: CureWorld) -> None:
    assert both.move(both.order()).outcome == "cured"
    write_tree(both.sync, {"new.txt": "new"})
    refused = both.restore()
    assert (refused.outcome, refused.code) == ("refused", "original-pending")
    assert both.away().is_dir()
    (both.sync / "new.txt").unlink()
    assert both.restore().outcome == "rolled-back"


@pytest.mark.parametrize("cure", ["repoint", "drop-account"])
def test_what_was_edited_since_the_proof_is_proven_anew(world: CureWorld, cure: str) -> None:
    """The host was switched off in between, and its client ran again with the configuration of before."""
    raw = world.order() if cure == "repoint" else world.drop_order()
    if cure == "drop-account" and world.carry:
        pytest.skip("there is nothing to drop")
    assert world.move(raw, phases=["prepare"]).outcome == "prepared"
    write_tree(world.copy if cure == "repoint" else world.sync, {"letter.txt": "the work of days"})
    refused = world.move(raw)
    assert (refused.outcome, refused.code) == ("refused", "copy-pending" if cure == "repoint" else "drop-pending")
    assert world.untouched()


def test_what_was_edited_before_the_file_was_written_is_proven_anew(both: CureWorld) -> None:
    """Killed with the step begun, and nothing written."""
    raw = both.order()
    assert killed(lambda: both.move(raw), at=MARKS_BEFORE_WRITING, when="after")
    assert both.config.read_bytes() == both.before
    assert Marks(str(Path(transactions(str(both.root))[-1].folder) / "marks.jsonl")).read()[-1].step == "write-config"
    write_tree(both.copy, {"letter.txt": "the work of days"})
    refused = both.move(raw)
    assert (refused.outcome, refused.code) == ("refused", "copy-pending")
    assert both.untouched()


def test_something_new_in_the_copys_old_place_is_no_reason_to_go_back(both: CureWorld) -> None:
    """A program that had a file open there makes folder and file anew; it could not be renamed over that either."""
    raw = both.order()

    def saves(profile: Profile, _folders: Sequence[SyncFolder], _presence: Presence) -> list[Proof]:
        write_tree(both.copy, {"autosave.txt": "new"})
        return list(aside_proofs(profile))

    checks = replace(both.checks(), proofs=saves)
    both.checks = lambda: checks  # type: ignore[method-assign]
    done = both.move(raw)
    assert done.outcome == "cured"
    assert f"something new lies at {both.copy}" in done.proofs[0].detail
    assert both.desk.running()
    assert both.restore().code == "copy-name-taken"


def test_a_rollback_where_the_copys_name_is_taken(both: CureWorld) -> None:
    assert both.move(both.order()).outcome == "cured"
    both.copy.mkdir()
    refused = both.restore()
    assert (refused.outcome, refused.code) == ("refused", "copy-name-taken")
    both.copy.rmdir()
    assert both.restore().outcome == "rolled-back"
    assert both.untouched()


def test_a_rollback_without_the_copy(both: CureWorld) -> None:
    assert both.move(both.order()).outcome == "cured"
    both.away().rename(both.home / "hidden")
    refused = both.restore()
    assert (refused.outcome, refused.code) == ("refused", "copy-purged")
    assert json.loads(both.desk.loaded()) == {NEW: [f"{both.sync}/"]}


def test_the_stale_account_leaves(both: CureWorld) -> None:
    done = both.move(both.drop_order())
    assert done.outcome == "cured"
    assert [step.step for step in done.steps] == [*STEPS, "write-config", "start-client", "prove"]
    assert json.loads(both.desk.loaded()) == {NEW: [f"{both.copy}/"]}
    assert names(both.sync) == [OWN, "d", "letter.txt"]
    assert both.desk.entries() != {}
    assert both.restore().outcome == "rolled-back"
    assert both.untouched()


def test_an_account_leaves_whole_whatever_the_client_wrote_when_it_quit(both: CureWorld) -> None:
    """A new value, a changed one; the order that the plan made knows neither."""
    raw = both.order()

    def quits(data: bytes) -> bytes:
        changed = data.replace(b"0\\dav_user=anna", b"0\\dav_user=Anna\n0\\serverColor=blue")
        return changed.replace(b"clientVersion=3.16.7", b"clientVersion=3.16.8")

    both.desk.on_stop = quits
    done = both.move(raw)
    assert done.outcome == "cured"
    text = both.config.read_text()
    assert "0\\" not in text
    assert "clientVersion=3.16.8" in text
    assert both.restore().outcome == "rolled-back"
    assert b"0\\serverColor=blue" in both.config.read_bytes()


def test_a_stale_account_with_edits_stays(both: CureWorld) -> None:
    raw = both.drop_order()
    write_tree(both.sync, {"letter.txt": "not uploaded"})
    refused = both.move(raw)
    assert (refused.outcome, refused.code) == ("refused", "drop-pending")
    assert both.untouched()


def test_a_stale_account_without_a_journal_stays(both: CureWorld) -> None:
    raw = both.drop_order()
    both.journal.unlink()
    refused = both.move(raw)
    assert (refused.outcome, refused.code) == ("refused", "drop-unproven")
    assert both.config.read_bytes() == both.before


def test_a_stale_account_whose_folder_is_gone_leaves(both: CureWorld) -> None:
    raw = both.drop_order()
    both.sync.rename(both.home / "moved away")
    assert both.move(raw).outcome == "cured"


def test_both_accounts_in_one_folder(both: CureWorld) -> None:
    both.config.write_bytes(both.before.replace(f"{both.sync}/".encode(), f"{both.copy}/".encode()))
    refused = both.move(both.drop_order())
    assert (refused.outcome, refused.code) == ("refused", "shared-folder")


def test_a_client_that_does_not_run_is_started(tmp_path: Path) -> None:
    world = CureWorld(tmp_path, running=False)
    done = world.move(world.start_order())
    assert (done.outcome, done.changed, [step.step for step in done.steps]) == (
        "cured",
        True,
        ["check", "prove-instance", "start-client"],
    )
    assert world.desk.running()
    assert world.config.read_bytes() == world.before
    assert names(world.root) == []
    again = world.move(world.start_order())
    assert (again.outcome, again.changed) == ("already", False)


def test_a_client_is_not_started_without_a_session(tmp_path: Path) -> None:
    world = CureWorld(tmp_path, running=False)
    world.desk.session(there=False)
    waiting = world.move(world.start_order())
    assert (waiting.outcome, waiting.code) == ("waiting-session", "no-session")
    assert not world.desk.running()


def test_a_client_is_not_started_where_its_folder_is_gone(tmp_path: Path) -> None:
    world = CureWorld(tmp_path, running=False)
    world.copy.rename(world.home / "away")
    refused = world.move(world.start_order())
    assert (refused.outcome, refused.code) == ("refused", "folder-missing")
    assert not world.desk.running()


@pytest.mark.parametrize("order", ["order", "drop_order", "start_order"])
def test_check_mode_changes_nothing(tmp_path: Path, order: str) -> None:
    world = CureWorld(tmp_path, running=order != "start_order")
    checked = world.move(getattr(world, order)(), check=True)
    assert (checked.outcome, checked.code) == ("prepared", "check-mode")
    assert world.untouched()
    assert names(world.root) == []


def test_a_copy_on_another_disk_cannot_be_set_aside(both: CureWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = both.home.parent / "disk"
    both.copy.rename(elsewhere)
    both.config.write_bytes(both.before.replace(str(both.copy).encode(), str(elsewhere).encode()))
    both.copy = elsewhere
    refused = both.move(both.order())
    assert refused.code == "copy-unfit"
    assert elsewhere.is_dir()
    monkeypatch.undo()


def test_a_plain_move_has_its_old_steps(tmp_path: Path) -> None:
    world = World(tmp_path)
    done = world.move({**world.order(), "cures": [], "aside": []})
    assert done.outcome == "moved"
    assert not {"prove-cure", "set-aside", "carry-journal"} & {step.step for step in done.steps}


@pytest.mark.parametrize(
    "change",
    [
        {"cures": ["format-disk"]},
        {"cures": ["drop-account"]},
        {"aside": []},
        {"secrets": [{"source": "a", "target": "b", "required": True}]},
        {"accounts": [{"number": "1", "login": "a", "user": "a", "old_url": "https://a", "new_url": "https://b"}]},
        {"folders": []},
        {"cures": ["start-client"], "aside": []},
    ],
    ids=" ".join,
)
def test_an_order_that_no_controller_writes(both: CureWorld, change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"cure|order|copies|repoint|original|nothing"):
        both.move({**both.order(), **change})


@pytest.mark.parametrize("inside", ["", "d/"])
def test_an_original_that_is_the_copy_by_another_name(both: CureWorld, inside: str) -> None:
    """Renaming the one would take the other away."""
    (both.home / "link").symlink_to(both.copy)
    both.sync.rename(both.copy / "d" / "Nextcloud")
    (both.copy / inside / OWN).touch()
    write_journal(both.copy / OWN, KNOWN)
    write_journal(both.copy / "d" / OWN, {"b.txt": KNOWN["d/b.txt"]})
    original = both.home / "link" / inside if inside else both.home / "second" / both.copy.name
    (both.home / "second").symlink_to(both.home)
    both.config.write_bytes(both.before.replace(f"{both.sync}/".encode(), f"{str(original).rstrip('/')}/".encode()))
    both.sync = original
    refused = both.move(both.order())
    assert (refused.code, refused.changed) == ("copy-unfit", False)
    assert "lies in" in refused.message
    assert both.copy.is_dir()


def test_a_full_disk_leaves_no_part_of_a_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = CureWorld(tmp_path, carry=True)
    (world.copy / (THEIRS + "-wal")).touch()

    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(copies, "_chunks", full)
    failed = world.move(world.order())
    assert (failed.outcome, failed.code) == ("failed", "out-of-space")
    assert names(world.sync) == ["d", "letter.txt"]


def test_links_in_the_original_are_not_followed(both: CureWorld) -> None:
    outside = both.home.parent / "outside"
    outside.mkdir()
    (both.sync / "d/b.txt").unlink()
    (both.sync / "d").rmdir()
    (both.sync / "d").symlink_to(outside)
    refused = both.move(both.order())
    assert refused.code == "original-incomplete"
    assert names(outside) == []
