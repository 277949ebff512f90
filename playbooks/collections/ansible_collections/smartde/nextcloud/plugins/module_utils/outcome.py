"""The answer for one profile, in the shape of model.results.Outcome (without the host, which the controller adds)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from .transaction import Report, StepError


@dataclass(frozen=True)
class Proof:
    """As model.results.Proof; `state` is ok, failed or unknown."""

    proof: str
    state: str
    detail: str = ""


@dataclass(frozen=True)
class Outcome:
    user: str
    config_path: str
    outcome: str
    code: str = ""
    message: str = ""
    do: str = ""
    changed: bool = False
    backup: str = ""
    steps: Tuple[Report, ...] = ()
    proofs: Tuple[Proof, ...] = ()


def of_error(user: str, config_path: str, error: StepError, steps: Tuple[Report, ...] = ()) -> Outcome:
    """The outcome of something that ended before it changed anything, or was taken back."""
    return Outcome(user, config_path, error.outcome, error.code, error.message, error.do, steps=steps)
