"""The backup against owners who change their files while they are copied."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import backup
from ansible_collections.smartde.nextcloud.plugins.module_utils.backup import Backup, Source
from ansible_collections.smartde.nextcloud.plugins.module_utils.dropped import DroppedError
from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person("me", os.geteuid(), os.getegid(), str(tmp_path))


def sources(folder: Path, **files: bytes) -> list[Source]:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [Source(str(folder / name), name) for name in [*files, "missing"]]


def test_files_are_kept_with_what_they_were(tmp_path: Path, person: Person) -> None:
    wanted = sources(tmp_path, config=b"c" * 10, journal=b"j" * 3_000_000, empty=b"")
    kept = Backup(str(tmp_path / "run"))
    saved = kept.make(person, wanted)
    assert [(one.name, one.size) for one in saved] == [("config", 10), ("journal", 3_000_000), ("empty", 0)]
    assert kept.saved() == saved
    assert kept.read("journal") == b"j" * 3_000_000
    assert kept.is_current(person)


def test_a_file_that_grows_after_its_space_was_found(
    tmp_path: Path, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = sources(tmp_path, config=b"c" * 10, journal=b"j" * 100)
    found = backup.require_space

    def then_grow(*arguments: object) -> int:
        size = found(*arguments)  # type: ignore[arg-type]
        with (tmp_path / "journal").open("r+b") as stream:
            stream.truncate(1 << 40)
        return size

    monkeypatch.setattr(backup, "require_space", then_grow)
    with pytest.raises(DroppedError) as caught:
        Backup(str(tmp_path / "run")).make(person, wanted)
    assert caught.value.code == "file-changed"
    assert list((tmp_path / "run").iterdir()) == []


def test_a_file_that_grows_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (wanted, _missing) = sources(tmp_path, journal=b"j" * 100)
    read = os.read

    def endless(fd: int, size: int) -> bytes:
        """The child's: another process appends faster than it reads."""
        return read(fd, size) or b"x" * size

    chunks: list[bytes] = []
    monkeypatch.setattr(os, "read", endless)
    backup.send_file(chunks.append, wanted.path, 1000)
    assert sum(map(len, chunks)) == 101
