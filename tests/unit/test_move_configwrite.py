"""Replacing `nextcloud.cfg` as the user: whole or not at all, and never through a link."""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import signal
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import configwrite
from ansible_collections.smartde.nextcloud.plugins.module_utils.dropped import DroppedError

OLD, NEW = b"[General]\nold=1\n", b"[General]\nnew=1\n"


def replace(path: Path, expected: bytes = OLD, new: bytes = NEW) -> str:
    return configwrite.replace(str(path), hashlib.sha256(expected).hexdigest(), base64.b64encode(new).decode())


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "nextcloud.cfg"
    path.write_bytes(OLD)
    path.chmod(0o640)
    return path


def beside(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def test_the_bytes_are_replaced_and_the_mode_stays(config: Path) -> None:
    inode = config.stat().st_ino
    assert replace(config) == hashlib.sha256(NEW).hexdigest()
    assert config.read_bytes() == NEW
    assert config.stat().st_mode & 0o7777 == 0o640
    assert config.stat().st_ino != inode
    assert beside(config) == ["nextcloud.cfg"]


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file another group takes root")
def test_the_group_stays(config: Path) -> None:
    os.chown(config, -1, 4242)
    replace(config)
    assert config.stat().st_gid == 4242


def test_a_group_that_cannot_be_given_gets_no_rights(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise PermissionError(errno.EPERM, "no")

    found = config.stat()
    other = os.stat_result((found.st_mode, 1, 1, 1, found.st_uid, found.st_gid + 1, *found[6:]))
    monkeypatch.setattr(configwrite, "_expected", lambda *_args: other)
    monkeypatch.setattr("os.fchown", refuse)
    replace(config)
    assert config.stat().st_mode & 0o7777 == 0o600


def make_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (lambda path: path.write_bytes(b"other"), "config-changed"),
        (lambda path: path.unlink(), "config-missing"),
        (lambda path: (path.unlink(), path.symlink_to("/etc/passwd")), "config-link"),
        (lambda path: (path.unlink(), path.mkdir()), "config-not-a-file"),
        (make_fifo, "config-not-a-file"),
        (lambda path: path.write_bytes(b"x" * 3_000_000), "config-too-large"),
    ],
    ids=["changed", "gone", "link", "folder", "fifo", "huge"],
)
def test_what_is_not_the_expected_file_is_left_alone(config: Path, prepare: object, code: str) -> None:
    prepare(config)  # type: ignore[operator]  # a table of small functions
    with pytest.raises(DroppedError) as caught:
        replace(config)
    assert caught.value.code == code
    assert [name for name in beside(config) if name != "nextcloud.cfg"] == []


def test_a_file_replaced_by_a_link_at_the_last_moment(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the writing of the temporary file and its renaming."""
    victim = config.parent / "victim"
    victim.write_bytes(b"precious")
    write = configwrite._write

    def swap(folder: int, name: str, data: bytes, like: os.stat_result) -> None:
        write(folder, name, data, like)
        config.unlink()
        config.symlink_to(victim)

    monkeypatch.setattr(configwrite, "_write", swap)
    with pytest.raises(DroppedError) as caught:
        replace(config)
    assert caught.value.code == "config-link"
    assert victim.read_bytes() == b"precious"
    assert beside(config) == ["nextcloud.cfg", "victim"]


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_leftover_is_no_obstacle_and_no_way_out(config: Path, kind: str) -> None:
    temporary, victim = config.with_name("nextcloud.cfg.smartfleet-tmp"), config.with_name("victim")
    victim.write_bytes(b"precious")
    temporary.write_bytes(b"half") if kind == "file" else temporary.symlink_to(victim)
    replace(config)
    assert config.read_bytes() == NEW
    assert victim.read_bytes() == b"precious"
    assert beside(config) == ["nextcloud.cfg", "victim"]


def test_no_name_ends_as_the_client_would_take_it(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client renames a foreign ``*.cfg`` over its own file."""
    seen: list[str] = []
    monkeypatch.setattr("os.rename", lambda *_args, **_more: seen.extend(beside(config)))
    replace(config)
    assert [name for name in seen if name.endswith(".cfg")] == ["nextcloud.cfg"]


def test_a_full_disk_changes_nothing(config: Path) -> None:
    """A real limit, in a child: writing beyond it fails as on a full disk."""
    pid = os.fork()
    if pid == 0:
        import resource  # noqa: PLC0415 - the child's alone

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
        try:
            replace(config)
        except OSError as error:
            os._exit(0 if error.errno == errno.EFBIG else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert config.read_bytes() == OLD
    assert beside(config) == ["nextcloud.cfg"]


def test_cookies_are_removed_and_links_not_followed(config: Path) -> None:
    config.with_name("cookies0.db").write_bytes(b"x")
    config.with_name("cookies1.db").symlink_to(config)
    assert configwrite.remove_cookies(str(config), ["cookies0.db", "cookies1.db", "cookies2.db"]) == [
        "cookies0.db",
        "cookies1.db",
    ]
    assert beside(config) == ["nextcloud.cfg"]
    assert config.read_bytes() == OLD


def test_read_tells_what_is_there(config: Path) -> None:
    found = configwrite.read(str(config))
    assert base64.b64decode(found["content"]) == OLD
    assert found["sha256"] == hashlib.sha256(OLD).hexdigest()
    assert found["mode"] == 0o640


def test_where_nothing_lies_a_disk_that_is_read_only_is_asked_nothing(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would refuse to remove even what is not there, and the way back would end before the client is started."""

    def refuse(*_args: object, **_more: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("os.unlink", refuse)
    configwrite.remove_leftover(str(config))
    assert configwrite.remove_cookies(str(config), ["cookies0.db"]) == []
    config.with_name("cookies0.db").write_bytes(b"x")
    with pytest.raises(OSError, match="Read-only"):
        configwrite.remove_cookies(str(config), ["cookies0.db"])
