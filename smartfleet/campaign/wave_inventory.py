"""An inventory of some hosts alone, from what ``ansible-inventory --list`` printed of the admin's. Pure.

Each host keeps its variables (those of its groups are merged into them already), its templates, what is encrypted in
place, and its groups. What a template says of other hosts only the admin's own inventory can answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

_TEMPLATE = ("{{", "{%")
_OTHERS = re.compile(r"\b(hostvars|groups|inventory_hostnames|ansible_inventory_sources|ansible_limit)\b")
_FILE = re.compile(r"\binventory_file\b")
_FOLDER = re.compile(r"\binventory_dir\b")
# Ansible looks for inventories in all others below an inventory folder
_NO_INVENTORIES = {"group_vars", "host_vars", "vars_plugins"}


class ExactInventories:
    """Inventories of parts of `printed`. The fleet is looked through once, however many parts are asked for."""

    def __init__(self, printed: Mapping[str, Any], inventory: Path) -> None:
        self._printed = printed
        self._origin = _origin(inventory)
        self._groups_of: dict[str, dict[str, int]] = {}
        self._parents: dict[str, list[str]] = {}
        for name, group in printed.items():
            for place, host in enumerate(group.get("hosts", ())):
                self._groups_of.setdefault(host, {}).setdefault(name, place)
            for child in group.get("children", ()):
                self._parents.setdefault(child, []).append(name)

    def of(self, hosts: Collection[str]) -> str | None:
        """JSON as inventory scripts print it; None where only the whole inventory will do."""
        if not all(host in self._groups_of for host in hosts):
            return None
        known = self._printed.get("_meta", {}).get("hostvars", {})
        variables = {name: known.get(name, {}) for name in hosts}
        if not all(_stands_alone(template, self._origin) for template in _templates(list(variables.values()))):
            return None
        alone = {name: {**found, **self._origin} for name, found in variables.items()}
        return json.dumps({"_meta": {**self._printed["_meta"], "hostvars": alone}, **self._groups(hosts)})

    def _groups(self, hosts: Collection[str]) -> dict[str, dict[str, list[str]]]:
        """Those in which a host is, itself or by a group below; hosts and groups in the inventory's own order."""
        members: dict[str, list[tuple[int, str]]] = {}
        for host in hosts:
            for name, place in self._groups_of[host].items():
                members.setdefault(name, []).append((place, host))
        kept, waiting = set(members), list(members)
        while waiting:
            above = [name for name in self._parents.get(waiting.pop(), ()) if name not in kept]
            kept.update(above)
            waiting += above
        return {
            name: {
                "hosts": [host for _, host in sorted(members.get(name, ()))],
                "children": [child for child in group.get("children", ()) if child in kept],
            }
            for name, group in self._printed.items()
            if name in kept
        }


def _stands_alone(template: str, origin: Mapping[str, Any]) -> bool:
    if _OTHERS.search(template) or (_FILE.search(template) and "inventory_file" not in origin):
        return False
    return "inventory_dir" in origin or not _FOLDER.search(template)


def _templates(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if any(mark in value for mark in _TEMPLATE):
            yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            # text that is no template, and text that nobody here can read
            if key not in {"__ansible_unsafe", "__ansible_vault"}:
                yield from _templates(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _templates(inner)


def _origin(inventory: Path) -> dict[str, dict[str, str]]:
    """The variables inventory_file and inventory_dir, where they are the same for every host."""
    place = inventory.absolute()
    if not place.is_dir():
        return {"inventory_file": _data(place), "inventory_dir": _data(place.parent)}
    below = (entry for entry in place.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    return {"inventory_dir": _data(place)} if all(entry.name in _NO_INVENTORIES for entry in below) else {}


def _data(path: Path) -> dict[str, str]:
    """Text that Ansible takes for no template."""
    return {"__ansible_unsafe": str(path)}
