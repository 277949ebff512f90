"""Workers behind real sshds: what can be wrong with one, each told with its remedy before anything is begun."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from smartfleet.engines.ssh.command import command
from smartfleet.engines.ssh.engine import SshWorkers
from smartfleet.errors import EngineError
from smartfleet.fleet.engines import EngineSettings, SshEngine, SshWorker
from smartfleet.lab.daemon.ssh import SshHost
from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.lab import Lab
from smartfleet.lab.workers.place import Place
from smartfleet.lab.workers.workers import Workers

pytestmark = pytest.mark.once


@pytest.fixture
def first(workers: Workers) -> SshWorker:
    """The first worker, as the lab's settings name it."""
    settings = EngineSettings.model_validate(json.loads(json.dumps({**workers.settings(), "silence": 5.0})))
    return settings.ssh["outpost"].workers[0]


def asked(worker: SshWorker, folder: Path, **changes: Any) -> Any:
    """What the engine says of the worker with `changes` to its settings."""
    engine = SshWorkers(SshEngine(workers=[worker.model_copy(update=changes)]), folder)
    (told,) = engine.check().values()
    return told


def test_the_command_asks_every_worker(lab: Lab, workers: Workers, tmp_path: Path) -> None:
    folder = write_fleet(lab, [], folder=tmp_path / "fleet", workers=workers)
    words = [sys.executable, "-m", "smartfleet.cli.main", "engines", "--fleet", str(folder), "--format", "json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)["engines"]
    assert [(one["name"], one["kind"], one["sites"], len(one["workers"])) for one in told] == [
        ("local", "local", [], 1),
        ("outpost", "ssh", ["north"], 2),
        ("cluster", "dask", ["south"], 2),
    ]
    for worker in (worker for engine in told for worker in engine["workers"]):
        assert worker["state"] == "ok"
        assert worker["smartfleet"]
        assert abs(worker["ahead"]) < 30


def test_the_key_opens_nothing_but_a_worker(first: SshWorker, tmp_path: Path) -> None:
    words = command(first, tmp_path)
    done = subprocess.run([*words[:-2], "cat /etc/passwd"], input=b"", capture_output=True, check=False)
    assert b"root:" not in done.stdout
    assert json.loads(done.stdout)["ended"]["code"] == "worker/header"
    for forbidden in (["-L", "127.0.0.1:0:127.0.0.1:22", "-o", "ClearAllForwardings=no"], ["-s"]):
        tried = [*words[:1], *forbidden, *words[1:-2], "sftp"]
        assert b"SSH-" not in subprocess.run(tried, input=b"", capture_output=True, check=False).stdout


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"known_hosts_file": "empty"}, "engine/ssh-host-key"),
        ({"known_hosts_file": "other"}, "engine/ssh-host-key"),
        ({"identity_file": "stranger"}, "engine/ssh-refused"),
        ({"identity_file": "missing"}, "engine/ssh-files"),
        ({"identity_file": "open"}, "engine/ssh-files"),
        ({"destination": "nobody@127.0.0.1"}, "engine/ssh-refused"),
        ({"destination": "root@no-such-host.invalid"}, "engine/ssh-name"),
        ({"port": 1}, "engine/ssh-unreachable"),
    ],
    ids=["unknown-key", "changed-key", "stranger", "no-key", "open-key", "wrong-user", "wrong-name", "closed"],
)
def test_a_way_that_is_closed_is_told(first: SshWorker, tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    stranger.write_private_key(tmp_path / "stranger")
    (tmp_path / "stranger").chmod(0o600)
    shutil.copy(first.identity_file, tmp_path / "open")
    (tmp_path / "open").chmod(0o644)
    (tmp_path / "empty").touch()
    public = stranger.export_public_key().decode("ascii").strip()
    (tmp_path / "other").write_text(f"[127.0.0.1]:{first.port} {public}\n", encoding="ascii")
    told = asked(first, tmp_path, **changes)
    assert isinstance(told, EngineError)
    assert told.code == code, told
    assert told.do


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exec smartfleet-that-is-not-there worker\n", "engine/no-worker"),
        ("echo Welcome to this machine\nexec sleep 60\n", "worker/garbled"),
        ("exit 3\n", "engine/ssh-ended"),
    ],
    ids=["not-installed", "noise", "silent"],
)
def test_a_machine_without_a_worker_is_told(lab: Lab, first: SshWorker, tmp_path: Path, script: str, code: str) -> None:
    place = Place("worker-1", lab.layout.worker_home("worker-1"))
    before = place.script.read_text(encoding="utf-8")
    place.script.write_text(script, encoding="utf-8")
    try:
        told = asked(first, tmp_path)
    finally:
        place.script.write_text(before, encoding="utf-8")
    assert isinstance(told, EngineError)
    assert told.code == code, told


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short name, for sockets lie in it."""
    with tempfile.TemporaryDirectory(prefix="sf-", dir="/tmp") as made:
        yield Path(made)


def test_without_sshd_the_lab_s_own_server_keeps_to_the_forced_command(
    tmp_path: Path, short: Path, workers: Workers
) -> None:
    """Where nobody is root, or no sshd is installed."""
    key = Path(workers.identity_file)
    place = Place("worker", tmp_path / "home/admin")
    place.make(short / "tmp")
    public = asyncssh.read_private_key(key).export_public_key().decode("ascii").strip()
    (tmp_path / "authorized_keys").write_text(f"{place.forced} {public}\n", encoding="utf-8")

    async def ask() -> Any:
        host = SshHost(tmp_path, asyncssh.generate_private_key("ssh-ed25519"), tmp_path / "authorized_keys")
        await host.listen()
        known = host.host_key.export_public_key().decode("ascii").strip()
        (tmp_path / "known").write_text(f"[127.0.0.1]:{host.port} {known}\n", encoding="ascii")
        told = replace(workers, ports={"worker": host.port}, user="admin", known_hosts_file=str(tmp_path / "known"))
        settings = EngineSettings.model_validate({**told.settings(), "silence": 5.0})
        try:
            return await asyncio.to_thread(asked, settings.ssh["outpost"].workers[0], tmp_path)
        finally:
            await host.close()

    told = asyncio.run(ask())
    assert not isinstance(told, EngineError), told
    assert told["smartfleet"]
