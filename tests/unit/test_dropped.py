"""Work in a user's name: what comes back, what cannot, and what root keeps out of."""

from __future__ import annotations

import dataclasses
import os
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import dropped
from ansible_collections.smartde.nextcloud.plugins.module_utils.dropped import Dropped, DroppedError, run_as
from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person

from tests.unit.kin import children

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
STRANGER = 54321


@pytest.fixture
def me(tmp_path: Path) -> Person:
    return Person("me", os.geteuid(), os.getegid(), str(tmp_path))


@pytest.fixture
def stranger() -> Iterator[Person]:
    """Somebody whose home everybody can reach, which tmp_path is not."""
    with tempfile.TemporaryDirectory(prefix="home") as home:
        os.chown(home, STRANGER, STRANGER)
        Path(home).chmod(0o755)
        yield Person("stranger", STRANGER, STRANGER, home, (STRANGER, STRANGER + 1))


def _fail(error: BaseException) -> None:
    raise error


def test_the_answer_arrives_as_json(me: Person) -> None:
    assert run_as(me, lambda a, b: {"sum": a + b, "odd": "\udcff\n"}, 1, 2) == {"sum": 3, "odd": "\udcff\n"}


def test_the_child_has_a_clean_environment(me: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "hunter2")
    monkeypatch.setenv("TMPDIR", "/only/for/root")
    seen = run_as(me, lambda: dict(os.environ))
    assert "A_SECRET" not in seen
    assert "TMPDIR" not in seen
    assert seen["HOME"] == me.home
    assert seen["USER"] == "me"


def test_nothing_reaches_the_parents_streams(me: Person, capfd: pytest.CaptureFixture[str]) -> None:
    run_as(me, lambda: os.write(1, b"out") and os.write(2, b"err"))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (DroppedError("keyring-locked", "locked", "unlock it"), "keyring-locked", "locked"),
        (ValueError("no number"), "failed", "ValueError: no number"),
        (OSError(28, "No space left on device"), "out-of-space", "No space left"),
        (PermissionError(13, "Permission denied"), "no-permission", "denied"),
        (SystemExit(3), "failed", "SystemExit"),
        (KeyboardInterrupt(), "failed", "KeyboardInterrupt"),
    ],
)
def test_errors_come_back_with_a_code(me: Person, error: BaseException, code: str, message: str) -> None:
    with pytest.raises(DroppedError) as caught:
        run_as(me, _fail, error)
    assert caught.value.code == code
    assert message in caught.value.message


def test_an_answer_that_is_no_json_is_an_error(me: Person) -> None:
    with pytest.raises(DroppedError, match="TypeError"):
        run_as(me, lambda: b"bytes")


@pytest.mark.parametrize("hang", [lambda: time.sleep(60), lambda: os.kill(os.getpid(), signal.SIGSTOP)])
def test_a_child_that_hangs_is_ended(me: Person, hang: Callable[[], object]) -> None:
    before, others = time.monotonic(), children()
    with pytest.raises(DroppedError) as caught:
        run_as(me, hang, timeout=0.3)
    assert caught.value.code == "timeout"
    assert time.monotonic() - before < 50
    assert children() <= others


def test_a_child_that_chatters_for_ever_is_ended(me: Person) -> None:
    def chatter(send: dropped.Send) -> None:
        while True:
            send(b"x")

    with pytest.raises(DroppedError) as caught, Dropped(me, chatter, timeout=0.3) as child:
        for _chunk in child:
            pass
    assert caught.value.code == "timeout"


def test_silence_counts_apart_from_the_whole_time(me: Person) -> None:
    def slow(send: dropped.Send) -> str:
        for _ in range(5):
            time.sleep(0.1)
            send(b"")  # a sign of life is enough
        return "done"

    with Dropped(me, slow, timeout=20, idle=2) as child:
        assert list(child) == [b""] * 5
    assert child.answer == "done"
    with pytest.raises(DroppedError), Dropped(me, lambda _send: time.sleep(9), timeout=20, idle=0.1) as child:
        list(child)


def test_a_child_that_dies_is_noticed(me: Person) -> None:
    with pytest.raises(DroppedError) as caught:
        run_as(me, os._exit, 7)
    assert caught.value.code == "died"


def test_answers_and_chunks_are_bounded(me: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropped, "ANSWER_LIMIT", 1000)
    with pytest.raises(DroppedError) as caught:
        run_as(me, lambda: "x" * 2000)
    assert caught.value.code == "too-much"


def test_large_chunks_arrive_whole_and_in_order(me: Person) -> None:
    data = os.urandom(1 << 20) * 20
    with Dropped(me, lambda send: send(data)) as child:
        assert b"".join(child) == data


def test_leaving_early_ends_the_child_and_what_it_started(me: Person) -> None:
    def start(send: dropped.Send) -> None:
        send(str(subprocess.Popen(["sleep", "60"]).pid).encode())
        time.sleep(60)

    with Dropped(me, start) as child:
        pid = int(next(iter(child)))
    deadline = time.monotonic() + 50
    while lives(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def test_another_users_files_need_root(me: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(DroppedError) as caught:
        run_as(dataclasses.replace(me, uid=4712), int)
    assert caught.value.code == "not-admin"


@as_root
def test_root_is_given_up_for_good(stranger: Person) -> None:
    def who() -> list[object]:
        return [os.getresuid(), os.getresgid(), sorted(os.getgroups())]

    assert run_as(stranger, who) == [[STRANGER] * 3, [STRANGER] * 3, [STRANGER, STRANGER + 1]]


@as_root
def test_a_file_of_roots_stays_closed(stranger: Person) -> None:
    secret = Path(stranger.home) / "secret"
    secret.write_text("x")
    secret.chmod(0o600)
    with pytest.raises(DroppedError) as caught:
        run_as(stranger, secret.read_text)
    assert caught.value.code == "no-permission"


@as_root
def test_the_owner_cannot_trace_the_child(stranger: Person) -> None:
    # the kernel gives what is not dumpable to root
    assert run_as(stranger, lambda: Path("/proc/self/mem").stat().st_uid) == 0


@as_root
def test_new_files_belong_to_the_user_and_to_nobody_else(stranger: Person) -> None:
    new = Path(stranger.home) / "new"
    run_as(stranger, new.write_text, "x")
    info = new.stat()
    assert (info.st_uid, info.st_gid, stat.S_IMODE(info.st_mode)) == (STRANGER, STRANGER, 0o600)
