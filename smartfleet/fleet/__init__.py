"""The fleet folder: `smartfleet.yml`, `inventory/` and the state that smartfleet keeps in `.smartfleet/`."""

from __future__ import annotations

from smartfleet.fleet.load import Fleet, load_fleet
from smartfleet.fleet.schema import (
    AnsibleSettings,
    FleetConfig,
    Install,
    InstallSettings,
    MoveSettings,
    NoticeSettings,
    Servers,
    VerifySettings,
)

__all__ = [
    "AnsibleSettings",
    "Fleet",
    "FleetConfig",
    "Install",
    "InstallSettings",
    "MoveSettings",
    "NoticeSettings",
    "Servers",
    "VerifySettings",
    "load_fleet",
]
