"""One task on one host through ansible-core's TaskExecutor, which 2.21 changed: there tasks have a context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from ansible._internal import _task  # the task's context has no public name
from ansible.executor import task_result
from ansible.executor.task_executor import TaskExecutor
from ansible.plugins.loader import get_plugin_loader_namespace

from smartfleet.reading.connections import Connections
from smartfleet.reading.events import TaskEvent

Result = tuple[TaskEvent, Mapping[str, Any]]

_UNIFIED = hasattr(_task, "UnifiedTaskResult")


class _NoListener:
    """What a task tells in between (items of a loop, retries) nobody asks for."""

    def send_callback(self, *_what: object) -> None:
        return


@dataclass(frozen=True)
class Core:
    """What all tasks of a run share. Untyped: ansible-core ships no types."""

    loader: Any
    inventory: Any
    variables: Any

    def execute(self, host: Any, task: Any, given: dict[str, Any], context: Any, connections: Connections) -> Result:  # noqa: ANN401
        """How the task ended on the host, and what Ansible would hand to its callbacks.

        `task` is the host's own copy, `given` all its variables, `context` the play's. A task that goes wrong is a
        result too; what is raised is a fault of Ansible or of this program.
        """
        loaders = SimpleNamespace(**{**vars(get_plugin_loader_namespace()), "connection_loader": connections})
        rest = (context, self.loader, loaders, _NoListener(), self.variables)
        if _UNIFIED:
            with _task.TaskContext.create(task=task, task_vars=given, host_name=host.name):
                task.squash()
                unified = TaskExecutor(host, *rest).run()
                unified.finalize_registered_values()
            found = task_result.CallbackTaskResult(host, task, unified)
            return _event(found), found.result
        with _task.TaskContext(task):
            answer = TaskExecutor(host, task, given, *rest).run()
        raw = task_result._RawTaskResult(host, task, answer, task.dump_attrs())  # noqa: SLF001 - what callbacks get is made of it
        return _event(raw), raw.as_callback_task_result().result


def _event(found: Any) -> TaskEvent:  # noqa: ANN401 - ansible-core ships no types
    """In the order in which Ansible's strategies ask."""
    if found.is_failed():
        return "runner_on_failed"
    if found.is_unreachable():
        return "runner_on_unreachable"
    return "runner_on_skipped" if found.is_skipped() else "runner_on_ok"


def own_copy(task: Any) -> Any:  # noqa: ANN401 - ansible-core ships no types
    """A task is filled in with the host's values while it runs; a fork has a copy by nature."""
    copied = task.copy(exclude_parent=True, exclude_tasks=True)
    copied._parent = task._parent  # noqa: SLF001 - as Ansible's own loops copy a task
    return copied
