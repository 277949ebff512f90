"""Who takes part in which job, by which command, and how it is seen that the job was really done."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench._compare import jobs, pyinfra
from bench._compare.crowd import Crowd
from bench._environment import environment
from smartfleet import paths
from smartfleet.lab.layout import ADMIN

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
OURS = "smartfleet"
PYINFRA, FLOOR_SSH, FLOOR_WINRM, RAW = "pyinfra, a script per host", "bare asyncssh", "bare pywinrm", "raw: true play"


class NotDoneError(Exception):
    """A competitor ended without having done the job: no measurement."""


@dataclass(frozen=True)
class Competitor:
    """`begin` is called before each run and is not measured; `check` sees what the command said.

    `once`: it takes so much longer than the others that a second run would tell nothing new.
    """

    name: str
    command: list[str]
    check: Callable[[str], None]
    begin: Callable[[], None] = lambda: None
    environment: Mapping[str, str] = field(default_factory=dict)
    once: bool = False


@dataclass(frozen=True)
class Job:
    """`title` heads its part of the table; `restore` brings the machines back to the start."""

    title: str
    crowd: Crowd
    competitors: list[Competitor]
    restore: Callable[[], None] = lambda: None


def audit(crowd: Crowd) -> Job:
    playbook, count = paths.playbook("audit"), len(crowd.machines)
    ours = [str(BIN / "smartfleet"), "audit", "--fleet", str(crowd.fleet), "--format", "json"]
    windows = crowd.kind == "Windows"
    stock = HERE / ("stock_windows_audit.yml" if windows else "stock_audit.yml")
    found = [
        Competitor(OURS, ours, lambda said: _expect(_audited(said), count)),
        Competitor("ansible-playbook, our module", _play(crowd, playbook), _recap(count)),
        Competitor("ansible-playbook, stock modules", _play(crowd, stock), _recap(count), once=True),
        *_bare(crowd, _record(crowd, playbook)),
    ]
    if not windows:
        found.append(Competitor(RAW, _play(crowd, HERE / "raw.yml"), _recap(count)))
    return Job(f"audit of {count} {crowd.kind} hosts", crowd, found)


def move(crowd: Crowd) -> Job:
    """From a plan that was made to accounts that are moved, looked at again. Everybody begins with the same hosts."""
    count, playbook = len(crowd.machines), paths.playbook("apply")
    plan, orders = crowd.fleet / "plan.json", crowd.fleet / "orders"
    _run("audit", "--fleet", str(crowd.fleet))
    _run("plan", "--fleet", str(crowd.fleet), "--out", str(plan), "--orders", str(orders))
    planned = crowd.fleet.with_name(f"{crowd.fleet.name}-planned")
    shutil.copytree(crowd.fleet, planned, symlinks=True)
    options = ["-e", f"smartfleet_orders={orders}", "--limit", f"@{orders / 'hosts.txt'}"]
    sent = _record(crowd, playbook, *options)
    crowd.restore()

    def as_planned() -> None:
        shutil.rmtree(crowd.fleet)
        shutil.copytree(planned, crowd.fleet, symlinks=True)

    def moved(_said: str) -> None:
        _expect(crowd.moved(), count)

    ours = [str(BIN / "smartfleet"), "apply", str(plan), "--yes", "--fleet", str(crowd.fleet), "--format", "json"]
    found = [
        Competitor(OURS, ours, moved, as_planned),
        Competitor("ansible-playbook, our modules", _play(crowd, playbook, *options), moved),
        *_bare(crowd, sent, moved),
    ]
    if crowd.kind != "Windows":  # emulated machines play no stock modules that write
        names = ["-e", f"old_url={crowd.lab.old_url}", "-e", f"new_url={crowd.lab.new_url}"]
        stock = _play(crowd, HERE / "stock_move.yml", *names)
        found.insert(2, Competitor("ansible-playbook, stock modules", stock, moved, once=True))
    return Job(f"move of {count} {crowd.kind} hosts", crowd, found, crowd.restore)


def surroundings(own: Path) -> dict[str, str]:
    """What everybody runs with. No warm connection is left from the run before: `own` is a new folder for them."""
    given = {
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(own),
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORKS": str(jobs.AT_ONCE),
    }
    return environment(**given)


def _bare(crowd: Crowd, sent: tuple[jobs.Job, ...], moved: Callable[[str], None] | None = None) -> list[Competitor]:
    """Those that carry the payload and nothing else."""
    layout, out = crowd.lab.layout, Path(tempfile.mkdtemp(prefix="out-", dir=crowd.fleet.parent))
    windows = crowd.kind == "Windows"
    secret = layout.windows_password if windows else layout.admin_key
    proof = layout.windows_ca if windows else layout.known_hosts
    file = out.with_suffix(".json")
    jobs.Jobs(sent, ADMIN, str(secret), str(proof), str(out)).write(file)

    def begin() -> None:
        for answer in out.iterdir():
            answer.unlink()

    def check(said: str) -> None:
        _expect(sum(_is_answer(answer) for answer in out.iterdir()), sum(len(job.steps) for job in sent))
        if moved is not None:
            moved(said)

    def module(name: str) -> list[str]:
        return [sys.executable, "-m", f"bench._compare.{name}", str(file)]

    if windows:
        return [Competitor(FLOOR_WINRM, module("bare_pywinrm"), check, begin)]
    found = [Competitor(FLOOR_SSH, module("bare_asyncssh"), check, begin)]
    if moved is None:
        found.append(Competitor("bare paramiko", module("bare_paramiko"), check, begin))
    program = pyinfra.installed()
    if program is not None:
        words = [program, "-y", "--parallel", jobs.AT_ONCE, HERE / "pyinfra_hosts.py", HERE / "pyinfra_deploy.py"]
        found.insert(0, Competitor(PYINFRA, [str(word) for word in words], check, begin, {"BENCH_JOBS": str(file)}))
    return found


def _record(crowd: Crowd, playbook: Path, *options: str) -> tuple[jobs.Job, ...]:
    """What Ansible sends for a playbook of ours, written down while it does so."""
    folder = Path(tempfile.mkdtemp(prefix="sent-", dir=crowd.fleet.parent))
    words = [sys.executable, "-m", "bench._compare.recording", str(folder), *_play(crowd, playbook, *options)[1:]]
    subprocess.run(words, env=surroundings(folder), check=True, stdout=subprocess.DEVNULL)
    return jobs.recorded(folder, crowd.names)


def _play(crowd: Crowd, playbook: Path, *options: str) -> list[str]:
    return [str(BIN / "ansible-playbook"), "-i", str(crowd.fleet / "inventory"), str(playbook), *options]


def _run(*words: str) -> None:
    subprocess.run([str(BIN / "smartfleet"), *words], check=True, capture_output=True, env=environment())


def _recap(count: int) -> Callable[[str], None]:
    """Every host stands in the recap, none of them as failed or unreachable."""

    def check(said: str) -> None:
        lines = said.partition("PLAY RECAP")[2].splitlines()
        _expect(sum("unreachable=0" in line and "failed=0" in line for line in lines), count)

    return check


def _audited(said: str) -> int:
    """Hosts of an audit's document with somebody's client."""
    document = json.loads(said)
    return sum(bool(host["profiles"]) for host in document["hosts"])


def _is_answer(file: Path) -> bool:
    """Whether it is a module's own answer, and no failure."""
    said = file.read_text("utf-8")
    answer = json.loads(said[said.index("{") :])
    return "changed" in answer and not answer.get("failed")


def _expect(found: int, count: int) -> None:
    if found != count:
        raise NotDoneError(f"{found} of {count} are done")
