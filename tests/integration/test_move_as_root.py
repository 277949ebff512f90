"""The same move, by root in the name of somebody else: what is the user's stays the user's."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person

from tests.unit.moveworld import NEW, OLD, World

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(os.geteuid() != 0, reason="working in another user's name takes root"),
]
UID, GID = 54_321, 54_322


@pytest.fixture
def world() -> Iterator[World]:
    """In a folder that others can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="smartfleet-test-"))
    folder.chmod(0o755)
    try:
        made = World(folder)
        made.person = Person("anna", UID, GID, str(made.home), (GID,))
        for path in (made.home, *made.home.rglob("*")):
            os.chown(path, UID, GID, follow_symlinks=False)
        made.home.chmod(0o700)
        yield made
    finally:
        shutil.rmtree(folder)


def test_there_and_back(world: World) -> None:
    outcome = world.move(world.order())
    assert outcome.outcome == "moved"
    found = world.config.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (UID, GID, 0o640)
    assert NEW.encode() in world.config.read_bytes()
    assert {path.stat().st_uid for path in Path(outcome.backup).parent.rglob("*")} == {0}
    assert world.restore().outcome == "rolled-back"
    assert world.config.read_bytes() == world.before
    assert world.config.stat().st_uid == UID


def test_a_missing_journal_comes_back_as_the_users_own(world: World) -> None:
    world.move(world.order())
    world.journal.unlink()
    assert world.restore().outcome == "rolled-back"
    assert (world.journal.stat().st_uid, world.journal.read_bytes()) == (UID, b"the journal")


def test_a_file_of_somebody_else_is_refused(world: World) -> None:
    raw = world.order()
    os.chown(world.config, 0, 0)
    world.config.chmod(0o644)
    outcome = world.move(raw)
    assert (outcome.outcome, outcome.code) == ("refused", "config-foreign")


def test_a_journal_that_leads_to_a_secret_of_roots_is_not_copied(world: World) -> None:
    raw = world.order()
    secret = world.root / "shadow"
    secret.write_bytes(b"root's own")
    secret.chmod(0o600)
    world.journal.unlink()
    world.journal.symlink_to(secret)
    outcome = world.move(raw)
    assert (outcome.outcome, outcome.code) == ("refused", "journal-missing")


def test_a_journal_that_becomes_a_link_after_the_check(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = world.order()
    secret = world.root / "shadow"
    secret.write_bytes(b"root's own")
    secret.chmod(0o600)
    stop = world.desk.stop

    def swap(*args: object) -> str:
        world.journal.unlink()
        world.journal.symlink_to(secret)
        return stop(*args)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(world.desk, "stop", swap)
    outcome = world.move(raw)
    assert (outcome.outcome, outcome.changed) == ("failed", False)
    assert world.desk.loaded() == OLD
    assert not [path for path in (world.root / "var").rglob("*") if path.is_file() and b"own" in path.read_bytes()]


def test_a_home_that_leads_elsewhere_takes_nothing_along(world: World) -> None:
    """The configuration's folder becomes a link into root's own files between the plan and the move."""
    raw = world.order()
    folder = world.config.parent
    own = world.root / "etc"
    own.mkdir(mode=0o700)
    shutil.copy(world.config, own / "nextcloud.cfg")
    folder.rename(folder.with_name("moved-away"))
    folder.symlink_to(own)
    outcome = world.move(raw)
    assert outcome.outcome == "refused"
    assert OLD.encode() in (own / "nextcloud.cfg").read_bytes()
