"""The hosts of a fleet, as Ansible itself understands the inventory and the limit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from smartfleet.campaign.listing import list_inventory
from smartfleet.campaign.plain_templates import filled
from smartfleet.campaign.templated import Route, routes
from smartfleet.engines.ahead import Ahead
from smartfleet.errors import InventoryError
from smartfleet.text import visible

Os = Literal["linux", "darwin", "windows"]
_UNMATCHED = re.compile(r"Could not match supplied host pattern, ignoring: (.+)")
_ROUTE = ("ansible_host", "ansible_port", "ansible_user", "ansible_ssh_host", "ansible_ssh_port", "ansible_ssh_user")
_WINDOWS_OPTIONS = ("ansible_winrm_", "ansible_psrp_")
_OS_GROUPS: Mapping[str, Os] = {"windows": "windows", "macos": "darwin", "darwin": "darwin", "linux": "linux"}
_PASSWORDS = {
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_become_password",
    "ansible_become_pass",
    "ansible_sudo_pass",
    "ansible_winrm_pass",
    "ansible_winrm_password",
    "ansible_psrp_password",
}
_WINDOWS_CONNECTIONS = {"winrm", "psrp"}


@dataclass(frozen=True)
class InventoryHost:
    """One host. `address` is "" where the inventory computes it with a template that only a run resolves.

    `vars` holds connection and smartfleet variables; everything else of the admin's stays out. `passwords` are for the
    doctor's login alone: they are never shown, stored or handed to a run.
    """

    name: str
    address: str
    port: int | None = None
    user: str | None = None
    connection: str = "ssh"
    os: Os = "linux"
    vars: Mapping[str, object] = field(default_factory=dict)
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Listing:
    """What Ansible printed of an inventory, and the hosts in it, in its order. It holds secrets: in memory alone."""

    printed: Mapping[str, Any] = field(repr=False)
    hosts: Sequence[InventoryHost] = field(repr=False)


def resolve(inventory: Path, limit: str | None, *, folder: Path) -> list[InventoryHost]:
    """The hosts that `limit` names (all without one), in the inventory's order. Raises InventoryError."""
    return list(read(inventory, limit, folder=folder).hosts)


def read(inventory: Path, limit: str | None, *, folder: Path, ahead: Ahead | None = None) -> Listing:
    """The part of the inventory that `limit` names (all without one). Raises InventoryError."""
    if limit is not None:
        check_limit(limit)
        limit = _absolute_files(limit)
    printed, warnings = list_inventory(inventory, limit, folder, ahead)
    hosts = _with_routes(parse(printed), inventory, folder)
    missed = [visible(name) for name in _UNMATCHED.findall(warnings)]
    if missed and limit is not None:
        raise InventoryError(
            "inventory/no-match",
            f"the limit names {', '.join(missed)}, which is no host and no group of {inventory}",
            why="a limit that is only half understood would work on other hosts than you mean",
            do=f"look at the names: ansible-inventory -i {inventory} --graph",
        )
    if not hosts:
        what = f"the limit {visible(limit)!r} matches no host" if limit is not None else "there is no host"
        raise InventoryError(
            "inventory/no-hosts",
            f"{what} in {inventory}",
            do=f"look at what Ansible reads there: ansible-inventory -i {inventory} --graph",
        )
    return Listing(printed, hosts)


def _with_routes(hosts: list[InventoryHost], inventory: Path, folder: Path) -> list[InventoryHost]:
    """What the inventory computes with templates is worked out; that takes a second, so only where there is any."""
    templated = [host.name for host in hosts if _is_templated(host)]
    known = routes(inventory, templated, folder) if templated else {}
    return [_routed(host, known[host.name]) if host.name in known else host for host in hosts]


def _is_templated(host: InventoryHost) -> bool:
    names = [*_ROUTE, *(name for name in host.vars if name.startswith(_WINDOWS_OPTIONS))]
    return not host.address or any("{{" in str(host.vars.get(name, "")) for name in names)


def _routed(host: InventoryHost, route: Route) -> InventoryHost:
    return replace(
        host,
        address=_plain(route.address),
        port=_port(route.port),
        user=_plain(route.user) or None,
        vars={**host.vars, **{name: value for name, value in route.options.items() if _kept(name)}},
    )


def check_limit(limit: str) -> None:
    """Refuses limits that Ansible would take for "all hosts" without a word: empty ones and broken brackets."""
    parts = [part.strip() for part in limit.split(",")]
    balanced = re.sub(r"\[[^\[\]]*\]", "", limit)
    if (
        not any(parts)
        or any(re.fullmatch(r"[!&~:\s\[\]]*", part) for part in parts if part)
        or re.search(r"[\[\]]", balanced)
    ):
        raise InventoryError(
            "inventory/bad-limit",
            f"the limit {visible(limit)!r} is not a pattern for hosts",
            why="Ansible would ignore what it cannot read, and work on every host",
            do="give names, groups or patterns: --limit 'pc-17,office:!pc-3'",
        )


def _absolute_files(limit: str) -> str:
    """``@FILE`` is meant from where the admin stands; Ansible runs in the fleet folder."""
    parts = [part.strip() for part in limit.split(",")]
    return ",".join(f"@{Path(part[1:]).expanduser().absolute()}" if part.startswith("@") else part for part in parts)


def parse(listing: Mapping[str, Any]) -> list[InventoryHost]:
    """What ``ansible-inventory --list`` printed."""
    members = _members(listing)
    variables = listing.get("_meta", {}).get("hostvars", {})
    named = list(dict.fromkeys(host for group in listing.values() if isinstance(group, dict) for host in _hosts(group)))
    return [_host(name, variables.get(name, {}), members) for name in named]


def _hosts(group: Mapping[str, Any]) -> list[str]:
    return [str(name) for name in group.get("hosts", [])]


def _members(listing: Mapping[str, Any]) -> dict[str, set[str]]:
    """Group to all its hosts, those of its children's children included."""

    def below(name: str, seen: frozenset[str]) -> set[str]:
        group = listing.get(name)
        if not isinstance(group, dict) or name in seen:
            return set()
        found = set(_hosts(group))
        for child in group.get("children", []):
            found |= below(str(child), seen | {name})
        return found

    return {name: below(name, frozenset()) for name in _OS_GROUPS}


def _host(name: str, variables: Mapping[str, Any], members: Mapping[str, set[str]]) -> InventoryHost:
    variables = {key: _filled(key, value, name, variables) for key, value in variables.items()}
    connection = str(variables.get("ansible_connection", "ssh")).rpartition(".")[2]
    guesses = [os for group, os in _OS_GROUPS.items() if name in members[group]]
    if connection in _WINDOWS_CONNECTIONS:
        guesses.insert(0, "windows")
    return InventoryHost(
        name=name,
        address=_plain(_first(variables, "host", connection) or name),
        port=_port(_first(variables, "port", connection)),
        user=_plain(_first(variables, "user", connection) or "") or None,
        connection=connection,
        os=guesses[0] if guesses else "linux",
        vars={key: value for key, value in variables.items() if _kept(key)},
        passwords={key: value for key, value in variables.items() if key in _PASSWORDS and isinstance(value, str)},
    )


def _filled(key: str, value: object, host: str, variables: Mapping[str, Any]) -> object:
    return filled(value, host, variables) if _kept(key) and isinstance(value, str) else value


def _first(variables: Mapping[str, Any], option: str, connection: str) -> object:
    """As the connection plugins read it: for Windows the plugin's own variable wins, for ssh the general one."""
    own = f"ansible_{connection}_{option}" if connection in _WINDOWS_CONNECTIONS else ""
    names = (own, f"ansible_{option}", f"ansible_ssh_{option}")
    return next((variables[name] for name in names if variables.get(name) not in (None, "")), None)


def _kept(key: str) -> bool:
    return key.startswith(("ansible_", "smartfleet_")) and "pass" not in key


def _plain(value: object) -> str:
    text = str(value)
    return "" if "{{" in text or "{%" in text else text


def _port(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 65536 else None
