"""What ``ansible-inventory --list`` prints of an inventory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from smartfleet.engines.ahead import Ahead
from smartfleet.engines.programs import SECONDS, SETTINGS, call
from smartfleet.errors import InventoryError
from smartfleet.text import visible

# whatever lies in the fleet folder is no module of ours
_PROGRAM = (sys.executable, "-P", "-m", "smartfleet.reading.inventory")
_OPEN_VAULT = "name the file that holds the vault's password: export ANSIBLE_VAULT_PASSWORD_FILE=FILE"


def list_inventory(
    inventory: Path, limit: str | None, folder: Path, ahead: Ahead | None = None
) -> tuple[dict[str, Any], str]:
    """The printed document, and Ansible's warnings. `ahead` is asked first. Raises InventoryError."""
    arguments = ["-i", str(inventory.absolute()), "--list"]
    if limit is not None:
        arguments.append(f"--limit={limit}")
    try:
        done = ahead.list(arguments, SETTINGS, SECONDS) if ahead else None
        # a failure is told by a program of its own, which may ask for a vault's password
        if done is None or done.returncode:
            done = call([*_PROGRAM, *arguments], folder)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InventoryError("inventory/ansible", f"ansible-inventory did not run: {visible(str(error))}") from error
    if done.returncode != 0:
        raise _unreadable(inventory, done.stderr)
    try:
        listing = json.loads(done.stdout)
    except ValueError as error:
        raise _unreadable(inventory, done.stdout[-500:]) from error
    return listing, done.stderr


def _unreadable(inventory: Path, said: str) -> InventoryError:
    lines = [line for line in said.splitlines() if line.strip()]
    told = [line.partition("[ERROR]: ")[2] for line in lines if line.startswith("[ERROR]: ")] or lines[-1:]
    origin = [line for line in lines if line.startswith("Origin: ") and "<" not in line][:1]
    message = visible("; ".join([*told, *origin])) or "no reason given"
    see = f"see all that Ansible says: ansible-inventory -i {inventory} --list"
    return InventoryError(
        "inventory/unreadable",
        f"Ansible cannot read the inventory: {message}",
        do=_OPEN_VAULT if "no vault secrets" in said else see,
    )
