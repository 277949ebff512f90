"""A host whose disk is not the one that its users' settings speak of: the move asks its `Disk`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.accounts import Folder
from ansible_collections.smartde.nextcloud.plugins.module_utils.applying import Request, carry_out
from ansible_collections.smartde.nextcloud.plugins.module_utils.ondisk import Place, PosixDisk
from ansible_collections.smartde.nextcloud.plugins.module_utils.order import parse_order
from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person
from ansible_collections.smartde.nextcloud.plugins.module_utils.transaction import StepError
from ansible_collections.smartde.nextcloud.plugins.module_utils.walk import walk

from tests.unit.moveworld import NEW, OLD, World

pytestmark = pytest.mark.once


class OtherDisk:
    """Where ``X:/`` is a folder here, and files may be in use."""

    def __init__(self, world: World, *, in_use: bool = False) -> None:
        self.world = world
        self.in_use = in_use
        self.asked: list[bytes] = []

    def place(self, folder: Folder) -> Place:
        self.asked.append(folder.local_path)
        return Place(str(self.world.sync), "off")

    def require_writable(self, person: Person, path: str) -> None:
        PosixDisk().require_writable(person, path)

    def require_free(self, path: str) -> None:
        if self.in_use and NEW.encode() not in Path(path).read_bytes():
            raise StepError("file-in-use", f"{path} is open", "close it")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Its settings name the folder as another system would."""
    made = World(tmp_path)
    made.config.write_bytes(made.config.read_bytes().replace(str(made.sync).encode(), b"X:/Nextcloud/"))
    made.before = made.config.read_bytes()
    return made


def request(world: World, disk: OtherDisk | PosixDisk) -> Request:
    raw = world.order()
    return Request(
        root=str(world.root),
        run="run-1",
        order=parse_order(raw),
        raw_order=raw,
        person=world.person,
        config_path=str(world.config),
        desk=world.desk,
        checks=world.checks(),
        phases=frozenset({"prepare", "commit"}),
        disk=disk,
    )


def test_folders_are_looked_for_where_the_disk_says(world: World) -> None:
    disk = OtherDisk(world)
    assert carry_out(request(world, disk)).outcome == "moved"
    assert set(disk.asked) == {b"X:/Nextcloud/"}


def test_a_posix_disk_takes_names_as_they_are(world: World) -> None:
    outcome = carry_out(request(world, PosixDisk()))
    assert (outcome.outcome, outcome.code) == ("refused", "folder-missing")


def test_a_file_that_is_in_use_is_not_replaced(world: World) -> None:
    outcome = carry_out(request(world, OtherDisk(world, in_use=True)))
    assert (outcome.outcome, outcome.code, outcome.do) == ("failed", "file-in-use", "close it")
    assert world.config.read_bytes() == world.before
    assert world.desk.loaded() == OLD


def test_placeholders_can_be_told_by_a_test_of_the_caller(tmp_path: Path) -> None:
    for name in ("here.txt", "elsewhere.txt"):
        (tmp_path / name).write_bytes(b"x")
    inode = (tmp_path / "elsewhere.txt").stat().st_ino
    found = walk(os.fsencode(tmp_path), lambda _folder, _name, info: info.st_ino == inode)
    assert {entry.path: entry.kind for entry in found} == {b"elsewhere.txt": "placeholder", b"here.txt": "file"}
