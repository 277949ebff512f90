"""Ansible's own connections, which lend the turn while they wait for their host."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure

from smartfleet.reading.masters import Masters
from smartfleet.reading.once import without_master
from smartfleet.reading.sessions import spare
from smartfleet.reading.tickets import Tickets
from smartfleet.reading.turn import Turn

# what ansible.plugins.connection.ConnectionBase declares that speaks with the host
_WAITS = ("_connect", "exec_command", "put_file", "fetch_file", "reset", "close")

# on a busy machine once is not always enough
_AGAIN = 3


class Connections:
    """Stands for Ansible's loader of connection plugins while one host is worked on: its tasks ask it.

    `once`: the host has one task.
    """

    def __init__(self, loader: Any, turn: Turn, masters: Masters, tickets: Tickets, *, once: bool) -> None:  # noqa: ANN401 - ansible-core ships no types
        self._loader = loader
        self._once = once
        self._turn = turn
        self._masters = masters
        self._tickets = tickets
        self._opened: list[tuple[Any, str]] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all else is the loader's
        return getattr(self._loader, name)

    def get_with_context(self, *arguments: Any, **named: Any) -> tuple[Any, Any]:  # noqa: ANN401 - the loader's own
        connection, found = self._loader.get_with_context(*arguments, **named)
        if connection is not None:
            spare(connection)
            self._tickets.share(connection)
            connection.exec_command = _asking_again(connection.exec_command)
            if self._once:
                connection.exec_command = without_master(connection, connection.exec_command)
            for name in _WAITS:
                setattr(connection, name, self._lending(getattr(connection, name)))
            way = repr([getattr(connection, name, None) for name in ("host", "port", "user")])
            self._opened.append((connection, way))
            # it may wait for another host's end
            with self._turn.lent():
                self._masters.share(way)
        return connection, found

    def leave(self) -> None:
        """The host is done with: masters that its connections made are ended if no other host needs them."""
        for connection, way in self._opened:
            self._masters.leave(way, _socket(connection))

    def _lending(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def waits(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the method takes and gives
            with self._turn.lent():
                return method(*arguments, **named)

        return waits


def _asking_again(method: Callable[..., Any]) -> Callable[..., Any]:
    """Ansible's plugin ssh gives an ssh that takes no more one millisecond to end; if that was too short, it drops
    what ssh said (that the host's key has changed, say). What is read can be asked for again.
    """

    @functools.wraps(method)
    def asks(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the method takes and gives
        for _ in range(_AGAIN):
            try:
                return method(*arguments, **named)
            except AnsibleConnectionFailure as error:
                if not isinstance(error.__cause__, BrokenPipeError):
                    raise
        return method(*arguments, **named)

    return asks


def _socket(connection: Any) -> Path | None:  # noqa: ANN401 - ansible-core ships no types
    """Where the plugin ssh has its master's socket; other plugins have none."""
    path, folder = getattr(connection, "control_path", None), getattr(connection, "control_path_dir", None)
    return Path(path % {"directory": folder}).expanduser() if path and folder else None
