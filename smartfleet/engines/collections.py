"""Ansible collections that this installation has."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from smartfleet.engines.programs import call


def has_collection(name: str, folder: Path) -> bool:
    """Whether Ansible finds `name` (``ansible.windows``) on its own paths."""
    try:
        done = call(["ansible-galaxy", "collection", "list", name, "--format", "json"], folder)
        found = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return False
    return isinstance(found, dict) and any(name in collections for collections in found.values())
