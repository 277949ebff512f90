"""Taking away what a run has reserved on a host."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.lock import LockHeldError, Unlocked, host_lock, unlock


def reserve(root: Path, run: str, seconds: float = 3600.0) -> float:
    with host_lock(str(root), run, ["order"]) as lock:
        lock.reserve(seconds)
    return time.time() + seconds


def test_a_host_that_knows_nothing_of_moves(tmp_path: Path) -> None:
    assert unlock(str(tmp_path)) == Unlocked("free")
    assert list(tmp_path.iterdir()) == []


def test_a_reservation_is_taken_away(tmp_path: Path) -> None:
    until = reserve(tmp_path, "run-1")
    with pytest.raises(LockHeldError), host_lock(str(tmp_path), "run-2"):
        pass
    seen = unlock(str(tmp_path), check_mode=True)
    assert (seen.state, seen.run) == ("removed", "run-1")
    assert seen.until == pytest.approx(until, abs=5)
    assert unlock(str(tmp_path), "run-2").state == "kept"
    with pytest.raises(LockHeldError), host_lock(str(tmp_path), "run-2"):
        pass
    assert unlock(str(tmp_path), "run-1").state == "removed"
    with host_lock(str(tmp_path), "run-2"):
        pass
    assert unlock(str(tmp_path)) == Unlocked("free")


def test_one_that_has_expired_keeps_nobody_away(tmp_path: Path) -> None:
    reserve(tmp_path, "run-1", -1.0)
    assert unlock(str(tmp_path)) == Unlocked("free")


def test_a_module_at_work_keeps_the_host(tmp_path: Path) -> None:
    with host_lock(str(tmp_path), "run-1"):
        assert unlock(str(tmp_path)) == Unlocked("working", "run-1")
    assert unlock(str(tmp_path)) == Unlocked("free")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"run": "x"}', b"\xff" * 99])
def test_a_torn_lock_holds_nothing(tmp_path: Path, content: bytes) -> None:
    reserve(tmp_path, "run-1")
    (tmp_path / "var/lib/smartfleet/lock").write_bytes(content)
    assert unlock(str(tmp_path)) == Unlocked("free")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    reserve(tmp_path, "run-1")
    lock, elsewhere = tmp_path / "var/lib/smartfleet/lock", tmp_path / "elsewhere"
    lock.replace(elsewhere)
    lock.symlink_to(elsewhere)
    with pytest.raises(OSError, match="symbolic links"):
        unlock(str(tmp_path))
