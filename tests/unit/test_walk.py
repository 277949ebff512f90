"""The walk over folders that their owners may have prepared; nothing in them is opened but directories."""

from __future__ import annotations

import errno
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import walk as walking
from ansible_collections.smartde.nextcloud.plugins.module_utils.walk import walk
from ansible_collections.smartde.nextcloud.plugins.module_utils.walkahead import BATCH, walk_ahead
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.kin import children


def _names(root: Path, mode: str = "off") -> dict[bytes, str]:
    return {entry.path: entry.kind for entry in walk(os.fsencode(root), mode)}


def test_files_directories_and_links_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("a/x", "a-b", "a0", "b/c/d"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "b/link").symlink_to("/etc")
    found = list(walk(os.fsencode(tmp_path)))
    assert [(entry.path, entry.kind) for entry in found] == [
        (b"a-b", "file"), (b"a", "dir"), (b"a/x", "file"), (b"a0", "file"),
        (b"b", "dir"), (b"b/c", "dir"), (b"b/c/d", "file"), (b"b/link", "link"),
    ]  # fmt: skip
    assert [entry.key for entry in found] == sorted(entry.key for entry in found)
    assert found[0].size == 3
    assert found[0].mtime == int((tmp_path / "a-b").stat().st_mtime)


@pytest.mark.parametrize(
    "name", [".sync_0123456789ab.db", ".sync_0123456789ab.db-wal", "._sync_1.db", ".a.txt.~1f", "Desktop.ini"]
)
def test_the_clients_own_files_are_left_out(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert _names(tmp_path) == {}


def test_special_files_are_left_out_and_nothing_waits_for_them(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket(socket.AF_UNIX))
        stack.callback(os.chdir, Path.cwd())
        os.chdir(tmp_path)
        server.bind("socket")
        assert _names(tmp_path) == {}


def test_a_link_is_not_followed_even_if_it_was_a_directory_a_moment_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, root = tmp_path / "secret", tmp_path / "root"
    secret.mkdir()
    (secret / "theirs").touch()
    (root / "a").mkdir(parents=True)
    entries = walk(os.fsencode(root))
    real = os.open

    def swap(path: bytes, flags: int, **more: int) -> int:
        if path == b"a":
            (root / "a").rmdir()
            (root / "a").symlink_to(secret)
        return real(path, flags, **more)

    monkeypatch.setattr(os, "open", swap)
    assert [(entry.path, entry.kind) for entry in entries] == [(b"a", "unread-dir")]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path)
    for name in (b"\xff\xfe", b"line\nend", b"{{ 7 }}", b"\x1b[2J", b'"quoted"'):
        os.close(os.open(root + b"/" + name, os.O_CREAT))
    assert set(_names(tmp_path)) == {b"\xff\xfe", b"line\nend", b"{{ 7 }}", b"\x1b[2J", b'"quoted"'}


def _deep(root: Path, name: str, levels: int) -> None:
    """Directories one in the other; their path may be longer than any that can be opened."""
    fd = os.open(root, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=fd)
        below = os.open(name, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(os.open("file", os.O_CREAT, dir_fd=fd))
    os.close(fd)


def _remove(root: Path, name: str, levels: int) -> None:
    """What rmtree does not do in time: the deepest first."""
    fds = [os.open(root, os.O_RDONLY)]
    for _ in range(levels):
        fds.append(os.open(name, os.O_RDONLY, dir_fd=fds[-1]))
    os.unlink("file", dir_fd=fds[-1])
    while len(fds) > 1:
        os.close(fds.pop())
        os.rmdir(name, dir_fd=fds[-1])
    os.close(fds[0])


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    _deep(tmp_path, "n" * 200, 40)
    yield tmp_path
    _remove(tmp_path, "n" * 200, 40)


def test_paths_longer_than_the_system_can_open(deep: Path) -> None:
    found = list(walk(os.fsencode(deep)))
    assert [entry.kind for entry in found] == ["dir"] * 40 + ["file"]
    assert len(found[-1].path) == 40 * 201 + 4


def test_a_tree_that_is_too_deep_ends_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MAX_DEPTH", 3)
    (tmp_path / "1/2/3/4/5").mkdir(parents=True)
    assert _names(tmp_path) == {b"1": "dir", b"1/2": "dir", b"1/2/3": "dir", b"1/2/3/4": "unread-dir"}


def _failing(monkeypatch: pytest.MonkeyPatch, function: str, name: bytes, number: int) -> None:
    real = getattr(os, function)

    def fail(path: bytes, *rest: object, **more: object) -> object:
        if path == name:
            raise OSError(number, os.strerror(number))
        return real(path, *rest, **more)

    monkeypatch.setattr(os, function, fail)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (("open", b"shut", errno.EACCES), {b"shut": "unread-dir", b"file": "file"}),
        (("open", b"shut", errno.EIO), {b"shut": "unread-dir", b"file": "file"}),
        (("open", b"shut", errno.ENOENT), {b"file": "file"}),
        (("stat", b"file", errno.EACCES), {b"shut": "dir", b"file": "unread"}),
        (("stat", b"file", errno.ENOENT), {b"shut": "dir"}),
    ],
)
def test_what_cannot_be_read_is_named_and_what_vanished_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: tuple[str, bytes, int], expected: dict[bytes, str]
) -> None:
    (tmp_path / "shut").mkdir()
    (tmp_path / "file").touch()
    _failing(monkeypatch, *failure)
    assert _names(tmp_path) == expected


@pytest.mark.parametrize("kind", ["missing", "file", "link"])
def test_a_root_that_is_no_directory_is_an_error(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "root"
    if kind == "file":
        root.touch()
    elif kind == "link":
        root.symlink_to(tmp_path)
    with pytest.raises(OSError, match=r"."):
        list(walk(os.fsencode(root)))


def test_no_descriptor_is_left_open_when_the_walk_ends_early(tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    before = len(list(Path("/dev/fd").iterdir()))
    entries = iter(walk(os.fsencode(tmp_path)))
    next(entries)
    next(entries)
    del entries
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_placeholders_by_suffix_only_where_the_folder_has_them(tmp_path: Path) -> None:
    (tmp_path / "a.txt.nextcloud").write_text(" ")
    assert _names(tmp_path, "suffix") == {b"a.txt.nextcloud": "placeholder"}
    assert _names(tmp_path, "off") == {b"a.txt.nextcloud": "file"}


@pytest.mark.skipif(sys.platform != "linux", reason="extended attributes by name are Linux's")
def test_placeholders_by_attribute(tmp_path: Path) -> None:
    for name in ("there", "away"):
        (tmp_path / name).write_text(" ")
    try:
        os.setxattr(tmp_path / "away", walking.HYDRATE_ATTRIBUTE, b"nextcloud")
    except OSError:
        pytest.skip("the file system of the temporary folder has no extended attributes")
    assert _names(tmp_path, "xattr") == {b"there": "file", b"away": "placeholder"}


def test_a_walk_in_another_process_gives_the_same(tmp_path: Path) -> None:
    for number in range(2 * BATCH + 3):
        folder = tmp_path / f"d{number // 100}"
        folder.mkdir(exist_ok=True)
        (folder / f"f{number}").touch()
    assert list(walk_ahead(os.fsencode(tmp_path))) == list(walk(os.fsencode(tmp_path)))


def test_a_walk_in_another_process_fails_as_here(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(walk_ahead(os.fsencode(tmp_path / "missing")))


def test_a_walk_that_is_not_used_up_leaves_no_process_and_no_descriptor(tmp_path: Path) -> None:
    for number in range(3 * BATCH):
        (tmp_path / f"{number}").touch()
    before, others = len(list(Path("/dev/fd").iterdir())), children()
    entries = iter(walk_ahead(os.fsencode(tmp_path)))
    next(entries)
    del entries
    assert len(list(Path("/dev/fd").iterdir())) == before
    assert children() <= others


PART = st.binary(min_size=1, max_size=3).filter(lambda name: not set(name) & set(b"/\0") and name not in (b".", b".."))


@settings(max_examples=40)
@given(st.sets(st.lists(PART, min_size=1, max_size=4).map(b"/".join), max_size=12))
def test_every_file_comes_once_and_in_order(paths: set[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = set()
        for path in sorted(paths):
            whole = os.path.join(os.fsencode(folder), path)  # noqa: PTH118 - bytes
            try:
                os.makedirs(os.path.dirname(whole), exist_ok=True)  # noqa: PTH103,PTH120
                os.close(os.open(whole, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            except OSError:  # a directory of another path has this name, or a file
                continue
            made.add(path)
        found = list(walk(os.fsencode(folder)))
        assert {entry.path for entry in found if entry.kind == "file"} == made
        keys = [entry.key for entry in found]
        assert keys == sorted(set(keys))
