"""What `smartfleet doctor` does."""

from __future__ import annotations

from pathlib import Path

from smartfleet.campaign.inventory import InventoryHost, resolve
from smartfleet.cli.codes import FAILED
from smartfleet.cli.opening import open_fleet
from smartfleet.cli.options import Format, become_password
from smartfleet.cli.output import emit, suggest
from smartfleet.connect.controller import collection_check
from smartfleet.connect.doctor import examine
from smartfleet.connect.target import Settings
from smartfleet.engines.collections import has_collection
from smartfleet.fleet import Fleet
from smartfleet.model.doctor import Check
from smartfleet.report import terminal

SERVER_UNFIT = 5


def command(*, folder: Path, limit: str | None, form: Format, ask_become: bool, timeout: float) -> int:
    fleet = open_fleet(folder)
    hosts = resolve(fleet.inventory, limit, folder=fleet.folder)
    settings = Settings(
        timeout=timeout, become_password=become_password(ask=ask_become) or "", folder=fleet.folder.absolute()
    )
    servers = fleet.config.servers
    report = examine(hosts, servers.old, servers.new, settings, here=_here(fleet, hosts))
    emit(form, report, report.checks, lambda: terminal.doctor(report))
    if report.failed("server"):
        return SERVER_UNFIT
    if report.failed("host"):
        return FAILED
    suggest(fleet, "smartfleet audit")
    return 0


def _here(fleet: Fleet, hosts: list[InventoryHost]) -> list[Check]:
    """An MSI needs a collection that not every Ansible has; looking for it takes a moment, so only where it is due."""
    wanted = fleet.config.install.windows
    if wanted.state == "keep" or not wanted.msi or not any(host.os == "windows" for host in hosts):
        return []
    return [collection_check(present=has_collection("ansible.windows", fleet.folder))]
