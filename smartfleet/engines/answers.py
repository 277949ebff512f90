"""What hosts answered to a playbook, as it came: nothing here is parsed or trusted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

TaskState = Literal["ok", "failed", "unreachable", "skipped"]
MODULES = "smartde.nextcloud."
PROBE = "smartfleet.probe"
"""What stands as the task of an answer that no host gave: its port was asked, and nobody was there."""
SHARD = "smartfleet.shard"
"""What stands as the task of an answer for a host whose shard was lost or refused; its result has code, msg and do."""
CHECK = "ansible.builtin.assert"
"""How the playbooks check their hosts and orders: once, before anything is done, in the name of the first host."""


@dataclass(frozen=True)
class Answer:
    """One task's end on one host. `result` is the task's result as Ansible hands it on."""

    host: str
    action: str
    state: TaskState
    result: Mapping[str, Any]

    @property
    def ours(self) -> bool:
        return self.action.startswith(MODULES)

    @property
    def message(self) -> str:
        """Why the task failed, in Ansible's words; "" if it says nothing."""
        for key in ("msg", "module_stderr", "stderr", "reason"):
            text = self.result.get(key)
            if isinstance(text, str) and text.strip():
                return text.strip()
        return ""


@dataclass
class HostAnswers:
    """All answers of one host, in the order they came."""

    host: str
    answers: list[Answer] = field(default_factory=list)

    def last(self, module: str) -> Answer | None:
        """The last answer of one of our modules, by its short name."""
        named = [answer for answer in self.answers if answer.action == MODULES + module and answer.state != "skipped"]
        return named[-1] if named else None

    def first(self, state: TaskState) -> Answer | None:
        return next((answer for answer in self.answers if answer.state == state), None)

    @property
    def unreachable(self) -> Answer | None:
        return self.first("unreachable")

    @property
    def begun(self) -> bool:
        """Whether any task was carried out or tried on the host; a check of the controller's lists is none."""
        return any(
            answer.state != "skipped" and (answer.action, answer.state) != (CHECK, "ok") for answer in self.answers
        )


@dataclass(frozen=True)
class RunAnswers:
    """Everything a playbook run told. `hosts` holds every host of the run, also those that said nothing."""

    hosts: Mapping[str, HostAnswers]
    interrupted: bool
    rc: int
    output: str = ""


def gather(hosts: Iterable[str], answers: Iterable[Answer]) -> dict[str, HostAnswers]:
    """Answers by host; what other hosts said (none should) is left out."""
    table = {host: HostAnswers(host) for host in hosts}
    for answer in answers:
        if answer.host in table:
            table[answer.host].answers.append(answer)
    return table
