"""What measured commands run with: modules that are compiled, as pip has compiled everything else."""

from __future__ import annotations

import compileall
import os
from pathlib import Path

_FORBIDS = "PYTHONDONTWRITEBYTECODE"
_HERE = Path(__file__).parents[1]
_OURS = (_HERE / "smartfleet", _HERE / "bench", _HERE / "playbooks")


def environment(**more: str) -> dict[str, str]:
    """This process's, without what keeps Python from keeping what it compiled."""
    return {name: value for name, value in os.environ.items() if name != _FORBIDS} | more


def compile_ours() -> str:
    """A checkout's modules are compiled by nobody else. Returns what is to be said about it."""
    for folder in _OURS:
        compileall.compile_dir(folder, quiet=2)
    return f"our modules are compiled before all runs, as an installation's are; no command runs with {_FORBIDS}"
