"""Runs one playbook over a list of hosts and brings back what they answered."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import queue as queues
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from smartfleet.campaign.answers import Answer, RunAnswers, gather
from smartfleet.campaign.child import Done, Job, work
from smartfleet.campaign.interrupts import Interrupts
from smartfleet.campaign.processes import end_descendants
from smartfleet.campaign.workspace import Workspace, vars_file, write_orders
from smartfleet.errors import RunError
from smartfleet.text import visible

_COLOUR = re.compile("\x1b\\[[0-9;]*m")

Progress = Callable[[Answer], None]
Notify = Callable[[str], None]


@dataclass(frozen=True)
class Controls:
    """How hard Ansible works, and how the run talks to the admin."""

    forks: int = 20
    timeout: int = 20
    become_password: str | None = field(default=None, repr=False)
    progress: Progress = lambda _answer: None
    notify: Notify = lambda _message: None


@dataclass(frozen=True)
class Run:
    """One playbook over some hosts. `orders` are written for the playbook to read, one file per host."""

    playbook: Path
    inventory: Path
    folder: Path
    hosts: tuple[str, ...]
    variables: Mapping[str, Any] = field(default_factory=dict)
    orders: Mapping[str, Mapping[str, Any]] | None = None
    check: bool = False


def run_playbook(run: Run, controls: Controls) -> RunAnswers:
    """A `RunError` if no host reported anything: an empty run must not pass for a successful one."""
    workspace = Workspace.make()
    try:
        _fill(workspace, run)
        job = Job(
            playbook=run.playbook,
            inventory=run.inventory.absolute(),
            folder=run.folder.absolute(),
            workspace=workspace,
            ident=uuid.uuid4().hex,
            forks=controls.forks,
            timeout=controls.timeout,
            check=run.check,
            become_password=controls.become_password,
        )
        answers, done, interrupted = _supervise(job, controls)
    finally:
        workspace.remove()
    result = RunAnswers(gather(run.hosts, answers), interrupted, done.rc, done.output)
    if not interrupted and not any(answer.ours for answer in answers):
        raise _silence(answers, done)
    return result


def _fill(workspace: Workspace, run: Run) -> None:
    variables = dict(run.variables)
    variables["smartfleet_hosts"] = workspace.write("hosts.json", json.dumps(sorted(run.hosts)))
    variables["smartfleet_stop_file"] = workspace.stop_file
    if run.orders is not None:
        write_orders(workspace.folder / "orders", run.orders)
        variables["smartfleet_orders"] = workspace.folder / "orders"
    workspace.write("hosts.txt", "".join(f"{host}\n" for host in run.hosts))
    workspace.write("vars.yml", vars_file(variables))


def _supervise(job: Job, controls: Controls) -> tuple[list[Answer], Done, bool]:
    context = multiprocessing.get_context("spawn")
    queue: Queue[Answer | Done] = context.Queue()
    cancel = context.Event()

    def finish() -> None:
        with contextlib.suppress(OSError):
            job.workspace.stop_file.touch()
        controls.notify("stopping: running hosts finish, no other is begun; Ctrl-C again cancels them")

    def abandon() -> None:
        cancel.set()
        controls.notify("cancelling")

    interrupts = Interrupts(finish, abandon)
    child = context.Process(target=work, args=(job, queue, cancel), name="smartfleet-ansible")
    with interrupts.caught():
        child.start()
        try:
            answers, done = _collect(child, queue, controls.progress)
        finally:
            _end(child)
    return answers, done, interrupts.count > 0


def _collect(child: BaseProcess, queue: Queue[Answer | Done], progress: Progress) -> tuple[list[Answer], Done]:
    answers: list[Answer] = []
    while True:
        alive = child.is_alive()
        try:
            word = queue.get(timeout=0.2)
        except queues.Empty:
            if alive:
                continue
            return answers, Done(child.exitcode or 1, "the process that ran Ansible died")
        if isinstance(word, Done):
            return answers, word
        answers.append(word)
        progress(word)


def _end(child: BaseProcess) -> None:
    """The child ends by itself once it said `Done`; whatever happened, nothing of it stays."""
    child.join(timeout=10)
    if child.is_alive() and child.pid is not None:
        end_descendants(child.pid)
        child.kill()
        child.join()


def _silence(answers: list[Answer], done: Done) -> RunError:
    failures = [answer.message for answer in answers if answer.state == "failed" and answer.message]
    lines = _COLOUR.sub("", done.output).splitlines()
    errors = [line.partition("[ERROR]: ")[2] for line in lines if "[ERROR]: " in line]
    cause = [*failures, *errors, *lines[-1:], f"exit status {done.rc}"][0]
    return RunError(
        "run/no-host-reported",
        f"Ansible ended without an answer from any host: {visible(cause)}",
        why="nothing was done on any host",
        do="run the playbook by hand to see all that Ansible says; docs/playbooks.md shows how",
    )
