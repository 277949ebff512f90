"""A cure that is killed at any mark is gone on with, or taken back, like a move."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.outcome import Outcome, Proof

from tests.unit.cureworld import CureWorld
from tests.unit.moveworld import killed

pytestmark = pytest.mark.once

MOST_MARKS = 60
FIRST_OF_THE_WAY_BACK = 22
WHEN = ("before", "after")
WAYS = [pytest.param(False, id="own journal"), pytest.param(True, id="carried journal")]


@pytest.fixture(autouse=True)
def _no_waiting_for_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process loses nothing that it wrote; what a power cut would lose is not tested here."""
    monkeypatch.setattr("os.fsync", lambda _fd: None)


def answered(outcome: Outcome) -> tuple[object, ...]:
    """What an answer must say whoever was killed in between."""
    steps = [(step.step, step.state) for step in outcome.steps]
    return (outcome.outcome, outcome.code, outcome.changed, steps, outcome.proofs)


def set_aside_by(found: dict[str, object], run: str) -> bool:
    """Whether the copy carries the name of the run that began, whichever ended it."""
    return f"Nextcloud2.aside-{run}" in str(found["home"])


@pytest.mark.parametrize("carry", WAYS)
@pytest.mark.parametrize(("when", "run"), [("before", "run-2"), ("after", "run-1")])
def test_a_cure_killed_at_any_mark_ends_as_an_undisturbed_one(
    tmp_path: Path, run: str, when: str, *, carry: bool
) -> None:
    undisturbed = CureWorld(tmp_path / "undisturbed", carry=carry)
    expected_outcome = undisturbed.move(undisturbed.order())
    assert expected_outcome.outcome == "cured"
    expected = undisturbed.cured()
    for at in range(1, MOST_MARKS):
        world = CureWorld(tmp_path / str(at), carry=carry)
        raw = world.order()
        died = killed(lambda: world.move(raw), at=at, when=when)  # noqa: B023 - done within this turn
        outcome = world.move(raw, run=run)
        assert answered(outcome) == answered(expected_outcome) or (run, outcome.outcome) == ("run-2", "already"), at
        found = world.cured()
        assert set_aside_by(found, "run-1") or at == 1, at
        assert {**found, "home": 0} == {**expected, "home": 0}, at
        if not died:
            assert world.move(raw, run="run-3").outcome == "already"
            break
    assert 15 < at < MOST_MARKS - 1


@pytest.mark.parametrize("carry", WAYS)
def test_a_failing_cure_killed_at_any_mark_ends_where_it_began(tmp_path: Path, *, carry: bool) -> None:
    for at in range(FIRST_OF_THE_WAY_BACK, MOST_MARKS):
        world = CureWorld(tmp_path / str(at), carry=carry)
        world.proofs = [Proof("config", "failed", "the account is there again")]
        raw = world.order()
        died = killed(lambda: world.move(raw), at=at, when=WHEN[at % 2])  # noqa: B023 - done within this turn
        outcome = world.move(raw)
        assert (outcome.outcome, outcome.code) == ("failed", "proof-failed"), (at, outcome)
        assert world.untouched(), at
        assert f"{world.copy}/" in world.desk.loaded()
        assert world.state() == "undone"
        if not died:
            break
    assert FIRST_OF_THE_WAY_BACK < at < MOST_MARKS - 1


@pytest.mark.parametrize("carry", WAYS)
def test_a_rollback_killed_at_any_mark_is_finished_by_a_second_one(tmp_path: Path, *, carry: bool) -> None:
    for at in range(1, MOST_MARKS):
        world = CureWorld(tmp_path / str(at), carry=carry)
        assert world.move(world.order()).outcome == "cured"
        died = killed(world.restore, at=at, when=WHEN[at % 2])
        assert world.restore().outcome in ("rolled-back", "already"), at
        assert world.untouched(), at
        assert f"{world.copy}/" in world.desk.loaded()
        assert world.state() == "undone"
        if not died:
            break
    assert 5 < at < MOST_MARKS - 1


@pytest.mark.parametrize("carry", WAYS)
def test_an_abort_takes_back_whatever_is_open(tmp_path: Path, *, carry: bool) -> None:
    for at in range(1, MOST_MARKS):
        world = CureWorld(tmp_path / str(at), carry=carry)
        raw = world.order()
        if not killed(lambda: world.move(raw), at=at, when="after"):  # noqa: B023 - done within this turn
            break
        done = world.state() == "done"
        assert world.restore(only_open=True).outcome == ("already" if done else "rolled-back"), at
        assert world.untouched() is not done, at
        assert world.desk.running()
