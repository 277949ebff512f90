"""A command's answer, over SSH and over WinRM."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """The exit code, and what the command wrote."""

    code: int
    out: str
    err: str
