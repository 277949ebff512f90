"""Hosts that smartfleet does not work on: names that patterns misread, and machines under two names.

Both are refused before anything is done. Pure.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence

from smartfleet.campaign.endpoints import Endpoint
from smartfleet.campaign.inventory import InventoryHost
from smartfleet.errors import InventoryError
from smartfleet.text import visible

_SHOWN = 5
_SSH_ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
# a limit is a pattern: Ansible would read these as ranges, wildcards, lists, exclusions, files or options
_PATTERN = re.compile(r"[,:*?\[\]{}\\]|^[!&~@-]")


def check_hosts(hosts: Sequence[InventoryHost], endpoints: Mapping[str, Endpoint | None]) -> None:
    """Raises InventoryError for the first kind of host that cannot be worked on. `endpoints` by name."""
    _check_names(hosts)
    _check_addresses(hosts, endpoints)


def _check_names(hosts: Iterable[InventoryHost]) -> None:
    """Blanks, characters that nobody sees, and what reads as a pattern."""
    bad = [host.name for host in hosts if not _is_plain(host.name)]
    if bad:
        raise InventoryError(
            "inventory/bad-name",
            f"the inventory has {_some([repr(visible(name)) for name in bad])}, which no limit can name safely",
            why="a name that Ansible reads as a pattern, or that shows as another one, could mean other hosts",
            do="rename it in the inventory (letters, digits, dots, dashes) and write its address into ansible_host",
        )


def _check_addresses(hosts: Iterable[InventoryHost], endpoints: Mapping[str, Endpoint | None]) -> None:
    places: dict[object, list[str]] = {}
    for host in hosts:
        place = _place(host, endpoints.get(host.name))
        if place is not None:
            places.setdefault(place, []).append(host.name)
    twice = [" and ".join(visible(name) for name in names) for names in places.values() if len(names) > 1]
    if twice:
        raise InventoryError(
            "inventory/duplicate-address",
            f"two names lead to one machine: {_some(twice)}",
            why="it would be worked on twice at the same time",
            do="keep one of the names, or correct ansible_host and ansible_port of the other",
        )


def _is_plain(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        blank = not name or any(character.isspace() for character in name)
        return not blank and visible(name) == name and not _PATTERN.search(name)
    return True


def _place(host: InventoryHost, endpoint: Endpoint | None) -> object:
    """What tells one machine from another; None where the inventory does not say it.

    The same address behind another jump host is another machine, and so is another root (the lab's machines).
    """
    root = str(host.vars.get("smartfleet_root", ""))
    if endpoint is not None:
        return (endpoint.address.lower(), endpoint.port, root)
    way = tuple(str(host.vars.get(name, "")) for name in _SSH_ARGUMENTS)
    if host.connection != "ssh" or not host.address or "{{" in "".join(way):
        return None
    return (host.address.lower(), host.port or 22, root, way)


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return "; ".join(names[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
