"""The files with which a playbook tells each host what is to be done there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

MSI = "ansible.windows"
"""The collection beyond ansible-core that installing an MSI needs."""
NEEDS_MSI = f"needs-{MSI}"


def order_files(orders: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Names and contents: one file per host, named by the digest of the host's name: a name may hold anything, a file
    name may not.

    With them go `hosts.json`, which the playbooks check, `hosts.txt` for Ansible's ``--limit @hosts.txt``, and an
    empty file for a collection beyond ansible-core that an installation needs.
    """
    installs_msi = False
    for host, order in orders.items():
        yield f"{digest(host)}.json", json.dumps(order)
        installs_msi = installs_msi or (order.get("install") or {}).get("kind") == "msi"
    yield "hosts.json", json.dumps(sorted(orders))
    yield "hosts.txt", "".join(f"{host}\n" for host in sorted(orders))
    if installs_msi:
        yield NEEDS_MSI, ""


def write_orders(folder: Path, orders: Mapping[str, Mapping[str, Any]]) -> None:
    """All of them into `folder`, which only its owner may enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / NEEDS_MSI).unlink(missing_ok=True)
    for name, text in order_files(orders):
        _private(folder / name, text)


def digest(host: str) -> str:
    """As ``inventory_hostname | hash('sha256')`` in the playbooks."""
    return hashlib.sha256(host.encode()).hexdigest()


def _private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
