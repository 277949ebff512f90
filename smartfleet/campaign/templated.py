"""Addresses that an inventory computes (``ansible_host: "{{ inventory_hostname }}.lan"``), worked out by Ansible."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from smartfleet.campaign.programs import call

# base64, so that no name can look like another host's line
_MESSAGE = (
    "msg={{ [inventory_hostname, ansible_host | default(inventory_hostname), ansible_port | default(''), "
    "ansible_user | default('')] | map('string') | to_json | b64encode }}"
)
_ANSWER = re.compile(r'"msg": "([A-Za-z0-9+/]+=*)"')

Route = tuple[str, str, str]


def routes(inventory: Path, names: Sequence[str], folder: Path) -> dict[str, Route]:
    """Host to (address, port, user) as text; a host whose templates fail is left out. No host is connected to."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="smartfleet-limit-") as limit:
        limit.write("".join(f"{name}\n" for name in names))
        limit.flush()
        options = ["-i", str(inventory.absolute()), "--limit", f"@{limit.name}"]
        command = ["ansible", "all", *options, "-m", "ansible.builtin.debug", "-a", _MESSAGE]
        try:
            output = call(command, folder).stdout
        except (OSError, subprocess.TimeoutExpired):
            return {}
    return read(output)


def read(output: str) -> dict[str, Route]:
    """What `ansible` printed."""
    found: dict[str, Route] = {}
    for encoded in _ANSWER.findall(output):
        name, address, port, user = json.loads(base64.b64decode(encoded))
        found[name] = (address, port, user)
    return found
