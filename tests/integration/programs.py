"""Ansible's own programs with our collection, as an admin's shell runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent
REPOSITORY = Path(__file__).parents[2]


def ansible(folder: Path, program: str, *arguments: str) -> str:
    """What `program` of ansible-core prints in `folder`."""
    env = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / "playbooks/collections"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
    }
    return subprocess.run(
        [BIN / program, *arguments], env=env, capture_output=True, text=True, check=False, timeout=600, cwd=folder
    ).stdout


def ansible_playbook(fleet: Path, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    """`name`: a playbook of ours, which finds the collection by itself."""
    playbook = REPOSITORY / "playbooks" / f"{name}.yml"
    return subprocess.run(
        [BIN / "ansible-playbook", "-i", str(fleet / "inventory"), str(playbook), *options],
        check=False, capture_output=True, text=True, cwd=fleet, stdin=subprocess.DEVNULL, timeout=600,
    )  # fmt: skip
