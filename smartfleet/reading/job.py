"""One host's tasks, in a thread of its own."""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.plugins.loader import connection_loader
from ansible.template import Templar

from smartfleet.reading.children import Children, GivenUpError
from smartfleet.reading.connections import Connections
from smartfleet.reading.core import Core, Result, own_copy
from smartfleet.reading.events import Events, TaskEvent
from smartfleet.reading.masters import Masters
from smartfleet.reading.plays import Play
from smartfleet.reading.tickets import Tickets
from smartfleet.reading.turn import OwnTime, Turn


@dataclass(frozen=True)
class Shop:
    """What all jobs share."""

    core: Core
    events: Events
    turn: Turn
    children: Children
    masters: Masters
    tickets: Tickets = field(default_factory=Tickets)


@dataclass(frozen=True)
class Limit:
    """How long a task may take: `seconds`, until `deadline` by its thread's own time."""

    task: Any
    seconds: int
    deadline: float


@dataclass(eq=False)
class Job:
    """`names`: all hosts of the play. `ended` is told when the thread is at its end, whatever came of it.

    `state`: "" until the host has failed or could not be reached.
    """

    shop: Shop
    play: Play
    names: Sequence[str]
    host: Any
    tasks: Sequence[Any]
    ended: Callable[[Job], None]
    state: str = ""
    limit: Limit | None = None
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._told = threading.Lock()
        self._given_up = False
        self._own = OwnTime()
        self.thread = threading.Thread(target=self._work, name=f"reading-{self.host.name}", daemon=True)

    def give_up_if_late(self) -> bool:
        """Whether its task took too long. Its thread then ends when it can; what it still says is nobody's."""
        with self._told:
            limit = self.limit
            if limit is None or self._own.now() < limit.deadline:
                return False
            self._given_up = True
            self.state = "failed"
        self.shop.children.give_up(self.thread)
        # in the words of ansible-core's TaskTimeoutError
        late = {"msg": f"Task failed: Timed out after {limit.seconds} second(s).", "changed": False}
        self._say("runner_on_failed", limit.task, late | {"timedout": {"period": limit.seconds}})
        return True

    def _work(self) -> None:
        shop, once = self.shop, len(self.tasks) == 1
        connections = Connections(connection_loader, shop.turn, shop.masters, shop.tickets, once=once)
        # whatever one of them raises, the others follow
        with contextlib.ExitStack() as end, contextlib.suppress(GivenUpError):
            end.callback(self.ended, self)
            end.callback(self.shop.children.finished)
            end.callback(connections.leave)
            for task in self.tasks:
                if not self.state:
                    self._carry_out(task, connections)

    def _carry_out(self, original: Any, connections: Connections) -> None:  # noqa: ANN401 - ansible-core ships no types
        task = own_copy(original)
        try:
            with self.shop.turn.held(self._own):
                event, result = self._found(task, connections)
        except GivenUpError:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a plugin raises, sys.exit too, concerns this host alone
            told = str(error) if isinstance(error, Exception) else ""
            event, result = "runner_on_failed", {"msg": told or repr(error), "exception": traceback.format_exc()}
        with self._told:
            self.limit = None
            if self._given_up:
                raise GivenUpError
        if event in {"runner_on_failed", "runner_on_unreachable"}:
            self.state = event.removeprefix("runner_on_")
        self._say(event, task, result)

    def _found(self, task: Any, connections: Connections) -> Result:  # noqa: ANN401 - ansible-core ships no types
        core = self.shop.core
        given = core.variables.get_vars(
            play=self.play.play, host=self.host, task=task, _hosts=self.names, _hosts_all=self.names
        )
        seconds = int(Templar(loader=core.loader, variables=given).template(task.timeout) or 0)
        # Ansible would ask for an alarm signal, which only a main thread gets
        task.timeout = 0
        if seconds:
            self.limit = Limit(task, seconds, self._own.now() + seconds)
        return core.execute(self.host, task, given, self.play.context, connections)

    def _say(self, event: TaskEvent, task: Any, result: Any) -> None:  # noqa: ANN401 - ansible-core ships no types
        shown = {"censored": "the playbook hides this task's result"} if result.get("_ansible_no_log") else result
        self.shop.events.task(event, self.host.name, str(task.resolved_action or task.action), shown)
