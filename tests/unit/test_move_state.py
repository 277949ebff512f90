"""The lock, the marks and the folder in which a host remembers its moves."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.lock import LockHeldError, host_lock
from ansible_collections.smartde.nextcloud.plugins.module_utils.marks import Marks
from ansible_collections.smartde.nextcloud.plugins.module_utils.state import (
    make_folder,
    profile_name,
    run_folder,
    state_folder,
    transactions,
)
from ansible_collections.smartde.nextcloud.plugins.module_utils.transaction import Transaction


def test_nobody_works_beside_a_living_holder(tmp_path: Path) -> None:
    held = pytest.raises(LockHeldError, match="run first works on this host now")
    with host_lock(str(tmp_path), "first"), held, host_lock(str(tmp_path), "second"):
        pass
    with host_lock(str(tmp_path), "second"):
        pass


def test_a_holder_that_comes_to_its_end_is_waited_for(tmp_path: Path) -> None:
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        with host_lock(str(tmp_path), "first"):
            os.write(tell, b"x")
            time.sleep(0.3)
        os._exit(0)
    assert os.read(ready, 1) == b"x"
    with host_lock(str(tmp_path), "second", wait=30):
        assert os.waitpid(pid, 0)[1] == 0
    os.close(ready)
    os.close(tell)


def test_the_lock_falls_with_a_killed_holder(tmp_path: Path) -> None:
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        with host_lock(str(tmp_path), "first"):
            os.write(tell, b"x")
            time.sleep(60)
        os._exit(0)
    assert os.read(ready, 1) == b"x"
    with pytest.raises(LockHeldError), host_lock(str(tmp_path), "second"):
        pass
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with host_lock(str(tmp_path), "second"):
        pass
    os.close(ready)
    os.close(tell)


@pytest.mark.parametrize(
    ("run", "orders", "seconds", "waits"),
    [
        ("first", ["a"], 60, False),
        ("second", ["b"], 60, True),
        ("second", [], 60, True),
        ("second", ["a", "b"], 60, False),
        ("second", ["b"], -1, False),
    ],
    ids=["same run", "another order", "no order", "the same order", "expired"],
)
def test_a_reservation(tmp_path: Path, run: str, orders: list[str], seconds: float, waits: bool) -> None:  # noqa: FBT001 - a table
    with host_lock(str(tmp_path), "first", ["a"]) as lock:
        lock.reserve(seconds)
    if waits:
        with (
            pytest.raises(LockHeldError, match=r"run first has reserved this host until 20\d\d-"),
            host_lock(str(tmp_path), run, orders),
        ):
            pass
        return
    with host_lock(str(tmp_path), run, orders):
        pass


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"run": "x"}', b"\xff\0"])
def test_a_torn_lock_file_locks_nobody_out(tmp_path: Path, content: bytes) -> None:
    make_folder(state_folder(str(tmp_path)), below=state_folder(str(tmp_path)))
    Path(state_folder(str(tmp_path)), "lock").write_bytes(content)
    with host_lock(str(tmp_path), "second"):
        pass


def test_the_state_is_the_administrators_alone(tmp_path: Path) -> None:
    with host_lock(str(tmp_path), "first"):
        folder = Path(state_folder(str(tmp_path)))
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "lock").stat().st_mode & 0o777 == 0o600


def test_a_state_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var/lib").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "var/lib/smartfleet").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotADirectoryError), host_lock(str(tmp_path), "first"):
        pass


@pytest.mark.parametrize("run", ["", "../x", "a/b", ".hidden", "x" * 101, "a b", "ä"])
def test_a_run_is_a_plain_name(run: str) -> None:
    with pytest.raises(ValueError, match="no run id"):
        run_folder("/", run)


@pytest.mark.parametrize(
    ("user", "start"), [("anna", "anna-"), ("DOM\\eva", "DOM_eva-"), ("../x", "_x-"), ("eva@dom.example", "eva_dom.")]
)
def test_a_profile_has_one_name(user: str, start: str) -> None:
    name = profile_name(user, "/home/x/nextcloud.cfg")
    assert name.startswith(start)
    assert "/" not in name
    assert name == profile_name(user, "/home/x/nextcloud.cfg") != profile_name(user, "/home/y/nextcloud.cfg")


def test_a_torn_last_line_is_no_mark(tmp_path: Path) -> None:
    marks = Marks(str(tmp_path / "marks.jsonl"))
    marks.add("backup", "begin")
    with (tmp_path / "marks.jsonl").open("ab") as stream:
        stream.write(b'{"step": "backup", "sta')
    assert [mark.state for mark in marks.read()] == ["begin"]
    marks.add("backup", "end", "2 files")
    assert [(mark.state, mark.detail) for mark in marks.read()] == [("begin", ""), ("end", "2 files")]


def test_a_broken_line_in_the_middle_is_no_power_cut(tmp_path: Path) -> None:
    marks = Marks(str(tmp_path / "marks.jsonl"))
    (tmp_path / "marks.jsonl").write_bytes(b"what\n")
    marks.add("backup", "begin")
    with pytest.raises(ValueError, match="line 1 is no mark"):
        marks.read()


def test_what_a_host_remembers(tmp_path: Path) -> None:
    assert transactions(str(tmp_path)) == []
    for run in ("r1", "r2"):
        folder = Path(run_folder(str(tmp_path), run), "anna-0")
        folder.mkdir(parents=True)
        order = {"user": "anna", "config_path": "/c", "old_sha256": "o", "new_sha256": "n"}
        (folder / "order.json").write_text(json.dumps(order))
    Path(run_folder(str(tmp_path), "r1"), "broken").mkdir()
    first, second = (
        Transaction(Marks(f"{run_folder(str(tmp_path), run)}/anna-0/marks.jsonl"), str(tmp_path / "spare"))
        for run in ("r1", "r2")
    )
    second.open()
    first.open()
    first.close("moved")
    second.marks.add("backup", "begin")
    found = transactions(str(tmp_path))
    assert [(one.run, one.state, one.step) for one in found] == [("r2", "open", "backup"), ("r1", "done", "")]
