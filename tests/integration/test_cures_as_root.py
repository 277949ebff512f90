"""Cures by root in the name of somebody else: a hostile home makes it rename, read and delete nothing outside."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person

from tests.unit.cureworld import THEIRS, CureWorld

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(os.geteuid() != 0, reason="working in another user's name takes root"),
]
UID, GID = 54_321, 54_322


def given_to_anna(*paths: Path) -> None:
    for top in paths:
        for path in (top, *top.rglob("*")):
            os.chown(path, UID, GID, follow_symlinks=False)


@pytest.fixture(params=[False, True], ids=["own journal", "carried journal"])
def world(request: pytest.FixtureRequest) -> Iterator[CureWorld]:
    """In a folder that others can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="smartfleet-test-"))
    folder.chmod(0o755)
    try:
        made = CureWorld(folder, carry=request.param)
        made.person = Person("anna", UID, GID, str(made.home), (GID,))
        given_to_anna(made.home)
        made.home.chmod(0o700)
        yield made
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def roots(world: CureWorld) -> Path:
    """Files of root's own, that nobody else may read."""
    folder = world.root / "etc"
    folder.mkdir(mode=0o700)
    (folder / "shadow").write_bytes(b"root's own")
    return folder


def test_what_is_the_users_stays_the_users(world: CureWorld) -> None:
    assert world.move(world.order()).outcome == "cured"
    assert {path.lstat().st_uid for path in world.home.rglob("*")} == {UID}
    assert world.restore().outcome == "rolled-back"
    assert world.untouched()
    assert {path.lstat().st_uid for path in world.home.rglob("*")} == {UID}


def test_a_copy_that_leads_to_roots_files(world: CureWorld, roots: Path) -> None:
    raw = world.order()
    world.copy.rename(world.home / "real")
    world.copy.symlink_to(roots)
    refused = world.move(raw)
    assert refused.outcome in {"refused", "failed"}
    assert roots.is_dir()
    assert (roots / "shadow").exists()
    assert world.copy.is_symlink()


def test_a_copy_of_somebody_else(world: CureWorld) -> None:
    raw = world.order()
    os.chown(world.copy, 0, 0)
    refused = world.move(raw)
    assert (refused.changed, refused.code) == (False, "copy-unfit")
    assert world.copy.is_dir()


def test_a_folder_swapped_for_a_link_after_the_proof(world: CureWorld, roots: Path) -> None:
    raw = world.order()
    away = world.home / "real"
    checks = world.checks()

    def manifest(*args: object) -> str:
        world.copy.rename(away)
        world.copy.symlink_to(roots)
        return checks.manifest(*args)  # type: ignore[arg-type]  # passed on

    world.checks = lambda: type(checks)(checks.instance, manifest, checks.proofs)  # type: ignore[method-assign]
    failed = world.move(raw)
    assert failed.outcome == "failed"
    assert (roots / "shadow").exists()
    assert away.is_dir()
    assert not list(world.home.glob("*.aside-*"))


def test_a_parent_that_leads_out_of_the_home(world: CureWorld) -> None:
    outside = world.root.parent / "shared"
    outside.mkdir()
    world.copy.rename(outside / "Nextcloud2")
    given_to_anna(outside)
    (world.home / "door").symlink_to(outside)
    text = world.config.read_text().replace(str(world.copy), f"{world.home}/door/Nextcloud2")
    world.config.write_text(text)
    world.copy = world.home / "door/Nextcloud2"
    refused = world.move(world.order())
    assert refused.code == "copy-unfit"
    assert sorted(path.name for path in outside.iterdir()) == ["Nextcloud2"]


def test_a_journal_that_leads_to_a_secret_is_carried_nowhere(world: CureWorld, roots: Path) -> None:
    raw = world.order()
    (world.copy / THEIRS).unlink()
    (world.copy / THEIRS).symlink_to(roots / "shadow")
    refused = world.move(raw)
    assert (refused.outcome, refused.code) == ("refused", "repoint-unread")
    assert not [
        path
        for path in world.home.rglob("*")
        if not path.is_symlink() and path.is_file() and b"own" in path.read_bytes()
    ]


def test_links_in_a_purged_copy_lead_nowhere(world: CureWorld, roots: Path) -> None:
    """A link is refused as a file of the copy's own; one that comes in while it is deleted is deleted as a link."""
    assert world.move(world.order()).outcome == "cured"
    (world.away() / "link").symlink_to(roots)
    assert world.purge().code == "copy-own"
    (world.away() / "link").unlink()
    world.away().rename(world.home / "saved")
    world.away().symlink_to(roots)
    assert world.purge().outcome in {"refused", "failed"}
    assert (roots / "shadow").exists()
    assert (world.home / "saved").is_dir()
