"""The fleet folder of a lab: its settings, and an inventory of its hosts with host key checking on."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

import yaml

from smartfleet.fleet import write_example
from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from smartfleet.lab.layout import ADMIN


def write_fleet(lab: Lab, hosts: Iterable[LabHost], *, folder: Path | None = None) -> Path:
    """Writes a fleet folder for `hosts` (by default the lab's own one) and returns it."""
    target = folder or lab.layout.fleet
    inventory = target / "inventory"
    inventory.mkdir(parents=True, exist_ok=True)
    (inventory / "hosts.yml").write_text(yaml.safe_dump(_inventory(lab, hosts), sort_keys=False), encoding="utf-8")
    if not (target / "smartfleet.yml").exists():
        write_example(target, [lab.old_url], lab.new_url)
    return target


def _inventory(lab: Lab, hosts: Iterable[LabHost]) -> dict[str, object]:
    listed = {host.name: {"ansible_port": host.port, "smartfleet_root": os.fspath(host.root)} for host in hosts}
    return {"all": {"vars": _connection(lab), "children": {"linux": {"hosts": listed}}}}


def _connection(lab: Lab) -> dict[str, object]:
    """How to reach the hosts; nothing of the admin's own ssh configuration plays a part."""
    options = (
        "-F /dev/null",
        # OpenSSH takes the quotes for itself: the value may be a list
        "-o " + shlex.quote(f'UserKnownHostsFile="{lab.layout.known_hosts}"'),
        "-o GlobalKnownHostsFile=/dev/null",
        "-o StrictHostKeyChecking=yes",
        "-o IdentitiesOnly=yes",
        "-o IdentityAgent=none",
    )
    return {
        "ansible_host": "127.0.0.1",
        "ansible_user": ADMIN,
        "ansible_ssh_private_key_file": os.fspath(lab.layout.admin_key),
        "ansible_ssh_common_args": " ".join(options),
        "ansible_become": False,
        "ansible_pipelining": True,
        "ansible_python_interpreter": sys.executable,
    }
