"""The engine killed at every commit of its store, before it and after it: a resume ends as if nothing had happened.

Here hosts are made up, so that each commit has its turn; tests/integration does some of it with processes and machines.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smartfleet.errors import UsageError
from tests.unit.campaign_world import Dying, Hosts, Killed, World

pytestmark = pytest.mark.once

PARTS = 4
LATE = "a"
NAMES = ["a", "b", "c", "d", "e"]
SETTINGS = {
    "campaign": {"canary": ["b"], "waves": [2], "soak": 60.0, "verify": "every", "budget": {"failed": {"all": 2}}},
    "every": 300.0,
}


def made(tmp_path: Path) -> World:
    """One host comes online late, one fails, one had nothing to do, the client of one rewrites its file."""
    script: dict[str, list[Any]] = {
        "a": ["offline", "moved"],
        "d": ["failed x"],
        "e": ["refused config-changed", "moved"],
    }
    new = {"accounts": [{"url": "https://mein.smartde.coop"}]}
    return World(tmp_path, [*NAMES, "f"], Hosts(script), cases={"f": new})


def settings(world: World) -> dict[str, Any]:
    return {**SETTINGS, "until": world.clock.time + 86_400}


def known(world: World) -> dict[str, Any]:
    """All that the store knows in the end, but for names, times and how often it was tried."""
    run = newest(world)
    assert run is not None
    summary = world.store.run(run)
    return {
        "state": summary.state if summary else "",
        "driven": summary.driven if summary else None,
        "outcomes": {(one.host, one.user): (one.outcome, one.code) for one in world.store.outcomes(run=run)},
        "progress": {row.host: (row.wave, row.state, row.outcome) for row in world.store.progress(run)},
        "waves": [(wave.name, wave.hosts, wave.state) for wave in world.store.waves(run)],
        # a resume may find the late one there while its wave goes on, and verify it with the others
        "verdicts": {(one.host, one.verdict) for one in world.store.verdicts(run=run) if one.host != LATE},
        "locks": world.store.locks(),
        "facts": {host for host, (taken, _) in world.store.facts().items() if taken > 0},
        "ended": [entry.detail for entry in world.store.trail() if entry.event == "ended"][-1:],
    }


def newest(world: World) -> str | None:
    return next((run.run for run in world.store.runs() if run.verb == "apply"), None)


def go_on(world: World) -> None:
    """What the admin does: resume, or apply where nothing was begun."""
    run = newest(world)
    if run and world.store.waves(run):
        world.resume(run)
        return
    assert world.hosts.runs == []
    if run:
        with pytest.raises(UsageError, match="nothing was done on any"):
            world.resume(run)
    world.apply(settings(world))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    """The commits of a run that nobody kills, and what is known after it."""
    world = made(tmp_path_factory.mktemp("undisturbed"))
    world.dying(0, "before")
    world.apply(settings(world))
    database = world.store._database
    assert isinstance(database, Dying)
    return database.deaths.begun, known(world)


def test_the_undisturbed_run(undisturbed: tuple[int, dict[str, Any]]) -> None:
    commits, found = undisturbed
    assert commits > 30
    assert {host: told for (host, _), (told, _) in found["outcomes"].items()} == {
        **dict.fromkeys("abce", "moved"),
        "d": "failed",
        "f": "already",
    }
    assert (found["state"], found["locks"], found["ended"]) == ("done", [], ["done"])


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_commit(
    *, tmp_path: Path, undisturbed: tuple[int, dict[str, Any]], when: str, part: int
) -> None:
    commits, expected = undisturbed
    for number in range(1 + part, commits + 1, PARTS):
        folder = tmp_path / str(number)
        folder.mkdir()
        world = made(folder)
        world.dying(number, when)
        with pytest.raises(Killed):
            world.apply(settings(world))
        world.revived()
        go_on(world)
        assert known(world) == expected, (number, when)


def test_killed_again_and_again(tmp_path: Path, undisturbed: tuple[int, dict[str, Any]]) -> None:
    """Each process dies a little later than the one before."""
    _, expected = undisturbed
    world = made(tmp_path)
    for number in range(4, 200):
        world.dying(number, "after")
        try:
            go_on(world)
            break
        except Killed:
            world.revived()
    assert known(world) == expected
