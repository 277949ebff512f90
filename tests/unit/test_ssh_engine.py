"""Workers behind ssh: how the client is called, what its words mean, and which worker gets a shard."""

from __future__ import annotations

import errno
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smartfleet.engines import attempts
from smartfleet.engines.order import Order
from smartfleet.engines.protocol import Ended, Event
from smartfleet.engines.shard import Shard, bucket
from smartfleet.engines.spool import Spool
from smartfleet.engines.ssh.command import by_hand, command
from smartfleet.engines.ssh.engine import SshWorkers
from smartfleet.engines.ssh.trouble import broken, unanswered
from smartfleet.errors import EngineError
from smartfleet.fleet.engines import SshEngine, SshWorker

FOLDER = Path("/srv/fleet")
WORKERS = SshEngine(workers=[SshWorker(destination=f"worker@w{number}") for number in range(3)])
ORDER = Order(b"", Spool(), "", 0)


def shard_in(place: int, number: int = 1) -> Shard:
    """One whose hosts are in this bucket of three."""
    host = next(name for name in map("pc-{}".format, range(100)) if bucket(name, 3) == place)
    return Shard("run", f"shard-{place}", number, (host,), "apply", "", 0.0)


class Submitted:
    """Stands in for `Attempts`: says of each shard which worker it was to be taken to, and ends it when it is told."""

    def __init__(self) -> None:
        self.workers: list[str] = []
        self._hear: dict[str, Callable[[Event], None]] = {}

    def begin(self, shard: Shard, _order: Order, listen: Any, connect: Any) -> None:
        self.workers.append(connect.args[0].destination)
        self._hear[shard.key] = listen

    def end(self, shard: Shard, ended: Ended) -> None:
        self._hear[shard.key](Event(shard.shard, shard.attempt, 1, ended))


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> Submitted:
    found = Submitted()
    monkeypatch.setattr(attempts.Attempts, "begin", lambda _attempts, *given: found.begin(*given))
    return found


def test_a_file_s_name_cannot_become_another_option_or_name(tmp_path: Path) -> None:
    odd = tmp_path / 'a "b" 100%h \\ c'
    odd.mkdir()
    (odd / "key").touch(mode=0o600)
    worker = SshWorker(destination="worker@127.0.0.1", identity_file="key", known_hosts_file="known")
    words = command(worker, odd)
    if shutil.which("ssh") is None:
        pytest.skip("no OpenSSH client here")
    understood = subprocess.run([words[0], "-G", *words[1:]], capture_output=True, text=True, check=True).stdout
    assert f"identityfile {odd / 'key'}".replace("%h", "%%h") in understood
    assert f"userknownhostsfile {odd / 'known'}" in understood
    for setting in ("batchmode yes", "controlmaster false", "forwardagent no", "stricthostkeychecking true"):
        assert setting in understood


def test_a_worker_is_called_as_the_settings_say() -> None:
    plain = command(SshWorker(destination="branch"), FOLDER)
    assert plain[-4:] == ["--", "branch", "smartfleet", "worker"]
    assert "-p" not in plain
    assert not any("IdentityFile" in word for word in plain)
    full = SshWorker(destination="w@h", port=2222, identity_file="keys/w", known_hosts_file="/etc/known")
    words = command(full, FOLDER)
    assert words[words.index("-p") + 1] == "2222"
    assert 'IdentityFile="/srv/fleet/keys/w"' in words
    assert 'UserKnownHostsFile="/etc/known"' in words
    assert (full.label, SshWorker(destination="branch").label) == ("w@h:2222", "branch")


def test_what_is_tried_by_hand_goes_the_same_way() -> None:
    full = SshWorker(destination="w@h", port=2222, identity_file="my keys/w")
    assert by_hand(full, FOLDER) == "ssh -p 2222 -i '/srv/fleet/my keys/w' w@h smartfleet worker < /dev/null"
    assert by_hand(SshWorker(destination="branch"), FOLDER) == "ssh branch smartfleet worker < /dev/null"


def test_a_file_in_the_home_folder_of_nobody_is_told() -> None:
    with pytest.raises(EngineError) as caught:
        command(SshWorker(destination="w", identity_file="~no-such-user/key"), FOLDER)
    assert (caught.value.code, "~no-such-user/key" in caught.value.message) == ("engine/ssh-files", True)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("@@@ REMOTE HOST IDENTIFICATION HAS CHANGED! @@@\nHost key verification failed.", "engine/ssh-host-key"),
        ("No ED25519 host key is known for [h]:22 and you have requested strict checking.", "engine/ssh-host-key"),
        ("worker@h: Permission denied (publickey).", "engine/ssh-refused"),
        ("no such identity: /k: No such file or directory\nw@h: Permission denied (publickey).", "engine/ssh-files"),
        ("WARNING: UNPROTECTED PRIVATE KEY FILE!\nw@h: Permission denied (publickey).", "engine/ssh-files"),
        ('Load key "/k": bad permissions\nw@h: Permission denied (publickey).', "engine/ssh-files"),
        ("ssh: Could not resolve hostname h: Name or service not known", "engine/ssh-name"),
        ("ssh: connect to host h port 22: Connection refused", "engine/ssh-unreachable"),
        ("kex_exchange_identification: Connection closed by remote host", "engine/ssh-unreachable"),
        ("bash: line 1: smartfleet: command not found", "engine/no-worker"),
        ("bash: /o/smartfleet: /o/python3: bad interpreter: Permission denied", "engine/no-worker"),
        ("sh: 1: /o/smartfleet: Permission denied", "engine/no-worker"),
        ("", "engine/ssh-ended"),
        ("\x1b[31mwhatever", "engine/ssh-ended"),
    ],
)
def test_what_ssh_says_has_a_code_and_a_remedy(said: str, code: str) -> None:
    ended = unanswered("w@h:22", "ssh w@h", 255, said)
    assert (ended.state, ended.begun, ended.code) == ("failed", False, code)
    assert "w@h:22" in ended.message
    assert "\x1b" not in ended.message
    assert ended.why
    assert ended.do
    assert not re.search(r"{\w*}", ended.do)


def test_a_connection_that_breaks_later_leaves_it_open() -> None:
    ended = broken("w", 255, "Timeout, server w not responding.")
    assert (ended.state, ended.begun, ended.code) == ("lost", True, "engine/ssh-lost")
    assert "not responding" in ended.message


def test_a_shard_goes_to_the_worker_of_its_bucket(submitted: Submitted) -> None:
    engine = SshWorkers(WORKERS, FOLDER)
    for place in range(3):
        engine.submit(shard_in(place), ORDER, lambda _event: None)
    assert submitted.workers == ["worker@w0", "worker@w1", "worker@w2"]


@pytest.mark.parametrize(
    ("ended", "then"),
    [
        (Ended("lost", begun=True, code="worker/silent"), "worker@w0"),
        (Ended("failed", begun=False, code="engine/ssh-unreachable"), "worker@w0"),
        (Ended("failed", begun=False, code="worker/silent"), "worker@w0"),
        (Ended("failed", begun=False, code="worker/garbled"), "worker@w0"),
        # it answered: another one would refuse as well, or it mends itself
        (Ended("failed", begun=False, code="worker/version"), "worker@w2"),
        (Ended("done", begun=True), "worker@w2"),
        (Ended("cancelled", begun=False, code="cancelled"), "worker@w2"),
    ],
)
def test_a_worker_that_does_not_answer_is_passed_over(submitted: Submitted, ended: Ended, then: str) -> None:
    engine, first, second = SshWorkers(WORKERS, FOLDER), shard_in(2), shard_in(2, 2)
    heard: list[Event] = []
    engine.submit(first, ORDER, heard.append)
    submitted.end(first, ended)
    engine.submit(second, ORDER, heard.append)
    assert submitted.workers == ["worker@w2", then]
    assert [event.said for event in heard] == [ended]


@pytest.mark.parametrize(
    ("ended", "then"),
    [
        (Ended("done", begun=True), "worker@w1"),
        (Ended("failed", begun=False, code="worker/disk"), "worker@w1"),
        # of these nobody knows whether it would have answered
        (Ended("cancelled", begun=False, code="cancelled"), "worker@w2"),
        (Ended("failed", begun=False, code="worker/silent"), "worker@w2"),
    ],
)
def test_only_a_worker_that_said_something_is_asked_first_again(submitted: Submitted, ended: Ended, then: str) -> None:
    engine = SshWorkers(WORKERS, FOLDER)
    early, late, next_one = (shard_in(1, number) for number in (1, 2, 3))
    for shard in (early, late):
        engine.submit(shard, ORDER, lambda _event: None)
    submitted.end(early, Ended("lost", begun=True, code="worker/silent"))
    submitted.end(late, ended)
    engine.submit(next_one, ORDER, lambda _event: None)
    assert submitted.workers[2] == then


def test_where_nobody_answers_the_first_is_asked_again(submitted: Submitted) -> None:
    engine = SshWorkers(WORKERS, FOLDER)
    for number in range(1, 5):
        shard = shard_in(1, number)
        engine.submit(shard, ORDER, lambda _event: None)
        submitted.end(shard, Ended("lost", begun=True))
    assert submitted.workers == ["worker@w1", "worker@w2", "worker@w0", "worker@w1"]


def test_without_ssh_every_worker_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    told = SshWorkers(WORKERS, FOLDER).check()
    assert list(told) == ["worker@w0", "worker@w1", "worker@w2"]
    for error in told.values():
        assert isinstance(error, EngineError)
        assert error.code == "engine/ssh-missing"


def test_a_machine_without_room_for_ssh_is_not_told_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: object, **_named: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(subprocess, "Popen", full)
    found = SshWorkers(WORKERS, FOLDER).check()
    assert len(found) == len(WORKERS.workers)
    for error in found.values():
        assert isinstance(error, EngineError)
        assert (error.code, error.do[:4]) == ("worker/not-started", "free")
