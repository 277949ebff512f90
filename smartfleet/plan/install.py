"""Whether the client is installed on a host before its accounts are moved: only where it is missing or older."""

from __future__ import annotations

from typing import NamedTuple

from smartfleet.checks.reasons import reason
from smartfleet.fleet.schema import FleetConfig, InstallSettings
from smartfleet.fleet.windows import WindowsInstallSettings
from smartfleet.model.facts import HostFacts, InstalledClient
from smartfleet.model.plan import InstallPlan, Refusal
from smartfleet.nextcloud import versions
from smartfleet.text import visible

_WINDOWS_CLIENTS = {"msi", "binary"}
_UNSEEN = "Windows did not tell what is installed, so nothing is installed over it"


class Installation(NamedTuple):
    """`wanted`: whether a missing client would be installed; `notes`: what the admin should know about it."""

    wanted: bool
    plan: InstallPlan | None = None
    notes: tuple[Refusal, ...] = ()


def installation(config: FleetConfig, facts: HostFacts) -> Installation:
    """What the fleet's settings mean for this host."""
    if facts.system.os == "windows":
        return _on_windows(config.install.windows, facts)
    settings = config.install.linux if facts.system.os == "linux" else config.install.macos
    return Installation(settings.state != "keep", _package(settings, facts))


def _package(settings: InstallSettings, facts: HostFacts) -> InstallPlan | None:
    if settings.state == "keep":
        return None
    there = any(client.kind == "package" and client.name == settings.package for client in facts.clients)
    if settings.state == "present" and there:
        return None
    return InstallPlan(package=settings.package, state=settings.state)


def _on_windows(settings: WindowsInstallSettings, facts: HostFacts) -> Installation:
    if settings.state == "keep":
        return Installation(wanted=False)
    if any(problem.code == "unseen-products" for problem in facts.problems):
        return Installation(wanted=False, notes=(reason("client-version-unknown", _UNSEEN),))
    there = [client for client in facts.clients if client.kind in _WINDOWS_CLIENTS]
    if not there:
        return Installation(wanted=True, plan=_installer(settings))
    newest = max(there, key=lambda client: versions.parse_version(client.version))
    order = versions.compare(newest.version, settings.version) if settings.version else 0
    if order is None or order > 0:
        return Installation(wanted=False, notes=(_left_alone(newest, settings, known=order is not None),))
    outdated = order < 0 and settings.state == "latest"
    return Installation(wanted=outdated, plan=_installer(settings) if outdated else None)


def _left_alone(client: InstalledClient, settings: WindowsInstallSettings, *, known: bool) -> Refusal:
    if not known:
        return reason("client-version-unknown", "the version of the installed client cannot be told: it is left alone")
    message = f"client {visible(client.version)} is installed, newer than {settings.version}: it is left alone"
    return reason("client-newer", message)


def _installer(settings: WindowsInstallSettings) -> InstallPlan | None:
    if settings.state == "keep":
        return None
    return InstallPlan(
        kind="msi" if settings.msi else "winget",
        package=settings.msi or settings.winget,
        state=settings.state,
        version=settings.version,
        sha256=settings.sha256,
        skip_auto_update=settings.skip_auto_update,
    )
