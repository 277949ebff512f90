"""Runs one playbook over a list of hosts and brings back what they answered."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smartfleet.campaign.dispatch import ShardTrouble
from smartfleet.campaign.lazily import Lazily
from smartfleet.campaign.reach import KeepGoing, Sweep
from smartfleet.campaign.supervising import Assigned, Judge, Supervision, without_result
from smartfleet.engines.answers import Answer, RunAnswers, gather
from smartfleet.engines.order import Order
from smartfleet.engines.payload import Job, pack
from smartfleet.engines.protocol import Ended
from smartfleet.errors import EngineError, RunError
from smartfleet.text import visible

_COLOUR = re.compile("\x1b\\[[0-9;]*m")

Progress = Callable[[Answer], None]
Probed = Callable[[Sweep], None]
Troubled = Callable[[ShardTrouble], None]
Notify = Callable[[str], None]


@dataclass(frozen=True)
class Controls:
    """How hard Ansible works, and how the run talks to the caller. Times in seconds.

    `timeout` is for a connection, `probe_timeout` for a port to answer before that, `host_timeout` for one task of one
    host. `silence`: after how long controller and worker take each other for gone. `deadline`: after which a worker
    begins no further host, seconds since the epoch. `probed` is told what the ports said, before Ansible begins.
    `progress` gets every answer as it comes, those that stand for absent hosts too. `troubled` is told of shards that
    were lost or refused. `keep_going` is asked several times a second while the playbook runs;
    False: no further host is begun, those that are begun finish.
    """

    forks: int = 20
    timeout: int = 20
    probe_timeout: float = 3.0
    host_timeout: float = 1800.0
    silence: float = 60.0
    deadline: float = math.inf
    become_password: str | None = field(default=None, repr=False)
    probed: Probed = lambda _sweep: None
    progress: Progress = lambda _answer: None
    troubled: Troubled = lambda _trouble: None
    notify: Notify = lambda _message: None
    keep_going: KeepGoing = lambda: True


@dataclass(frozen=True)
class Run:
    """One playbook over some hosts. `orders` are written for the playbook to read, one file per host.

    `lean`: whoever calls takes the results from `Controls.progress`; those of tasks that went well are not gathered, as
    thousands of hosts' facts would fill the memory. `name`: the run's in the store; "" for one that is not in it.
    """

    playbook: Path
    inventory: Path
    folder: Path
    hosts: tuple[str, ...]
    variables: Mapping[str, Any] = field(default_factory=dict)
    orders: Mapping[str, Mapping[str, Any]] | None = None
    check: bool = False
    lean: bool = False
    name: str = ""


def run_shards(run: Run, assigned: Sequence[Assigned], controls: Controls, judge: Judge) -> RunAnswers:
    """The playbook over the hosts of `run`, each shard of them at its engine.

    `judge` is told of each shard's end, and answers for hosts that nobody heard of; its answers go the way of all
    others. An EngineError if no shard was begun, for the reason of the first; a `RunError` if all came to their end and
    no host reported anything: an empty run must not pass for a successful one.
    """
    answers: list[Answer] = []

    def take(answer: Answer) -> None:
        answers.append(without_result(answer) if run.lean else answer)
        controls.progress(answer)

    supervision = Supervision(controls.keep_going, take, controls.notify, judge)
    supervision.carry(assigned, _packer(run, controls))
    ends = supervision.ends
    result = RunAnswers(
        gather(run.hosts, answers),
        supervision.interrupted,
        max((end.rc for end in ends), default=0),
        "\n".join(end.output for end in ends if end.output),
    )
    if not result.interrupted:
        _check(ends, answers, result)
    return result


def _packer(run: Run, controls: Controls) -> Callable[[Assigned], Order]:
    job = Job(
        playbook=run.playbook,
        inventory=run.inventory.absolute(),
        folder=run.folder.absolute(),
        variables={**run.variables, "smartfleet_host_timeout": max(1, round(controls.host_timeout))},
        forks=controls.forks,
        timeout=controls.timeout,
        check=run.check,
        become_password=controls.become_password,
        silence=controls.silence,
    )

    def packed(one: Assigned) -> Order:
        orders = run.orders
        if orders is not None:
            orders = Lazily([host for host in one.shard.hosts if host in orders], orders.__getitem__)
        return pack(job, orders, one.exact, here=one.engine.here)

    return packed


def _check(ends: Sequence[Ended], answers: Iterable[Answer], result: RunAnswers) -> None:
    refused = [end for end in ends if end.state == "failed" and not end.begun]
    if refused and len(refused) == len(ends):
        first = refused[0]
        raise EngineError(first.code, first.message, why=first.why, do=first.do)
    if all(end.state in {"done", "failed"} for end in ends) and not any(answer.ours for answer in answers):
        raise _silence(list(answers), result)


def _silence(answers: list[Answer], result: RunAnswers) -> RunError:
    failures = [answer.message for answer in answers if answer.state == "failed" and answer.message]
    lines = _COLOUR.sub("", result.output).splitlines()
    errors = [line.partition("[ERROR]: ")[2] for line in lines if "[ERROR]: " in line]
    cause = [*failures, *errors, *lines[-1:], f"exit status {result.rc}"][0]
    return RunError(
        "run/no-host-reported",
        f"Ansible ended without an answer from any host: {visible(cause)}",
        why="no host told that anything was done on it",
        do="run the playbook by hand to see all that Ansible says; docs/playbooks.md shows how",
    )
