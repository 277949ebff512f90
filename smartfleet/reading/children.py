"""The processes that threads have begun: those of one thread can be ended, and it begins no further ones."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from smartfleet.processes import kill_trees


class GivenUpError(BaseException):
    """Ends a thread that was given up. No Exception: Ansible's code must not take it for a task's failure."""


class Children:
    """Knows which thread began which process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: dict[threading.Thread, list[subprocess.Popen[Any]]] = {}
        self._barred: set[threading.Thread] = set()
        self._closed = False

    def may_begin(self) -> None:
        """Raises GivenUpError in a thread that was given up."""
        with self._lock:
            if self._closed or threading.current_thread() in self._barred:
                raise GivenUpError

    def begun(self, process: subprocess.Popen[Any]) -> None:
        thread = threading.current_thread()
        with self._lock:
            late = self._closed or thread in self._barred
            self._begun.setdefault(thread, []).append(process)
        if late:
            _kill([process])
            raise GivenUpError

    def finished(self) -> None:
        """The thread is at its end; a process that it left behind (an agent) is nobody's here."""
        thread = threading.current_thread()
        with self._lock:
            self._begun.pop(thread, None)
            self._barred.discard(thread)

    def give_up(self, thread: threading.Thread) -> None:
        with self._lock:
            self._barred.add(thread)
            processes = self._begun.get(thread, [])
        _kill(processes)

    def give_up_all(self) -> None:
        with self._lock:
            self._closed = True
            processes = [process for begun in self._begun.values() for process in begun]
        _kill(processes)


def _kill(processes: list[subprocess.Popen[Any]]) -> None:
    """With all below them: a jump host's ssh is a child of the ssh that was begun here."""
    kill_trees([process.pid for process in processes if process.poll() is None])


def noting(children: Children, held: Callable[[], AbstractContextManager[None]]) -> type[subprocess.Popen[Any]]:
    """The class that stands for subprocess.Popen in this program, whoever begins a process in it.

    `held`: in here nothing ends the thread, so that no process lives that `children` does not know.
    """

    class Noted(subprocess.Popen[Any]):
        def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - whatever Popen takes
            with held():
                children.may_begin()
                super().__init__(*arguments, **named)
                children.begun(self)

    return Noted
