"""What the doctor needs to know of a host, and what it is told about the whole run."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from smartfleet.connect.windows.logins import Logins
from smartfleet.connect.windows.tickets import Tickets


class Target(Protocol):
    """One machine of the inventory, its variables resolved by Ansible."""

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def port(self) -> int | None: ...
    @property
    def user(self) -> str | None: ...
    @property
    def connection(self) -> str: ...
    @property
    def os(self) -> str: ...
    @property
    def vars(self) -> Mapping[str, object]: ...
    @property
    def passwords(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Settings:
    """Bounds of a run. `timeout` in seconds for each answer.

    `become_password` is what the admin typed for all hosts; one in the inventory comes first.
    """

    timeout: float = 10.0
    workers: int = 16
    become_password: str = field(default="", repr=False)
    ssh_config: Path = field(default_factory=lambda: Path("~/.ssh/config").expanduser())
    # made where it is needed: reading this machine's certificates takes 30 ms
    trust: Callable[[], ssl.SSLContext] = ssl.create_default_context
    # names of files in the inventory are meant from the fleet folder, where runs work
    folder: Path = field(default_factory=Path.cwd)
    logins: Logins = field(default_factory=Logins)
    tickets: Tickets = field(default_factory=Tickets)


def text_var(target: Target, *names: str) -> str:
    """The first of the variables that holds text (or a number), else ""."""
    for name in names:
        value = target.vars.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return str(value)
    return ""


def flag_var(target: Target, *names: str) -> bool | None:
    """The first of the variables that holds a truth value as Ansible reads it."""
    for name in names:
        value = target.vars.get(name)
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().lower() in {"yes", "true", "on", "1", "y", "t"}:
            return True
        if isinstance(value, str) and value.strip().lower() in {"no", "false", "off", "0", "n", "f"}:
            return False
    return None


def password(target: Target, *names: str) -> str:
    """The first of the passwords that the inventory has in the clear; one still in a vault counts as absent."""
    return next((target.passwords[name] for name in names if target.passwords.get(name)), "")
