"""What a bare client has to do: for each machine the commands that Ansible sent there, one after the other."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

AT_ONCE = 20
"""Machines that everybody works on at the same time: smartfleet's own number of forks."""


@dataclass(frozen=True)
class Step:
    """One command; `payload` is the file with its standard input."""

    command: str
    payload: str

    def read(self) -> bytes:
        return Path(self.payload).read_bytes()


@dataclass(frozen=True)
class Job:
    """One machine at 127.0.0.1."""

    host: str
    port: int
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Jobs:
    """`out` is where answers go, as HOST-NUMBER.txt. `proof` is what servers are known by, `secret` what opens them."""

    jobs: tuple[Job, ...]
    user: str
    secret: str
    proof: str
    out: str

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self)), "utf-8")

    def answer(self, job: Job, number: int, said: bytes) -> None:
        (Path(self.out) / f"{job.host}-{number}.txt").write_bytes(said)


def read(file: str) -> Jobs:
    told = json.loads(Path(file).read_text("utf-8"))
    jobs = (Job(one["host"], one["port"], tuple(Step(**step) for step in one["steps"])) for one in told.pop("jobs"))
    return Jobs(tuple(jobs), **told)


def recorded(folder: Path, ports: Mapping[int, str]) -> tuple[Job, ...]:
    """Jobs of what `recording` wrote into `folder`; `ports` names the machines."""
    steps: dict[int, list[Step]] = defaultdict(list)
    for file in sorted(folder.glob("*.json"), key=lambda file: int(file.stem.partition("-")[2])):
        said = json.loads(file.read_text("utf-8"))
        payload = file.with_suffix(".payload")
        payload.write_bytes(base64.b64decode(said["stdin"]))
        payload.chmod(0o755)
        steps[said["port"]].append(Step(said["command"], str(payload)))
    return tuple(Job(ports[port], port, tuple(found)) for port, found in steps.items())
