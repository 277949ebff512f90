"""Hosts for shards: folders on this machine whose Python is a script that does what a test wants.

Whatever the engine, a worker on this machine reaches them through an inventory alone: the real playbooks and modules
are sent, and the script that takes them for a Python notes that it was begun.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PYTHON = """#!/bin/sh
cat > /dev/null
echo begun >> {folder}/begun
sleep {seconds}
echo ended >> {folder}/ended
echo {answer}
"""
ANSWER = {"changed": False, "facts": {}, "profiles": []}


class Hosts:
    """`folder` is theirs. Variables may hold secrets: they are written into no file here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._variables: dict[str, dict[str, Any]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._variables)

    def add(self, name: str, seconds: float = 0.0, **variables: object) -> None:
        folder = self._folder / name
        folder.mkdir(parents=True)
        python = folder / "python3"
        words = shlex.quote(json.dumps(ANSWER))
        python.write_text(_PYTHON.format(folder=shlex.quote(str(folder)), seconds=seconds, answer=words))
        python.chmod(0o755)
        self._variables[name] = {
            "ansible_connection": "local",
            "ansible_become": False,
            "ansible_python_interpreter": str(python),
            **variables,
        }

    def inventory(self) -> str:
        """As an inventory script prints it."""
        return json.dumps({"_meta": {"hostvars": self._variables}, "all": {"hosts": list(self._variables)}})

    def inventory_file(self) -> str:
        """As a file of YAML, or JSON, has it."""
        return json.dumps({"all": {"hosts": self._variables}})

    def orders(self) -> Mapping[str, Mapping[str, Any]]:
        move = {"user": "eva", "config_path": "/home/eva/nextcloud.cfg"}
        return {name: {"run": "r1", "install": None, "profiles": [move]} for name in self._variables}

    def begun(self, name: str) -> int:
        """How often a module was begun there."""
        return self._count(name, "begun")

    def ended(self, name: str) -> int:
        return self._count(name, "ended")

    def _count(self, name: str, what: str) -> int:
        path = self._folder / name / what
        return len(path.read_text().splitlines()) if path.exists() else 0
