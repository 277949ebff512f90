"""What this program does before there is a stream: it has Ansible imported, and answers what it is asked.

Each question is a line before the stream's own: ``{"list": ARGUMENTS, "environment": {...}}`` asks for an inventory,
``{"environment": {...}}`` brings settings that count from the stream on.
"""

from __future__ import annotations

import gc
import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smartfleet.reading.events import Events


def begin_ansible(folder: Path, arguments: tuple[str, ...] = ()) -> None:
    """Imports it with the settings of the environment and of `folder`, which is then the current one."""
    os.chdir(folder)
    # Ansible looks for its own programs beside the one that was called
    sys.argv = [str(Path(sysconfig.get_path("scripts"), "ansible-playbook")), *arguments]
    # until all is there that stays
    gc.disable()
    from smartfleet.reading import reader  # noqa: F401, PLC0415 - Ansible reads its settings while it is imported


class Questions:
    """`environment`: the settings that came."""

    def __init__(self, events: Events) -> None:
        self.environment: dict[str, str] = {}
        self._events = events

    def answer(self, line: Mapping[str, Any]) -> None:
        """A line that is none of the stream's; what is not known is left aside."""
        environment = line.get("environment") or {}
        if "list" not in line:
            self.environment |= environment
            return
        # it needs Ansible
        from smartfleet.reading.listing import listed  # noqa: PLC0415

        self._events.listing(listed(line["list"], environment)._asdict())
