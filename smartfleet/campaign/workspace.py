"""The private folder of one playbook run: what Ansible reads and writes, gone when the run is over."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STOP = "stop"


@dataclass(frozen=True)
class Workspace:
    """A folder that only the caller may enter (0700). No secret is ever written into it."""

    folder: Path

    @classmethod
    def make(cls) -> Workspace:
        workspace = cls(Path(tempfile.mkdtemp(prefix="smartfleet-")))
        for name in ("env", "cp", "local", "project"):
            (workspace.folder / name).mkdir(mode=0o700)
        # read by ansible-runner: how often it looks whether it was cancelled, in seconds
        workspace.write("env/settings", json.dumps({"pexpect_timeout": 1}))
        return workspace

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def stop_file(self) -> Path:
        """Once it exists, the playbooks begin no further host."""
        return self.folder / STOP

    def remove(self) -> None:
        """Ends the SSH masters that lie in the folder, and removes it."""
        for socket in self._sockets():
            subprocess.run(
                ["ssh", "-o", f"ControlPath={socket}", "-O", "exit", "any"],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=10,
            )
        shutil.rmtree(self.folder, ignore_errors=True)

    def _sockets(self) -> list[Path]:
        folder = self.folder / "cp"
        return [path for path in folder.iterdir() if path.is_socket()] if folder.is_dir() else []


def write_orders(folder: Path, orders: Mapping[str, Mapping[str, Any]]) -> None:
    """One file per host, named by the digest of the host's name: a name may hold anything, a file name may not.

    With them go `hosts.json`, which the playbooks check, and `hosts.txt` for Ansible's ``--limit @hosts.txt``.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for host, order in orders.items():
        _private(folder / f"{digest(host)}.json", json.dumps(order))
    _private(folder / "hosts.json", json.dumps(sorted(orders)))
    _private(folder / "hosts.txt", "".join(f"{host}\n" for host in sorted(orders)))


def digest(host: str) -> str:
    """As ``inventory_hostname | hash('sha256')`` in the playbooks."""
    return hashlib.sha256(host.encode()).hexdigest()


def _private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def vars_file(values: Mapping[str, Any]) -> str:
    """YAML for ``--extra-vars @FILE`` in which every string is `!unsafe`: Ansible must not take it for a template."""
    return "".join(f"{name}: {_unsafe(value)}\n" for name, value in values.items())


def _unsafe(value: object) -> str:
    if isinstance(value, str | Path):
        return f'!unsafe "{"".join(_escaped(character) for character in str(value))}"'
    if isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, Sequence):
        return "[" + ", ".join(_unsafe(item) for item in value) + "]"
    raise TypeError(f"no variable of a playbook: {type(value).__name__}")


def _escaped(character: str) -> str:
    """For YAML's double quotes. JSON would not do: it writes characters beyond the first plane as two."""
    plain = character.isascii() and character.isprintable() and character not in '"\\'
    return character if plain else f"\\U{ord(character):08x}"
