"""Whether Ansible checks who it talks to. Pure; switching that off is the admin's right, and shows in every report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from smartfleet.campaign.inventory import InventoryHost
from smartfleet.model.assessment import Finding
from smartfleet.text import visible

_OFF = {"false", "no", "off", "0", "n", "f"}
_FLAGS = ("ansible_ssh_host_key_checking", "ansible_host_key_checking")
_ARGUMENTS = ("ansible_ssh_common_args", "ansible_ssh_extra_args", "ansible_ssh_args")
_CERTIFICATES = {"winrm": "ansible_winrm_server_cert_validation", "psrp": "ansible_psrp_cert_validation"}
_UNCHECKED = re.compile(r"StrictHostKeyChecking[=\s]*(no|off)\b", re.IGNORECASE)


def warnings(hosts: Iterable[InventoryHost], environment: Mapping[str, str]) -> list[Finding]:
    """At most one: over all hosts, or those whose keys nobody looks at."""
    if _off_everywhere(environment):
        return [_finding("every host (ANSIBLE_HOST_KEY_CHECKING)")]
    names = [visible(host.name) for host in hosts if host.connection == "ssh" and _unchecked(host.vars)]
    if not names:
        return []
    return [_finding(f"{', '.join(names[:5])}{f' and {len(names) - 5} more' if len(names) > 5 else ''}")]


def unchecked(hosts: Iterable[InventoryHost], environment: Mapping[str, str]) -> frozenset[str]:
    """The names of hosts whose key or certificate nobody looks at."""
    ssh = _off_everywhere(environment)
    return frozenset(
        host.name
        for host in hosts
        if (host.connection == "ssh" and (ssh or _unchecked(host.vars))) or _uncertified(host.vars, host.connection)
    )


def _off_everywhere(environment: Mapping[str, str]) -> bool:
    return environment.get("ANSIBLE_HOST_KEY_CHECKING", "").strip().lower() in _OFF


def _uncertified(variables: Mapping[str, object], connection: str) -> bool:
    name = _CERTIFICATES.get(connection, "")
    return str(variables.get(name, "")).strip().lower() == "ignore"


def _unchecked(variables: Mapping[str, object]) -> bool:
    flags = [str(variables[name]).strip().lower() for name in _FLAGS if name in variables]
    if flags:
        return flags[0] in _OFF
    return any(_UNCHECKED.search(str(variables.get(name, ""))) for name in _ARGUMENTS)


def _finding(whose: str) -> Finding:
    return Finding(
        code="host-keys-unchecked",
        severity="warning",
        message=f"SSH host keys are not checked for {whose}: another machine could have answered",
        do="take the setting away; smartfleet doctor tells which keys are missing and how to trust them",
    )
