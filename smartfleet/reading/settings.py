"""Ansible's settings, which it reads when it is imported, once more."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ansible import constants
from ansible.utils import color, display


def renew(names: Collection[str]) -> None:
    """Those that environment variables of these names set, as they are now; Ansible's plugins ask for theirs anew."""
    known: dict[str, dict[str, Any]] = constants.config.get_configuration_definitions()
    for setting, definition in known.items():
        if any(variable["name"] in names for variable in definition.get("env") or ()):
            setattr(constants, setting, constants.config.get_config_value(setting))


def say_plainly() -> None:
    """Nothing in colours, nothing into the admin's log: both are settled when Ansible is imported."""
    color.ANSIBLE_COLOR = False
    display.logger = None
