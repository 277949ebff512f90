"""Every error that smartfleet raises on purpose.

::

    SmartfleetError
    ├── UsageError                 exit 2: the command line or the fleet folder is wrong
    │   ├── FleetError             smartfleet.yml: file, line, what was meant
    │   └── InventoryError         the inventory cannot be read or matches nothing
    ├── ConfigError                exit 1: a nextcloud.cfg that was given as a file cannot be read or written
    ├── PlanError                  exit 5: the plan does not fit (edited, stale, other hosts)
    ├── ServerError                exit 5: a server is not what the plan needs (redirect, other instance)
    ├── RunError                   exit 1: Ansible itself could not run
    ├── EngineError                exit 1: a worker or the way to it cannot be used
    ├── StoreError                 exit 1: the store cannot be read or written
    ├── ReportError                exit 1: this machine lacks what a form of the report needs
    └── LabError                   exit 1: the lab cannot start or stop

An error on one host is no exception but a result (`smartfleet.model.results.Outcome`): it never stops the others.
"""

from __future__ import annotations

from typing import ClassVar


class SmartfleetError(Exception):
    """What happened, why it matters, and what mends it.

    `code` is stable and looks like ``fleet/unknown-key``; `do` is a command or one sentence an admin can act on.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, message: str, *, why: str = "", do: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.why = why
        self.do = do

    def __str__(self) -> str:
        lines = [f"error[{self.code}]: {self.message}"]
        if self.why:
            lines.append(f"  why: {self.why}")
        if self.do:
            lines.append(f"  do:  {self.do}")
        return "\n".join(lines)


class UsageError(SmartfleetError):
    """The command line or the fleet folder is wrong."""

    exit_code = 2


class FleetError(UsageError):
    """`smartfleet.yml` cannot be used; the message starts with ``FILE:LINE:``."""


class InventoryError(UsageError):
    """The inventory cannot be read, or a pattern matches no host."""


class ConfigError(SmartfleetError):
    """A `nextcloud.cfg` that was given as a file cannot be read, or its new form cannot be written."""


class PlanError(SmartfleetError):
    """The plan was edited, is too old, or does not fit the hosts any more."""

    exit_code = 5


class ServerError(SmartfleetError):
    """A server is not what the plan needs: it redirects, is another instance, does not answer."""

    exit_code = 5


class RunError(SmartfleetError):
    """Ansible itself could not run (a host's own failure is an outcome, not this)."""


class EngineError(SmartfleetError):
    """An engine or one of its workers cannot be used; nothing was begun there."""


class StoreError(SmartfleetError):
    """The store cannot be read or written."""


class ReportError(SmartfleetError):
    """A program that a form of the report needs is missing or failed."""


class LabError(SmartfleetError):
    """The lab cannot start or stop."""
