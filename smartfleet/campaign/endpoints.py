"""Which port tells whether a host is there, found as the doctor finds it.

Where the way to a host is not a port that this machine can ask (a jump host, a proxy, a connection of another kind, a
template that only a run resolves), there is no endpoint: such a host is tried without having been asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from smartfleet.campaign.ansible_defaults import connection_defaults
from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.sshways import OtherWays, other_ways
from smartfleet.connect import route as ssh
from smartfleet.connect.target import Settings, text_var
from smartfleet.connect.windows import route as windows
from smartfleet.connect.windows.proxies import proxy_of

_SSH = {"ssh", "smart", "paramiko", "paramiko_ssh", ""}
_WINDOWS = {"winrm", "psrp"}
_SSH_VARIABLES = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args", "ansible_ssh_executable")
_PROXIES = ("ansible_winrm_proxy", "ansible_psrp_proxy")


class Endpoint(NamedTuple):
    """A TCP port."""

    address: str
    port: int


@dataclass(frozen=True)
class Surroundings:
    """What decides about a way besides the inventory.

    `defaults`: connection variables that Ansible's own settings give to hosts without them.
    """

    settings: Settings = field(default_factory=Settings)
    defaults: Mapping[str, str] = field(default_factory=dict)
    other_ways: OtherWays = field(default_factory=OtherWays)


def surroundings(folder: Path) -> Surroundings:
    """Of this machine, for an Ansible that is started in `folder`."""
    settings = Settings(folder=folder)
    return Surroundings(settings, connection_defaults(folder, os.environ), other_ways(settings.ssh_config))


def endpoints(hosts: Iterable[InventoryHost], around: Surroundings) -> dict[str, Endpoint | None]:
    """By host; None where only the connection itself can tell."""
    return {host.name: _endpoint(host, around) for host in hosts}


def _endpoint(host: InventoryHost, around: Surroundings) -> Endpoint | None:
    if not host.address or "{{" in str(host.vars.get("ansible_port", "")):
        return None
    try:
        if host.connection in _SSH:
            return _of_ssh(_with(host, around.defaults), around)
        return _of_windows(host) if host.connection in _WINDOWS else None
    # what the options or the configuration mean, ssh itself shall say
    except (ValueError, OSError, ImportError):
        return None


def _with(host: InventoryHost, defaults: Mapping[str, str]) -> InventoryHost:
    port = defaults.get("ansible_port", "")
    return replace(
        host,
        vars={**defaults, **host.vars},
        port=host.port or (int(port) if port.isdigit() else None),
    )


def _of_ssh(host: InventoryHost, around: Surroundings) -> Endpoint | None:
    if any("{{" in text_var(host, name) for name in _SSH_VARIABLES):
        return None
    if text_var(host, "ansible_ssh_executable").rpartition("/")[2] not in {"", "ssh"}:
        return None
    route = ssh.resolve(host, around.settings)
    if route.proxy or _may_lead_elsewhere(route, host.address, around):
        return None
    return Endpoint(route.address, route.port)


def _may_lead_elsewhere(route: ssh.Route, name: str, around: Surroundings) -> bool:
    """With a file of its own (``-F``) ssh reads no other; what that one includes is not looked into."""
    if route.config is not None:
        return route.config.is_file()
    return around.other_ways.may_lead_to(name)


def _of_windows(host: InventoryHost) -> Endpoint | None:
    if text_var(host, *_PROXIES):
        return None
    route = windows.resolve(host)
    if proxy_of(route):
        return None
    return Endpoint(route.address, route.port)
