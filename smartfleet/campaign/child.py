"""The spawned process in which ansible-runner lives.

Of its own because ansible-runner replaces the SIGINT handler and forks: neither may touch the command's process. It
has a session of its own, so that Ctrl-C in the terminal reaches only the command, which decides what it means. If the
command dies (kill -9), this process notices and takes Ansible with it.
"""

from __future__ import annotations

import os
import shlex
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from smartfleet.campaign.answers import Answer, TaskState
from smartfleet.campaign.processes import end_descendants
from smartfleet.campaign.programs import search_path
from smartfleet.campaign.workspace import Workspace

_STATES: dict[str, TaskState] = {
    "runner_on_ok": "ok",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
    "runner_on_skipped": "skipped",
}
_LARGEST_RESULT = 64 * 1024 * 1024
_OUTPUT_TAIL = 4000


@dataclass(frozen=True)
class Job:
    """What the child needs; it travels through a pipe, never through arguments or files."""

    playbook: Path
    inventory: Path
    folder: Path = field(metadata={"why": "Ansible's working folder, where its ansible.cfg may lie"})
    workspace: Workspace
    ident: str
    forks: int
    timeout: int
    check: bool
    become_password: str | None = field(repr=False)


@dataclass(frozen=True)
class Done:
    """The child's last word."""

    rc: int
    output: str


def work(job: Job, queue: Queue[Answer | Done], cancel: Event) -> None:
    """Runs the playbook; every task's end goes to `queue`, at last a `Done`."""
    os.setsid()
    parent = os.getppid()
    finished = threading.Event()
    watcher = threading.Thread(target=_watch, args=(parent, cancel, finished), daemon=True)
    watcher.start()
    try:
        queue.put(_run(job, queue))
    finally:
        finished.set()
        watcher.join()
        job.workspace.remove()


def _watch(parent: int, cancel: Event, finished: threading.Event) -> None:
    """Ends Ansible when the command says so, or is no more."""
    while not finished.wait(0.2):
        if cancel.is_set() or os.getppid() != parent:
            end_descendants(os.getpid())


def _run(job: Job, queue: Queue[Answer | Done]) -> Done:
    # a heavy import that only this process needs
    import ansible_runner  # noqa: PLC0415

    def enqueue(event: dict[str, Any]) -> bool:
        """Only enqueues: a slow handler makes ansible-runner lose events. False: no file for the event."""
        answer = _answer(event)
        if answer is not None:
            queue.put(answer)
        return False

    runner = ansible_runner.run(
        private_data_dir=str(job.workspace.folder),
        project_dir=str(job.folder),
        ident=job.ident,
        playbook=str(job.playbook),
        inventory=str(job.inventory),
        forks=job.forks,
        cmdline=_options(job),
        envvars=environment(job.workspace, job.timeout, os.environ),
        passwords=_passwords(job),
        event_handler=enqueue,
        quiet=True,
        # ansible-runner would write `passwords` and `envvars` into files
        suppress_env_files=True,
    )
    # no exit status: it was killed
    return Done(254 if runner.rc is None else runner.rc, _tail(job))


def _options(job: Job) -> str:
    folder = job.workspace.folder
    options = ["--limit", f"@{folder / 'hosts.txt'}", "--extra-vars", f"@{folder / 'vars.yml'}"]
    if job.check:
        options.append("--check")
    if job.become_password is not None:
        options.append("--ask-become-pass")
    return shlex.join(options)


def _passwords(job: Job) -> dict[str, str]:
    if job.become_password is None:
        return {}
    return {r"BECOME password.*:\s*?$": job.become_password}


def environment(workspace: Workspace, timeout: int, outer: Mapping[str, str]) -> dict[str, str]:
    """Ansible's settings for a run. What the admin set in the environment wins where it is harmless."""
    settings = {
        # ansible-runner would switch it off
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_PIPELINING": "True",
        "ANSIBLE_TIMEOUT": str(timeout),
    }
    settings = {name: outer.get(name, value) for name, value in settings.items()}
    return settings | {
        "PATH": search_path(outer),
        "ANSIBLE_LOCAL_TEMP": str(workspace.folder / "local"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(workspace.folder / "cp"),
        # ansible-runner drops larger results without a word
        "MAX_EVENT_RES": str(_LARGEST_RESULT),
    }


def _answer(event: dict[str, Any]) -> Answer | None:
    state = _STATES.get(event.get("event", ""))
    data = event.get("event_data") or {}
    if state is None or "host" not in data:
        return None
    action = str(data.get("resolved_action") or data.get("task_action") or "")
    result = data.get("res")
    return Answer(str(data["host"]), action, state, result if isinstance(result, dict) else {})


def _tail(job: Job) -> str:
    """The end of what Ansible printed, for an error that no host told."""
    path = job.workspace.folder / "artifacts" / job.ident / "stdout"
    try:
        return path.read_text(encoding="utf-8", errors="replace")[-_OUTPUT_TAIL:].strip()
    except OSError:
        return ""
