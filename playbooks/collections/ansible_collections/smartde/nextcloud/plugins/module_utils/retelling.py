"""What a run did to a profile, kept beside its marks, to be told again when the same run asks again.

A controller that died before it had written an answer down asks once more. What it hears then is what it would have
heard: the outcome of its own run with steps and proofs, not that there is nothing left to do.
"""

from __future__ import annotations

import os
from dataclasses import replace

from .outcome import Outcome, Proof, as_answer
from .state import read_json, write_json
from .transaction import Report

OUTCOME = "outcome.json"


def write_down(folder: str, run: str, outcome: Outcome) -> None:
    """``{"run": RUN, "outcome": {...}}`` into the transaction's folder; on the disk when this returns."""
    write_json(os.path.join(folder, OUTCOME), {"run": run, "outcome": as_answer(outcome)})


def told_before(folder: str, run: str) -> Outcome | None:
    """What `run` was answered when it carried the transaction out; None if that was another run, or cannot be read."""
    try:
        found = read_json(os.path.join(folder, OUTCOME))
        if found["run"] != run:
            return None
        outcome = Outcome(**found["outcome"])
        return replace(
            outcome,
            steps=tuple(Report(**step) for step in outcome.steps),  # type: ignore[arg-type]  # JSON as it was read
            proofs=tuple(Proof(**proof) for proof in outcome.proofs),  # type: ignore[arg-type]
            told_before=True,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
