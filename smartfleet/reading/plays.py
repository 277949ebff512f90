"""The plays of a read-only playbook, as lists of tasks. What reading does not carry out is refused before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ansible import constants
from ansible.errors import AnsibleError
from ansible.playbook import Playbook
from ansible.playbook.block import Block
from ansible.playbook.play_context import PlayContext
from ansible.template import Templar

from smartfleet.reading.core import Core

# a task that has any of these does more than look
_REFUSED = (
    "register",
    "notify",
    "delegate_to",
    "until",
    "async_val",
    "ignore_errors",
    "ignore_unreachable",
    "throttle",
)


class Play(NamedTuple):
    """A play whose fields are filled in, and its tasks in order."""

    play: Any
    context: Any
    tasks: list[Any]
    hosts: list[Any]


def plays(core: Core, playbook: str, passwords: dict[str, str | None]) -> Iterator[Play]:
    """Each is made when the one before it is over, as Ansible does. Raises AnsibleError."""
    loaded = Playbook.load(playbook, variable_manager=core.variables, loader=core.loader)
    for play in loaded.get_plays():
        core.loader.set_basedir(play._included_path or loaded._basedir)  # noqa: SLF001 - as PlaybookExecutor does
        values = core.variables.get_vars(play=play)
        play.post_validate(Templar(loader=core.loader, variables=values))
        blocks = [block.filter_tagged_tasks(values) for block in play.compile()]
        tasks = [task for block in blocks for task in _tasks(block)]
        if play.gather_facts is not False or play.roles or play.handlers or play.serial or play.vars_prompt:
            raise AnsibleError(f"reading carries out no facts, roles, handlers, prompts and batches: {play.get_name()}")
        hosts = core.inventory.get_hosts(play.hosts, order=play.order)
        yield Play(play, PlayContext(play, passwords), tasks, hosts)


def _tasks(block: Any) -> Iterator[Any]:  # noqa: ANN401 - ansible-core ships no types
    if block.rescue or block.always:
        raise AnsibleError("reading carries out no rescue and no always")
    for entry in block.block:
        if isinstance(entry, Block):
            yield from _tasks(entry)
        elif not (entry.implicit and entry.action in constants._ACTION_META):  # noqa: SLF001 - all names of this action
            _check(entry)
            yield entry


def _check(task: Any) -> None:  # noqa: ANN401 - ansible-core ships no types
    more = [name for name in _REFUSED if getattr(task, name)]
    if more or task.action in (*constants._ACTION_ALL_INCLUDES, *constants._ACTION_META):  # noqa: SLF001 - as above
        raise AnsibleError(f"reading does not carry out such a task: {task.get_name()}", obj=task.get_ds())
