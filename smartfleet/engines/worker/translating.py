"""What ansible-runner tells of a playbook run, made into answers. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import IO, Any

from smartfleet.engines.answers import Answer, TaskState

STATES: dict[str, TaskState] = {
    "runner_on_ok": "ok",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
    "runner_on_skipped": "skipped",
}
_OUTPUT_TAIL = 4000


class Told:
    """Reads the events of one run. `whole`: the program said its last word; `output`: the end of what Ansible printed;
    `trouble`: why ansible-runner itself could not do it; `failed`: it says that Ansible did not end with 0.
    """

    def __init__(self) -> None:
        self.whole = False
        self.output = ""
        self.trouble = ""
        self.failed = False

    def read(self, stream: IO[bytes], tell: Callable[[Answer], None]) -> None:
        """Until the end of `stream`."""
        for line in stream:
            event = _document(line)
            if "zipfile" in event:
                # the files of the run, in base64: nobody here wants them
                _skip(stream, 4 * math.ceil(int(event["zipfile"]) / 3))
            elif "eof" in event:
                self.whole = True
            elif event.get("status") == "error":
                self.trouble = str(event.get("job_explanation") or "")
            elif event.get("status") == "failed":
                self.failed = True
            else:
                self.output = (self.output + _printed(event))[-_OUTPUT_TAIL:]
                answer = answer_of(event)
                if answer is not None:
                    tell(answer)


def answer_of(event: dict[str, Any]) -> Answer | None:
    """An event of ansible-runner; None if it is not the end of a task on a host."""
    state = STATES.get(event.get("event", ""))
    data = event.get("event_data") or {}
    if state is None or "host" not in data:
        return None
    action = str(data.get("resolved_action") or data.get("task_action") or "")
    result = data.get("res")
    return Answer(str(data["host"]), action, state, result if isinstance(result, dict) else {})


def _document(line: bytes) -> dict[str, Any]:
    """Empty for a line that is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _printed(event: dict[str, Any]) -> str:
    text = event.get("stdout")
    return f"{text[-_OUTPUT_TAIL:]}\n" if isinstance(text, str) and text else ""


def _skip(stream: IO[bytes], count: int) -> None:
    while count > 0 and (block := stream.read(min(count, 1 << 16))):
        count -= len(block)
