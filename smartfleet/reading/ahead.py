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


def begin_ansible(folder: Path) -> None:
    """Imports it with the settings of the environment and of `folder`, which is then the current one. Once."""
    os.chdir(folder)
    # Ansible looks for its own programs beside the one that was called
    sys.argv[0] = str(Path(sysconfig.get_path("scripts"), "ansible-playbook"))
    # until all is there that stays
    gc.disable()
    # Ansible reads its settings while it is imported
    from smartfleet.reading.reader import make_ready  # noqa: PLC0415

    make_ready()


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
        # they need Ansible
        from smartfleet.reading.listing import listed  # noqa: PLC0415
        from smartfleet.reading.reader import make_ready_for  # noqa: PLC0415

        found = listed(line["list"], environment)
        self._events.listing(found._asdict())
        make_ready_for(found.output)
