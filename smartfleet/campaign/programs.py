"""Where Ansible's programs are: beside this Python, whether or not its virtual environment was activated."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Mapping


def search_path(outer: Mapping[str, str]) -> str:
    """PATH with this installation's own programs first."""
    return os.pathsep.join([sysconfig.get_path("scripts"), outer.get("PATH", os.defpath)])
