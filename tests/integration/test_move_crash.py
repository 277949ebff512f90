"""A module that is killed at any moment leaves what a second call makes whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.outcome import Outcome, Proof

from tests.unit.moveworld import NEW, OLD, TARGET, World, killed

pytestmark = pytest.mark.once

MOST_MARKS = 60
FIRST_OF_THE_WAY_BACK = 18
# in turns: before a mark is written, and after
WHEN = ("before", "after")


@pytest.fixture(autouse=True)
def _no_waiting_for_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process loses nothing that it wrote; what a power cut would lose is not tested here."""
    monkeypatch.setattr("os.fsync", lambda _fd: None)


def answered(outcome: Outcome) -> tuple[object, ...]:
    """What an answer must say whoever was killed in between.

    Of the cookies nobody can say whether the try before removed them.
    """
    steps = [(step.step, step.state) for step in outcome.steps if step.step != "remove-cookies"]
    return (outcome.outcome, outcome.code, outcome.message, outcome.changed, steps, outcome.proofs)


def same_but_journal(found: dict[str, object]) -> dict[str, object]:
    """Without what differs from world to world: the paths in the configuration, the journal's inode."""
    return {key: value for key, value in found.items() if key not in ("config", "journal")}


@pytest.mark.parametrize(("when", "run"), [("before", "run-2"), ("after", "run-1")])
def test_a_move_killed_at_any_mark_ends_as_an_undisturbed_one(tmp_path: Path, run: str, when: str) -> None:
    undisturbed = World(tmp_path / "undisturbed")
    undisturbed_outcome = undisturbed.move(undisturbed.order())
    assert undisturbed_outcome.outcome == "moved"
    expected = same_but_journal(undisturbed.moved())
    for at in range(1, MOST_MARKS):
        world = World(tmp_path / str(at))
        raw, journal = world.order(), world.moved_journal()
        died = killed(lambda: world.move(raw), at=at, when=when)  # noqa: B023 - done within this turn
        outcome = world.move(raw, run=run)
        assert answered(outcome) == answered(undisturbed_outcome) or (run, outcome.outcome) == ("run-2", "already"), at
        assert same_but_journal(world.moved()) == expected, at
        assert world.moved_journal() == journal
        assert world.config.read_bytes() == world.before.replace(OLD.encode(), NEW.encode())
        assert world.desk.entries()[TARGET] == "app-password"
        if not died:
            assert world.move(raw, run="run-3").outcome == "already"
            break
    assert 15 < at < MOST_MARKS - 1


def test_a_failing_move_killed_at_any_mark_ends_where_it_began(tmp_path: Path) -> None:
    for at in range(FIRST_OF_THE_WAY_BACK, MOST_MARKS):
        world = World(tmp_path / str(at))
        world.proofs = [Proof("disk", "failed", "3 files lost")]
        raw, journal = world.order(), world.moved_journal()
        died = killed(lambda: world.move(raw), at=at, when=WHEN[at % 2])  # noqa: B023 - done within this turn
        outcome = world.move(raw)
        assert (outcome.outcome, outcome.code) == ("failed", "proof-failed"), (at, outcome)
        assert world.config.read_bytes() == world.before, at
        assert world.moved_journal() == journal
        assert world.desk.loaded() == OLD, at
        assert world.state() == "undone"
        assert [path.name for path in world.config.parent.iterdir() if "tmp" in path.name] == []
        if not died:
            break
    assert 20 < at < MOST_MARKS - 1


def test_a_rollback_killed_at_any_mark_is_finished_by_a_second_one(tmp_path: Path) -> None:
    for at in range(1, MOST_MARKS):
        world = World(tmp_path / str(at))
        assert world.move(world.order()).outcome == "moved"
        died = killed(world.restore, at=at, when=WHEN[at % 2])
        assert world.restore().outcome in ("rolled-back", "already"), at
        assert world.config.read_bytes() == world.before, at
        assert world.desk.loaded() == OLD, at
        assert world.state() == "undone"
        if not died:
            assert world.restore().outcome == "already"
            break
    assert 5 < at < MOST_MARKS - 1


def test_an_abort_takes_back_whatever_is_open(tmp_path: Path) -> None:
    for at in range(1, MOST_MARKS):
        world = World(tmp_path / str(at))
        raw = world.order()
        if not killed(lambda: world.move(raw), at=at, when="after"):  # noqa: B023 - done within this turn
            break
        done = world.state() == "done"
        assert world.restore(only_open=True).outcome == ("already" if done else "rolled-back"), at
        assert world.desk.loaded() == (NEW if done else OLD), at
        assert (world.config.read_bytes() == world.before) is not done
