"""Where the files are that belong to smartfleet and are no Python: playbooks, templates, the example inventory.

In a checkout they are the top-level folders; in an installed wheel they lie in `smartfleet/_data`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from smartfleet.errors import RunError

Part = Literal["playbooks", "templates", "inventory"]
Playbook = Literal["audit", "apply", "verify", "rollback", "notify", "unlock", "purge"]

FLEET_FILE = "smartfleet.yml"
"""A folder with this file in it is a fleet's."""

_PACKAGE = Path(__file__).resolve().parent


def playbook(verb: Playbook) -> Path:
    return data_folder("playbooks") / f"{verb}.yml"


def data_folder(part: Part) -> Path:
    """The folder `part`; a `RunError` if the installation lacks it."""
    for parent in (_PACKAGE / "_data", _PACKAGE.parent):
        if (parent / part).is_dir():
            return parent / part
    raise RunError(
        "install/incomplete",
        f"smartfleet's own folder {part!r} is missing beside {_PACKAGE}",
        why="the installation is not complete",
        do="install smartfleet again from its wheel, or run it from a checkout",
    )
