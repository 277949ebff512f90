"""The fleet folder of a lab: its settings, and an inventory of its hosts with their keys and certificates checked."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from smartfleet.fleet.example import write_example
from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from smartfleet.lab.layout import ADMIN
from smartfleet.lab.windows.host import WindowsLabHost
from smartfleet.lab.workers.workers import Workers, site_of


@dataclass(frozen=True)
class Installer:
    """What `install.windows` names: the lab's own MSI."""

    url: str
    sha256: str
    version: str


def write_fleet(
    lab: Lab,
    hosts: Iterable[LabHost | WindowsLabHost],
    *,
    folder: Path | None = None,
    installer: Installer | None = None,
    workers: Workers | None = None,
) -> Path:
    """Writes a fleet folder for `hosts` (by default the lab's own one) and returns it.

    With `workers` every host belongs to a site that is worked on by them.
    """
    target = folder or lab.layout.fleet
    inventory = target / "inventory"
    inventory.mkdir(parents=True, exist_ok=True)
    machines = list(hosts)
    linux = {host.name: _linux_host(host) for host in machines if isinstance(host, LabHost)}
    windows = {host.name: _windows_host(lab, host) for host in machines if isinstance(host, WindowsLabHost)}
    if workers is not None:
        for number, variables in enumerate((linux | windows).values()):
            variables["smartfleet_site"] = site_of(number)
    groups = {name: {"hosts": found} for name, found in (("linux", linux), ("windows", windows)) if found}
    listed = {"all": {"vars": _connection(lab), "children": groups}}
    (inventory / "hosts.yml").write_text(yaml.safe_dump(listed, sort_keys=False), encoding="utf-8")
    if windows:
        _write_windows_variables(lab, inventory / "group_vars")
    if not (target / "smartfleet.yml").exists():
        write_example(target, [lab.old_url], lab.new_url)
        if installer is not None:
            _set(target / "smartfleet.yml", install=_installer(installer))
        if workers is not None:
            _set(target / "smartfleet.yml", engines=workers.settings())
    return target


def _linux_host(host: LabHost) -> dict[str, object]:
    return {"ansible_port": host.port, "smartfleet_root": os.fspath(host.root)}


def _windows_host(lab: Lab, host: WindowsLabHost) -> dict[str, object]:
    if host.connection == "winrm":
        return {"ansible_port": host.port}
    return {
        "ansible_port": host.port,
        "ansible_connection": "psrp",
        "ansible_psrp_protocol": "https",
        "ansible_psrp_auth": "ntlm",
        "ansible_psrp_cert_validation": "validate",
        "ansible_psrp_ca_cert": os.fspath(lab.layout.windows_ca),
    }


def _connection(lab: Lab) -> dict[str, object]:
    """How to reach hosts, by SSH where no group says otherwise; the admin's own ssh configuration plays no part."""
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


def _write_windows_variables(lab: Lab, folder: Path) -> None:
    """How to reach Windows hosts. Only the owner may read the file with the password: a lab has no vault."""
    folder.mkdir(exist_ok=True)
    file = folder / "windows.yml"
    file.touch(mode=0o600)
    variables = {
        "ansible_connection": "winrm",
        "ansible_winrm_scheme": "https",
        "ansible_winrm_transport": "ntlm",
        "ansible_winrm_server_cert_validation": "validate",
        "ansible_winrm_ca_trust_path": os.fspath(lab.layout.windows_ca),
        "ansible_password": lab.layout.windows_password.read_text(encoding="ascii"),
    }
    file.write_text(yaml.safe_dump(variables, sort_keys=False), encoding="utf-8")


def _installer(installer: Installer) -> dict[str, object]:
    windows = {"msi": installer.url, "sha256": installer.sha256, "version": installer.version}
    return {"windows": {**windows, "skip_auto_update": True, "state": "latest"}}


def _set(file: Path, **groups: object) -> None:
    settings = yaml.safe_load(file.read_text(encoding="utf-8")) | groups
    file.write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), encoding="utf-8")
