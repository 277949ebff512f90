"""How often Ansible looks for results while its hosts are at work.

By itself a thousand times a second, at every host each time: half a core for 20 hosts (docs/performance.md).
That setting can stand in a settings file alone, not in the environment. So Ansible gets one of ours, but only where it
would find none: two are never read together, and relative paths in one count from where it lies.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from smartfleet.paths import data_folder

# where Ansible looks after its current folder
_OTHERS = (Path("~/.ansible.cfg"), Path("/etc/ansible/ansible.cfg"))


def waiting(outer: Mapping[str, str], others: tuple[Path, ...] = _OTHERS) -> dict[str, str]:
    """Settings in the environment of an ``ansible-playbook`` that finds no ansible.cfg in its current folder."""
    if outer.get("ANSIBLE_CONFIG") or any(path.expanduser().exists() for path in others):
        return {}
    return {"ANSIBLE_CONFIG": str(data_folder("templates") / "engines" / "ansible.cfg")}
