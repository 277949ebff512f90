"""The same stream for `ansible-runner worker` and for ours: playbooks with stub modules, hosts, what came back."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import yaml

from smartfleet.engines.answers import Answer
from smartfleet.engines.worker.translating import answer_of
from smartfleet.paths import data_folder

STUBS = Path(__file__).parents[1] / "stubs"
Program = Literal["smartfleet.reading", "ansible_runner"]


class Vaulted(str):
    """Text that stands encrypted in an inventory."""

    __slots__ = ()


yaml.SafeDumper.add_representer(Vaulted, lambda dumper, text: dumper.represent_scalar("!vault", str(text), style="|"))


@dataclass(frozen=True)
class Said:
    """`events`: every line of JSON. `words`: what the program wrote on stderr."""

    events: list[dict[str, Any]]
    status: int
    words: str

    @property
    def answers(self) -> dict[str, list[Answer]]:
        """By host, in their order; checks of the host list left out."""
        found: dict[str, list[Answer]] = {}
        for event in self.events:
            answer = answer_of(event)
            if answer is not None and answer.ours:
                found.setdefault(answer.host, []).append(answer)
        return found

    @property
    def printed(self) -> str:
        return "\n".join(event["stdout"] for event in self.events if event.get("stdout"))


class Site:
    """A folder with playbooks and hosts, where an ansible.cfg may lie. `files`: what its stream holds, by name."""

    def __init__(self, folder: Path, module: Path = STUBS / "stub.py") -> None:
        self.folder = folder
        self.hosts: dict[str, Mapping[str, object]] = {}
        self.files = {"orders/hosts.json": "[]"}
        self.playbooks = folder / "playbooks"
        shutil.copytree(data_folder("playbooks"), self.playbooks, ignore=shutil.ignore_patterns("modules", "action"))
        modules = self.playbooks / "collections/ansible_collections/smartde/nextcloud/plugins/modules"
        modules.mkdir(parents=True)
        for name in ("client_facts", "tree_manifest"):
            shutil.copy(module, modules / f"{name}.py")

    def add(self, name: str, **variables: object) -> Path:
        """Its folder, where the stub looks what it is to answer."""
        root = self.folder / "roots" / name
        root.mkdir(parents=True)
        self.hosts[name] = {"ansible_python_interpreter": sys.executable, "smartfleet_root": str(root), **variables}
        hosts = {host: dict(one) for host, one in self.hosts.items()}
        text = yaml.safe_dump({"all": {"hosts": hosts}}, sort_keys=False)
        (self.folder / "inventory.yml").write_text(text, encoding="utf-8")
        return root

    def stream(self, playbook: str = "audit", **more: object) -> bytes:
        kwargs = {
            "playbook": str(self.playbooks / f"{playbook}.yml"),
            "inventory": str(self.folder / "inventory.yml"),
            "project_dir": str(self.folder),
            "forks": 20,
            "envvars": {"ANSIBLE_HOST_KEY_CHECKING": "True", "ANSIBLE_PIPELINING": "True", "ANSIBLE_TIMEOUT": "5"},
            "suppress_env_files": True,
            **more,
        }
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            for name, text in self.files.items():
                packed.writestr(name, text)
        content = archive.getvalue()
        lines = [json.dumps({"kwargs": kwargs}), json.dumps({"zipfile": len(content)})]
        return "\n".join([*lines, base64.b64encode(content).decode() + '{"eof": true}\n']).encode()


@dataclass
class Running:
    """A program that has all of its stream and is not over."""

    process: subprocess.Popen[bytes]
    private: Path
    _words: IO[bytes]

    def wait(self) -> Said:
        """Until it has said everything, with its standard input open."""
        assert self.process.stdout is not None
        events = [json.loads(line) for line in self.process.stdout if line.startswith(b'{"')]
        status = self.process.wait(timeout=600)
        self._words.seek(0)
        return Said(events, status, self._words.read().decode(errors="replace"))


@contextlib.contextmanager
def running(
    program: Program, stream: bytes, extra: Mapping[str, object] | None = None, **environment: str
) -> Iterator[Running]:
    """`extra`: variables of the playbook. Nothing of it is left afterwards."""
    private = Path(tempfile.mkdtemp(prefix="sf-", dir="/tmp"))
    for name in ("cp", "local", "project", "env"):
        (private / name).mkdir()
    (private / "env" / "extravars").write_text(json.dumps(dict(extra or {})))
    scripts = sysconfig.get_path("scripts")
    given = {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_LOCAL_TEMP": str(private / "local"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(private / "cp"),
        "MAX_EVENT_RES": str(1 << 26),
        "SF_TEST_MARK": str(private),
    }
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", program, "worker", "--private-data-dir", str(private)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            env={**os.environ, **given, **environment},
            start_new_session=True,
        )
        try:
            assert process.stdin is not None
            process.stdin.write(stream)
            process.stdin.flush()
            yield Running(process, private, words)
        finally:
            for pid in left(private):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with process:
                process.wait()
            shutil.rmtree(private)


def run(program: Program, stream: bytes, extra: Mapping[str, object] | None = None, **environment: str) -> Said:
    with running(program, stream, extra, **environment) as begun:
        return begun.wait()


def left(private: Path) -> list[int]:
    """Processes here that a program with this private folder has begun and that still live, itself included."""
    mark = f"SF_TEST_MARK={private}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found
