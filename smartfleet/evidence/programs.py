"""The programs that sign and verify: ssh-keygen and minisign."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from smartfleet.errors import UsageError

_SECONDS = 60
_PACKAGES = {"ssh-keygen": "openssh-client", "minisign": "minisign"}
# the programs' words are read by us
_ENVIRONMENT = {"LC_ALL": "C"}


@dataclass(frozen=True)
class Answer:
    ok: bool
    text: str
    """What it wrote to standard output, or else to standard error."""


def ask(arguments: Sequence[str], given: bytes = b"") -> Answer:
    """Runs a program that asks nobody. UsageError if it is not installed or does not end."""
    try:
        done = subprocess.run(
            arguments, input=given, capture_output=True, timeout=_SECONDS, check=False, env=os.environ | _ENVIRONMENT
        )
    except FileNotFoundError:
        raise _missing(arguments[0]) from None
    except subprocess.TimeoutExpired:
        message = f"{arguments[0]} did not end within {_SECONDS} seconds"
        raise UsageError("evidence/program-hangs", message) from None
    return Answer(done.returncode == 0, (done.stdout or done.stderr).decode("utf-8", "backslashreplace"))


def let_sign(arguments: Sequence[str]) -> bool:
    """Runs a program that may ask for a passphrase or a touch; what it says goes to standard error."""
    try:
        return subprocess.run(arguments, stdout=2, check=False).returncode == 0
    except FileNotFoundError:
        raise _missing(arguments[0]) from None


def _missing(program: str) -> UsageError:
    return UsageError(
        "evidence/no-program",
        f"{program} is not installed",
        why="signatures are made and checked by it",
        do=f"apt install {_PACKAGES[program]}",
    )
