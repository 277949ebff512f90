"""Copies that a cure has set aside are deleted when asked for, and nothing else ever is."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.unit.copytrees import write_tree
from tests.unit.cureworld import OWN, THEIRS, CureWorld
from tests.unit.moveworld import killed

pytestmark = pytest.mark.once


@pytest.fixture
def cured(tmp_path: Path) -> CureWorld:
    world = CureWorld(tmp_path)
    assert world.move(world.order()).outcome == "cured"
    return world


def test_a_copy_is_deleted(cured: CureWorld) -> None:
    done = cured.purge()
    assert (done.outcome, done.changed) == ("cured", True)
    assert str(cured.away()) in done.message
    assert sorted(path.name for path in cured.home.iterdir()) == [".config", "Nextcloud"]
    assert (cured.sync / "letter.txt").read_text() == "dear"
    again = cured.purge()
    assert (again.outcome, again.code, again.changed) == ("already", "nothing-to-purge", False)


def test_there_is_no_way_back_then(cured: CureWorld) -> None:
    cured.purge()
    refused = cured.restore()
    assert (refused.outcome, refused.code) == ("refused", "copy-purged")
    assert cured.desk.running()


def test_there_is_no_way_back_to_half_a_copy(cured: CureWorld) -> None:
    """A client that gets its folder back with its journal and without its files deletes them on the server."""
    assert killed(cured.purge, at=1, when="after")
    (cured.away() / "letter.txt").unlink()
    refused = cured.restore()
    assert (refused.outcome, refused.code) == ("refused", "copy-incomplete")
    assert "1 files" in refused.message
    assert cured.desk.running()
    assert cured.away().is_dir()


def test_there_is_no_way_back_to_a_copy_without_its_journal(cured: CureWorld) -> None:
    (cured.away() / THEIRS).unlink()
    assert (cured.restore().outcome, cured.restore().code) == ("refused", "copy-incomplete")


def test_links_in_it_are_deleted_and_not_followed(cured: CureWorld) -> None:
    """A link holds nothing, but it is on this disk alone; only one that is in the original too can go."""
    outside = cured.home.parent / "outside"
    write_tree(outside, {"precious.txt": "x"})
    (cured.away() / "link").symlink_to(outside)
    refused = cured.purge()
    assert (refused.outcome, refused.code) == ("refused", "copy-own")
    assert cured.away().is_dir()
    assert (outside / "precious.txt").exists()


def test_a_file_that_came_since_keeps_the_copy(cured: CureWorld) -> None:
    write_tree(cured.away(), {"mine.txt": "mine"})
    refused = cured.purge()
    assert (refused.outcome, refused.code, refused.changed) == ("refused", "copy-own", False)
    assert "mine.txt" in refused.message
    assert (cured.away() / "letter.txt").exists()


def test_another_folder_under_its_name_is_kept(cured: CureWorld) -> None:
    cured.away().rename(cured.home / "saved")
    write_tree(cured.away(), {"letter.txt": "dear"})
    (cured.home / "saved" / THEIRS).rename(cured.away() / THEIRS)
    kept = cured.purge()
    assert (kept.outcome, kept.code) == ("failed", "copy-unfit")
    assert (cured.away() / "letter.txt").exists()


def test_a_link_under_its_name_is_kept(cured: CureWorld) -> None:
    cured.away().rename(cured.home / "saved")
    cured.away().symlink_to(cured.home / "saved")
    assert cured.purge().outcome in {"refused", "failed"}
    assert (cured.home / "saved/letter.txt").exists()


def test_a_copy_that_is_synced_again_is_kept(cured: CureWorld) -> None:
    """Its client would delete on the server what is gone there."""
    text = cured.config.read_text().replace(OWN, THEIRS)
    cured.config.write_text(text.replace(f"{cured.sync}/", f"{cured.away()}/"))
    refused = cured.purge()
    assert (refused.outcome, refused.code) == ("refused", "copy-needed")
    assert (cured.away() / "letter.txt").exists()


@pytest.mark.parametrize("place", ["Nextcloud2.aside-run-1/d", "", "elsewhere"])
def test_a_copy_in_another_synced_folder_or_around_one_is_kept(cured: CureWorld, place: str) -> None:
    (cured.home / "elsewhere").mkdir()
    text = cured.config.read_text()
    cured.config.write_text(text.replace(f"{cured.sync}/", f"{cured.home / place}/"))
    refused = cured.purge()
    assert (refused.outcome, refused.code) == ("refused", "copy-needed")
    assert (cured.away() / "letter.txt").exists()


def test_what_came_into_a_half_deleted_copy_is_kept(cured: CureWorld) -> None:
    assert killed(cured.purge, at=1, when="after")
    (cured.away() / THEIRS).unlink()
    write_tree(cured.away(), {"mine.txt": "mine"})
    refused = cured.purge()
    assert (refused.outcome, refused.code) == ("refused", "copy-own")
    assert (cured.away() / "mine.txt").exists()


def test_the_journal_goes_last(cured: CureWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.rmdir

    def closed(name: str, *, dir_fd: int | None = None) -> None:
        if Path(name).name == "d":
            raise PermissionError(errno.EACCES, "closed", name)
        real(name, dir_fd=dir_fd)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rmdir", closed)
        failed = cured.purge()
    assert (failed.outcome, failed.code) == ("failed", "no-permission"), failed.message
    assert "not all of it is deleted" in failed.message
    assert (cured.away() / THEIRS).exists()
    assert cured.purge().outcome == "cured"
    assert not cured.away().exists()


def test_check_mode_deletes_nothing(cured: CureWorld) -> None:
    told = cured.purge(check=True)
    assert (told.outcome, told.code) == ("prepared", "check-mode")
    assert cured.away().is_dir()


@pytest.mark.parametrize("what", ["nothing", "a move that was taken back"])
def test_where_no_copy_is_set_aside(tmp_path: Path, what: str) -> None:
    world = CureWorld(tmp_path)
    if what != "nothing":
        world.move(world.order())
        world.restore()
    assert (world.purge().outcome, world.purge().code) == ("already", "nothing-to-purge")
    assert world.untouched()


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_and_done_again(cured: CureWorld, at: int, when: str) -> None:
    assert killed(cured.purge, at=at, when=when)
    assert cured.purge().outcome in {"cured", "already"}
    assert not cured.away().exists()


def test_what_is_half_deleted_goes_on(cured: CureWorld) -> None:
    assert killed(cured.purge, at=1, when="after")
    (cured.away() / THEIRS).unlink()
    assert cured.purge().outcome == "cured"
    assert not cured.away().exists()
