"""What the wire needs of an emulated machine.

Names and passwords are asked for on the event loop and must be quick. Everything named ``run_*`` is called in a worker
process, so a machine must be picklable and keep its state on disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


class NotEmulated(Exception):  # noqa: N818 - it reads as what it is where it is raised
    """The machine does not know this module, argument or script: the caller gets a failure that says so."""


@dataclass(frozen=True)
class Caller:
    """Who asks: the account that signed in as the client spelled it, and whom Ansible becomes ("" without)."""

    user: str
    become: str = ""


@dataclass(frozen=True)
class ModuleCall:
    """One Ansible module. `name` as in playbooks (``smartde.nextcloud.win_client_facts``); `arguments` without the
    ``_ansible_*`` ones, which are in `internals` under their full names.
    """

    name: str
    arguments: Mapping[str, Any]
    internals: Mapping[str, Any]
    caller: Caller
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def check_mode(self) -> bool:
        return bool(self.internals.get("_ansible_check_mode"))


@dataclass(frozen=True)
class ScriptCall:
    """PowerShell text that is no module: what `pywinrm` sends with ``run_ps``, or Ansible's module ``raw``."""

    text: str
    stdin: bytes
    caller: Caller


@dataclass(frozen=True)
class Output:
    """What a process leaves: text on standard output and on the error stream, and its exit code."""

    out: str = ""
    err: str = ""
    status: int = 0


class Machine(Protocol):
    """One emulated Windows machine."""

    @property
    def name(self) -> str: ...

    def password(self, user: str) -> str | None:
        r"""The password of an account that may sign in over the network; None refuses it (unknown, disabled, locked,
        expired: on the wire they look alike). `user` as sent: ``eva``, ``WIN01\eva``, ``eva@corp.example``.
        """

    def certificate_user(self, principal: str) -> str | None:
        """The account that a client certificate with this principal name is mapped to."""

    def is_admin(self, user: str) -> bool:
        """Whether the account's token over the network is an administrator's; others get access denied (5)."""

    def home(self, user: str) -> str:
        r"""``C:\Users\eva``."""

    def local_path(self, path: str, user: str) -> Path:
        """Where a Windows path lies here, whatever its case; ``%TEMP%`` and the like expanded for `user`."""

    def run_module(self, call: ModuleCall) -> dict[str, Any]:
        """The module's result; NotEmulated if the machine does not know it."""

    def run_script(self, call: ScriptCall) -> Output:
        """Plays a script; NotEmulated if the machine does not know it."""
