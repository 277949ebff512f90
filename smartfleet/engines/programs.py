"""Ansible's programs: beside this Python, whether or not its virtual environment was activated."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path


def search_path(outer: Mapping[str, str]) -> str:
    """PATH with this installation's own programs first."""
    return os.pathsep.join([sysconfig.get_path("scripts"), outer.get("PATH", os.defpath)])


# for a program whose answer is read
SETTINGS = {
    "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True",
    "ANSIBLE_NOCOLOR": "True",
    "ANSIBLE_FORCE_COLOR": "False",
    # whatever the admin has set for runs: these would write between the lines of the answer
    "ANSIBLE_VERBOSITY": "0",
    "ANSIBLE_DEBUG": "False",
    # and Ansible would log the inventory, with the passwords that stand in it
    "ANSIBLE_LOG_PATH": os.devnull,
}
SECONDS = 300


def call(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs one of them in the fleet folder without asking anything. OSError or TimeoutExpired if it cannot run."""
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        cwd=folder,
        env={**os.environ, "PATH": search_path(os.environ), **SETTINGS},
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
    )
