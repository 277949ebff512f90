"""The worker program's parts: what it hears, what it says, what it refuses, what it leaves."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smartfleet import __version__
from smartfleet.engines.answers import Answer
from smartfleet.engines.command import worker_command
from smartfleet.engines.playbooks import digest_of, playbooks_digest
from smartfleet.engines.protocol import Ended
from smartfleet.engines.worker import checks, place, program
from smartfleet.engines.worker.ending import Reason, ended
from smartfleet.engines.worker.incoming import Incoming, Silence
from smartfleet.engines.worker.marks import first_time, marks_folder
from smartfleet.engines.worker.request import Request, read_request
from smartfleet.engines.worker.translating import Told, answer_of
from smartfleet.engines.worker.voice import Voice
from smartfleet.engines.worker.watcher import Watcher
from smartfleet.engines.worker.workspace import Workspace
from smartfleet.processes import descendants, end_tree, kill_trees


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


def test_lines_and_bytes_come_from_one_pipe(pipe: tuple[int, int]) -> None:
    incoming = Incoming(pipe[0])
    os.write(pipe[1], b"head\nABCDEbeat\nstop\nhal")
    assert incoming.line(1) == b"head\n"
    assert incoming.block(3, 1) + incoming.block(2, 1) == b"ABCDE"
    assert (incoming.line(1), incoming.line(1)) == (b"beat\n", b"stop\n")
    with pytest.raises(Silence):
        incoming.line(0.01)
    os.write(pipe[1], b"f\nleft")
    assert incoming.line(1) == b"half\n"
    os.close(pipe[1])
    assert (incoming.line(1), incoming.line(1), incoming.block(9, 1)) == (b"", b"", b"")


def test_a_worker_may_be_called_by_hand(tmp_path: Path) -> None:
    """With nothing to read, as the remedies say, or with a file."""
    (tmp_path / "noise").write_text("hello\n")
    for given in (Path("/dev/null"), tmp_path / "noise"):
        with given.open() as stdin:
            done = subprocess.run(worker_command(), stdin=stdin, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["ended"]["code"] == "worker/header"


def test_silence_is_told(pipe: tuple[int, int]) -> None:
    with pytest.raises(Silence):
        Incoming(pipe[0]).block(1, 0.01)


def test_a_voice_numbers_what_it_says(pipe: tuple[int, int]) -> None:
    voice = Voice(pipe[1])
    voice.hello({"name": "w"})
    voice.answer("a", "x", "ok", {})
    voice.beat_every(0.01)
    heard = b""
    while b'"beat"' not in heard:
        heard += os.read(pipe[0], 1 << 16)
    voice.ended(Ended("done", begun=True))
    # a beat that comes after the end would come by now
    time.sleep(0.05)
    said = [json.loads(line) for line in (heard + os.read(pipe[0], 1 << 16)).splitlines()]
    assert said[0] == {"hello": {"name": "w"}}
    assert said[1]["number"] == 1
    assert {"beat": 1} in said
    assert (said[-1]["number"], said[-1]["ended"]["state"]) == (2, "done")


def test_a_controller_that_is_gone_is_no_error(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    Voice(pipe[1]).ended(Ended("done", begun=True))


def event(kind: str, **data: object) -> dict[str, Any]:
    return {"event": kind, "stdout": "line", "event_data": data}


def test_what_ansible_runner_tells_becomes_answers() -> None:
    lines = [
        b"no json\n",
        json.dumps({"status": "starting", "env": {"SECRET": "x"}}).encode() + b"\n",
        json.dumps(event("runner_on_start", host="a")).encode() + b"\n",
        json.dumps(event("runner_on_ok", host="a", resolved_action="b.c.d", res={"x": 1})).encode() + b"\n",
        json.dumps(event("runner_on_failed", host="b", task_action="e", res="text")).encode() + b"\n",
        b'{"zipfile": 4}\n' + b"QUJDRA==" + b'{"eof": true}\n',
    ]
    told, answers = Told(), list[Answer]()
    told.read(io.BytesIO(b"".join(lines)), answers.append)
    assert answers == [Answer("a", "b.c.d", "ok", {"x": 1}), Answer("b", "e", "failed", {})]
    assert (told.whole, told.output, told.trouble) == (True, "line\n" * 3, "")


@pytest.mark.parametrize("kind", ["runner_item_on_ok", "playbook_on_stats", ""])
def test_other_events_are_no_answers(kind: str) -> None:
    assert answer_of(event(kind, host="a")) is None
    assert answer_of(event("runner_on_ok")) is None
    assert answer_of({}) is None


@pytest.mark.parametrize(
    ("reason", "status", "whole", "state", "code"),
    [
        (None, 0, True, "done", ""),
        (None, 2, True, "done", ""),
        (None, -9, True, "failed", "worker/runner"),
        (None, 1, False, "failed", "worker/runner"),
        ("cancelled", -15, False, "cancelled", "cancelled"),
        ("gone", -15, False, "cancelled", "worker/controller-gone"),
        ("silent", -15, True, "cancelled", "worker/controller-gone"),
        ("damaged", -9, False, "failed", "worker/damaged"),
        ("terminated", -9, False, "failed", "worker/terminated"),
        ("stuck", -9, False, "failed", "worker/stuck"),
    ],
)
def test_how_a_shard_ended(reason: Reason | None, status: int, *, whole: bool, state: str, code: str) -> None:
    told = Told()
    told.whole = whole
    end = ended(reason, status, told, "Traceback\nNo module named x\n", begun=True)
    assert (end.state, end.code, end.begun, end.rc) == (state, code, True, status)
    if code == "worker/runner":
        assert "No module named x" in end.message
        assert end.do


@pytest.mark.parametrize(("status", "state"), [(0, "failed"), (2, "done")])
def test_ansible_s_own_process_was_killed(status: int, state: str) -> None:
    """ansible-runner then says that it failed, and ends with 0."""
    told = Told()
    told.read(io.BytesIO(b'{"status": "failed"}\n{"eof": true}\n'), lambda _answer: None)
    end = ended(None, status, told, "", begun=True)
    assert (end.state, "signal" in end.message) == (state, status == 0)


def test_a_header_that_is_none() -> None:
    for line in (b"", b"{", b"[]", b'{"protocol": 1}', b"null"):
        refused = read_request(line)
        assert isinstance(refused, Ended)
        assert (refused.code, refused.begun) == ("worker/header", False)


def test_what_a_later_version_says_beyond_this_ones_words_is_left_aside() -> None:
    request = read_request(b'{"protocol": 2, "version": "9", "playbooks": "", "now": 0, "ask": "shard", "more": 1}')
    assert isinstance(request, Request)
    refused = checks.refusal(request)
    assert refused is not None
    assert refused.code == "worker/version"


def fitting(**more: Any) -> Request:
    return Request(1, __version__, playbooks_digest(), time.time(), more.pop("ask", "check"), **more)


def test_a_question_that_fits_is_not_refused() -> None:
    assert checks.refusal(fitting()) is None


@pytest.mark.parametrize(
    ("ahead", "age", "refused"),
    [
        (checks.SKEW - 5, 0.0, False),
        (checks.SKEW + 5, 0.0, True),
        (checks.SKEW + 5, 30.0, False),
        (3600.0, 30.0, True),
        (-checks.SKEW - 5, 0.0, True),
        (-checks.SKEW - 5, 30.0, True),
        (0.0, 3600.0, False),
    ],
)
def test_a_program_that_took_long_to_start_has_no_wrong_clock(
    monkeypatch: pytest.MonkeyPatch, ahead: float, age: float, *, refused: bool
) -> None:
    """On a busy machine the question waits meanwhile, and is as old as the program then."""
    monkeypatch.setattr(checks, "age", lambda: age)
    found = checks.refusal(replace(fitting(), now=time.time() - ahead))
    assert (found.code if found else "") == ("worker/clock" if refused else "")


def test_how_old_this_process_is() -> None:
    code = "import time; time.sleep(1); from smartfleet.processes import age; print(age())"
    start = time.monotonic()
    told = float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)
    assert 1.0 <= told <= time.monotonic() - start + 0.02


def test_where_no_temporary_file_can_be_written_none_is_carried(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine whose only disk is full to the last byte."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc"])
    refused = checks.refusal(fitting(ask="shard"))
    assert refused is not None
    assert (refused.code, refused.begun, "/proc" in refused.message) == ("worker/disk", False, True)


def test_a_folder_where_nothing_may_be_run_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "can_run_programs", lambda _folder: False)
    refused = checks.refusal(fitting(ask="shard", inventory="{}"))
    assert refused is not None
    assert (refused.code, "TMPDIR" in refused.do) == ("worker/noexec", True)


@pytest.mark.parametrize(("length", "code"), [(checks.LONGEST, ""), (checks.LONGEST + 1, "worker/long-name")])
def test_a_folder_with_a_name_too_long_for_sockets_is_refused(
    monkeypatch: pytest.MonkeyPatch, length: int, code: str
) -> None:
    """Else each of its hosts would count as offline: ssh says `ControlPath too long`, and is tried again for ever."""
    with tempfile.TemporaryDirectory(prefix="sf-", dir="/tmp") as made:
        folder = Path(made) / ("x" * (length - len(made) - 1))
        folder.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        refused = checks.refusal(fitting())
    assert (refused.code if refused else "") == code


def test_where_attempts_cannot_be_noted_none_is_carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    refused = checks.refusal(fitting(ask="shard"))
    assert refused is not None
    assert refused.code == "worker/state"


def test_an_attempt_is_noted_once_and_old_notes_are_deleted(tmp_path: Path) -> None:
    folder = marks_folder({"XDG_STATE_HOME": str(tmp_path)})
    assert first_time("../../x", folder)
    assert not first_time("../../x", folder)
    for mark in folder.iterdir():
        os.utime(mark, (0, 0))
    assert first_time("y", folder)
    assert len(list(folder.iterdir())) == 1
    assert folder.stat().st_mode & 0o777 == 0o700
    assert marks_folder({"XDG_STATE_HOME": "relative"}) == marks_folder({})


def test_a_note_that_another_worker_deletes_meanwhile_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = marks_folder({"XDG_STATE_HOME": str(tmp_path)})
    assert first_time("x", folder)
    seen = list(os.scandir(folder))
    for mark in folder.iterdir():
        mark.unlink()
    monkeypatch.setattr(os, "scandir", lambda _folder: seen)
    assert first_time("y", folder)


def test_playbooks_that_differ_in_a_byte_or_a_name_differ(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.py").write_text("1")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").write_text("1")
    first = digest_of(tmp_path)
    (tmp_path / "__pycache__" / "x.pyc").write_text("2")
    assert digest_of(tmp_path) == first
    (tmp_path / "a" / "x.py").write_text("2")
    second = digest_of(tmp_path)
    (tmp_path / "a" / "x.py").rename(tmp_path / "a" / "y.py")
    assert len({first, second, digest_of(tmp_path)}) == 3


def has_ended(pid: int) -> bool:
    """A dead one whose parent has not looked yet counts as gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] in {"Z", "X"}
    except OSError:
        return True


def ends(pid: int) -> bool:
    """Who was killed takes a moment to be gone."""
    deadline = time.monotonic() + 60
    while not (ended := has_ended(pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return ended


SLEEPERS = "import subprocess, sys; subprocess.Popen(['sleep', '60'], start_new_session=True); input()"


def test_a_tree_ends_with_all_below_it() -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEPERS], stdin=subprocess.PIPE) as parent:
        while not (below := descendants(parent.pid)):
            time.sleep(0.02)
        began = time.monotonic()
        end_tree(parent.pid, grace=300.0)
        assert time.monotonic() - began < 120
    assert all(has_ended(pid) for pid in below)


def test_what_does_not_listen_is_killed() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        end_tree(process.pid, grace=0.1)
        assert process.wait(60) == -9


BREEDING = "for i in $(seq 100); do sh -c 'sleep 60 & sleep 60' & done; wait"


def test_what_begins_while_a_tree_is_killed_is_killed_too() -> None:
    mark = f"SF_TEST_MARK={os.getpid()}"
    for _ in range(3):
        with subprocess.Popen(["env", mark, "sh", "-c", BREEDING]) as parent:
            while len(descendants(parent.pid)) < 20:
                time.sleep(0.001)
            kill_trees([parent.pid])
        # it takes as long as it takes; nobody of them is told once more
        deadline = time.monotonic() + 60
        while (left := [pid for pid in marked(mark) if not has_ended(pid)]) and time.monotonic() < deadline:
            time.sleep(0.02)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert left == []


def marked(mark: str) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


WORKER = """
import os, subprocess, sys, time
from pathlib import Path
from smartfleet.engines.worker.watcher import Watcher
from smartfleet.engines.worker.workspace import Workspace
workspace = Workspace.make(Path("/"))
watcher = Watcher(workspace, os.dup(1))
nowhere = dict.fromkeys(["stdin", "stdout", "stderr"], subprocess.DEVNULL)
sleeper = subprocess.Popen(["sleep", "60"], **nowhere)
watcher.mind(sleeper.pid)
print(sleeper.pid, workspace.folder, flush=True)
time.sleep(60)
"""


def test_a_watcher_ends_what_its_killed_worker_had_begun() -> None:
    command = [sys.executable, "-c", WORKER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stdout
        assert worker.stderr
        pid, folder = worker.stdout.readline().split()
        assert Path(folder).is_dir()
        worker.kill()
        assert worker.stdout.read() == ""
        # ends only when the watcher has done its work
        assert worker.stderr.read() == ""
    assert not Path(folder).exists()
    assert ends(int(pid))


SHIFT = """
import hashlib, os, sys
from smartfleet.engines.worker import place, program, shift
from smartfleet.engines.worker.incoming import Incoming
from smartfleet.engines.worker.request import Request
from smartfleet.engines.worker.voice import Voice
how = sys.argv[1]
talk = (
    'import json, os; print(os.getpid(), file=open(' + repr(sys.argv[2] + ".pid") + ', "w"), flush=True)\\n'
    'while True: print(json.dumps({"event": "runner_on_ok", "event_data": {"host": "a", "res": {"x": "y" * 9999}}}))'
)
place._PYTHON = (sys.executable, "-c", talk)
shift._LAST_WORDS = 0.2
if how == "fault":
    shift.Told.read = lambda told, stream, tell: (stream.readline(), 1 / 0)
nothing = hashlib.sha256().hexdigest()
request = Request(1, "", "", 0, "shard", sha256=nothing, folder=sys.argv[2], silence=60 if how == "fault" else 2)
end, full = os.pipe()
out = os.dup(1)
program._carry(request, Incoming(0), Voice(full), out, None)
"""


@pytest.mark.parametrize("how", ["fault", "full"])
def test_no_program_outlives_its_worker(tmp_path: Path, how: str) -> None:
    """A worker that fails itself; one whose words nobody takes, and who hears nothing any more."""
    folder, note = tmp_path / "shard", tmp_path / "shard.pid"
    command = [sys.executable, "-c", SHIFT, how, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as worker:
        assert worker.stdin
        assert worker.stderr
        while how == "full" and worker.poll() is None and not (note.exists() and note.read_text()):
            # it is spoken to until it has begun its program
            with contextlib.suppress(BrokenPipeError):
                worker.stdin.write(b"beat\n")
                worker.stdin.flush()
            time.sleep(0.05)
        # ends only when the watcher has done its work
        words = worker.stderr.read().decode()
        assert worker.wait(60) == 1
    assert ("ZeroDivisionError" in words) is (how == "fault"), words
    assert not folder.exists()
    assert ends(int(note.read_text()))


@pytest.mark.parametrize("where", ["mkdir", "fork", "fill"])
def test_a_worker_that_cannot_make_ready_says_that_nothing_was_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pipe: tuple[int, int], where: str
) -> None:
    folder = tmp_path / "shard"

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    patched = {"mkdir": (Path, "symlink_to"), "fork": (place, "Watcher"), "fill": (Workspace, "fill")}
    monkeypatch.setattr(*patched[where], full)
    request = fitting(ask="shard", hosts=["a"], folder=str(folder))
    end = program._carry(request, Incoming(pipe[0]), Voice(pipe[1]), pipe[1], None)
    assert (end.state, end.begun, end.code) == ("failed", False, "worker/not-ready")
    assert "No space left" in end.message
    assert end.do
    assert not folder.exists()


def test_a_watcher_that_is_dismissed_touches_nothing(tmp_path: Path) -> None:
    workspace = Workspace.make(tmp_path)
    watcher = Watcher(workspace, os.open(os.devnull, os.O_WRONLY))
    watcher.dismiss()
    assert workspace.folder.exists()
    workspace.remove()


def test_a_workspace_tells_the_playbook_where_its_files_are(tmp_path: Path) -> None:
    wanted = tmp_path / "wanted"
    workspace = Workspace.make(tmp_path, str(wanted))
    workspace.fill(["b", "a"], {"x": "{{ y }}"}, given=True)
    told = (wanted / "env/extravars").read_text()
    assert '"x": !unsafe "{{ y }}"' in told
    assert f'"smartfleet_orders": !unsafe "{wanted}/orders"' in told
    assert json.loads((wanted / "hosts.json").read_text()) == ["a", "b"]
    assert (wanted / "project/playbooks").resolve() == tmp_path
    with pytest.raises(FileExistsError):
        Workspace.make(tmp_path, str(wanted))
