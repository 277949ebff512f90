"""What a worker says: lines of JSON, of the form that `ansible-runner worker` writes."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
import uuid
from collections.abc import Mapping
from typing import Any, Literal

TaskEvent = Literal["runner_on_ok", "runner_on_failed", "runner_on_unreachable", "runner_on_skipped"]


class Events:
    """Any thread may say something; each line goes out whole, on `descriptor`.

    `largest`: characters of a result beyond which it is left out, as ansible-runner does (MAX_EVENT_RES).
    """

    def __init__(self, descriptor: int, largest: int) -> None:
        self._descriptor = descriptor
        self._largest = largest
        self._lock = threading.Lock()
        self._count = 0
        self._hushed = False

    def task(self, event: TaskEvent, host: str, action: str, result: Mapping[str, Any]) -> None:
        """A task's end on a host. `action`: the module's full name."""
        text = json.dumps(result, default=str)
        told = text if len(text) <= self._largest else "{}"
        names = json.dumps({"host": host, "task_action": action, "resolved_action": action})
        self._event(f'"event": "{event}", "stdout": "", "event_data": {names[:-1]}, "res": {told}}}')

    def said(self, text: str) -> None:
        """A line of Ansible's own that belongs to no host."""
        self._event(f'"event": "verbose", "stdout": {json.dumps(text)}, "event_data": {{}}')

    def hush(self) -> None:
        """What threads still have to say of hosts is nobody's from now on."""
        with self._lock:
            self._hushed = True

    def status(self, status: str, **more: object) -> None:
        """`more`: the exit status `rc`, or why there was an error as `job_explanation`."""
        self._write(json.dumps({"status": status, **more}))

    def listing(self, found: Mapping[str, object]) -> None:
        """An inventory that was asked for."""
        self._write(json.dumps({"listing": found}))

    def end(self) -> None:
        self._write('{"eof": true}')

    def _event(self, members: str) -> None:
        with self._lock:
            if self._hushed:
                return
            self._count += 1
            self._put(f'{{"counter": {self._count}, "uuid": "{uuid.uuid4()}", {members}}}')

    def _write(self, line: str) -> None:
        with self._lock:
            self._put(line)

    def _put(self, line: str) -> None:
        left = memoryview(f"{line}\n".encode())
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            # nobody listens any more: end as if that had been said
            os.kill(os.getpid(), signal.SIGTERM)


class Said(io.BufferedIOBase):
    """Stands for the standard output and error of Ansible's code: each line becomes an event."""

    def __init__(self, events: Events) -> None:
        super().__init__()
        self._events = events
        self._begun = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - anything with bytes in it; its type has no name before Python 3.12
        *lines, self._begun = (self._begun + bytes(data)).split(b"\n")
        for line in lines:
            self._events.said(line.decode(errors="replace"))
        return len(memoryview(data))
