"""Read-only playbooks over many hosts in one process: Ansible's own classes, a thread for each host at work.

`ansible-playbook` forks a process for every task of every host, which costs the controller more than the host's answer
does. Here the same parts of ansible-core (inventory, variables, connection, become, interpreter discovery, vault,
action plugins, modules) run in threads. Only one of them is in Ansible's code at a time (`turn`), because that code was
written for one; while a thread waits for its host, the others go on.
"""

from __future__ import annotations

from pathlib import PurePath

_LOOKING = {"audit", "verify"}


def reads(playbook: str) -> bool:
    """Whether a playbook (its name, or the path of one of ours) only looks, so that this package can carry it out."""
    return PurePath(playbook).stem in _LOOKING
