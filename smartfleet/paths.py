"""Where the files are that belong to smartfleet and are no Python: playbooks, templates, the example inventory.

In a checkout they are the top-level folders; in an installed wheel they lie in `smartfleet/_data`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from smartfleet.errors import RunError

Playbook = Literal["audit", "apply", "verify", "rollback"]

_PACKAGE = Path(__file__).resolve().parent


def playbook(verb: Playbook) -> Path:
    return _folder("playbooks") / f"{verb}.yml"


def templates() -> Path:
    """The Jinja2 templates: report, notices, the example fleet's settings."""
    return _folder("templates")


def inventory() -> Path:
    """The example inventory that `init` copies."""
    return _folder("inventory")


def _folder(name: str) -> Path:
    for parent in (_PACKAGE / "_data", _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise RunError(
        "install/incomplete",
        f"smartfleet's own folder {name!r} is missing beside {_PACKAGE}",
        why="the installation is not complete",
        do="install smartfleet again from its wheel, or run it from a checkout",
    )
