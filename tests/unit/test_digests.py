"""Digests in worker processes: the same as anybody's, in order, of what was asked for and nothing else."""

from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import digests as digesting
from ansible_collections.smartde.nextcloud.plugins.module_utils.digests import (
    ALGORITHMS,
    Hashers,
    Request,
    file_digests,
)


def _request(root: Path, name: str, algorithms: tuple[str, ...] = ("SHA1",)) -> Request:
    info = (root / name).stat(follow_symlinks=False)
    return Request(os.fsencode(name), info.st_size, info.st_mtime_ns, algorithms)


def _digest(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data, usedforsecurity=False).hexdigest().encode()


def _run(root: Path, requests: list[Request | None], workers: int = 2) -> list[dict[str, bytes]]:
    pool: Hashers[int] = Hashers(os.fsencode(root), workers)
    with pool:
        found = list(pool.run(enumerate(requests)))
    assert [tag for tag, _digests in found] == list(range(len(requests)))
    return [digests for _tag, digests in found]


def test_every_algorithm_of_the_journal(tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    (tmp_path / "large").write_bytes(data)
    (tmp_path / "empty").touch()
    large, empty = _run(tmp_path, [_request(tmp_path, name, tuple(ALGORITHMS)) for name in ("large", "empty")])
    assert large == {
        "SHA1": _digest("sha1", data),
        "MD5": _digest("md5", data),
        "SHA256": hashlib.sha256(data).hexdigest().encode(),
        "SHA3-256": hashlib.sha3_256(data).hexdigest().encode(),
        "ADLER32": b"%x" % zlib.adler32(data),
    }
    assert empty["SHA1"] == _digest("sha1", b"")


@pytest.mark.parametrize("workers", [1, 3])
def test_many_files_in_order(tmp_path: Path, workers: int) -> None:
    requests: list[Request | None] = []
    expected = []
    for number in range(700):
        folder = tmp_path / f"d{number % 7}" / f"e{number % 3}"
        folder.mkdir(parents=True, exist_ok=True)
        data = b"%d" % number * (40_000 if number % 97 == 0 else 1)
        (folder / f"{number}").write_bytes(data)
        requests.append(_request(tmp_path, str((folder / f"{number}").relative_to(tmp_path))))
        expected.append({"SHA1": _digest("sha1", data)})
        if number % 5 == 0:
            requests.append(None)
            expected.append({})
    assert _run(tmp_path, requests, workers) == expected


def test_nothing_to_do(tmp_path: Path) -> None:
    assert _run(tmp_path, []) == []
    assert _run(tmp_path, [None] * 1000) == [{}] * 1000


def test_what_is_not_as_it_was_seen_has_no_digest(tmp_path: Path) -> None:
    for name in ("grown", "shrunk", "touched", "gone", "link", "fifo", "fine"):
        (tmp_path / name).write_text("some text")
    requests = [_request(tmp_path, name) for name in ("grown", "shrunk", "touched", "gone", "link", "fifo", "fine")]
    (tmp_path / "grown").write_text("some text and more")
    (tmp_path / "shrunk").write_text("some")
    os.utime(tmp_path / "touched", (1, 1))
    for name in ("gone", "link", "fifo"):
        (tmp_path / name).unlink()
    (tmp_path / "link").symlink_to("fine")
    os.mkfifo(tmp_path / "fifo")
    assert [bool(found) for found in _run(tmp_path, [*requests])] == [False] * 6 + [True]


def test_a_directory_that_became_a_link_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/file").write_text("theirs")
    request = _request(tmp_path / "secret", "file")
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").symlink_to(tmp_path / "secret")
    assert _run(root, [request._replace(path=b"a/file")]) == [{}]


def test_a_file_that_grows_while_it_is_read_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").write_bytes(b"x" * 200_000)
    request = _request(tmp_path, "log")
    real = os.readv
    read = []

    def grow(fd: int, buffers: list[memoryview]) -> int:
        with (tmp_path / "log").open("ab") as stream:
            stream.write(b"y" * 1_000_000)
        read.append(real(fd, buffers))
        return read[-1]

    monkeypatch.setattr(os, "readv", grow)
    parent = os.open(tmp_path, os.O_RDONLY)
    assert file_digests(parent, b"log", request) == {}
    os.close(parent)
    assert sum(read) == 200_000


def test_a_path_longer_than_the_system_can_open(tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    fds = [fd]
    for _ in range(30):
        os.mkdir("n" * 200, dir_fd=fds[-1])
        fds.append(os.open("n" * 200, os.O_RDONLY, dir_fd=fds[-1]))
    file = os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=fds[-1])
    os.write(file, b"deep")
    info = os.fstat(file)
    os.close(file)
    path = b"/".join([b"n" * 200] * 30 + [b"file"])
    assert _run(tmp_path, [Request(path, 4, info.st_mtime_ns)])[0]["SHA1"] == _digest("sha1", b"deep")
    os.unlink("file", dir_fd=fds[-1])
    while len(fds) > 1:
        os.close(fds.pop())
        os.rmdir("n" * 200, dir_fd=fds[-1])
    os.close(fd)


def test_a_worker_that_was_killed_is_an_error_and_no_match(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    pool: Hashers[int] = Hashers(os.fsencode(tmp_path), 1)
    with pool:
        os.kill(pool._workers[0]._pid, 9)
        with pytest.raises(OSError, match=r"process|pipe"):
            list(pool.run([(0, _request(tmp_path, "a"))]))


def test_pools_leave_no_process_and_no_descriptor(tmp_path: Path) -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    pool: Hashers[int] = Hashers(os.fsencode(tmp_path), 3)
    with pool:
        pids = [worker._pid for worker in pool._workers]
    assert len(list(Path("/dev/fd").iterdir())) == before
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_without_the_right_to_keep_the_access_time_files_are_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("a")
    request = _request(tmp_path, "a")
    real = os.open

    def refuse(path: bytes, flags: int, **more: int) -> int:
        if flags & digesting._NOATIME:
            raise PermissionError
        return real(path, flags, **more)

    parent = os.open(tmp_path, os.O_RDONLY)
    monkeypatch.setattr(os, "open", refuse)
    assert file_digests(parent, b"a", request)
    os.close(parent)
