"""The answer for one profile, in the shape of model.results.Outcome (without the host, which the controller adds)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Tuple

from .transaction import Report, StepError

# for errors that come from deep down, where nobody knows what the admin can do
REMEDIES = {
    "out-of-space": "make room on the host's disk, then apply again",
    "no-permission": "see who may read and write there (owner, mode, read-only disk), then apply again",
    "client-running": "apply again",
    "client-did-not-stay": "have the user start the client and see what it says, then apply again",
    "keyring-refused": "have the user log out and in again, then apply again",
}
LOOK_AGAIN = "audit the host to see how it is now, then plan and apply again"


@dataclass(frozen=True)
class Proof:
    """As model.results.Proof; `state` is ok, failed or unknown."""

    proof: str
    state: str
    detail: str = ""


@dataclass(frozen=True)
class Outcome:
    """`changed` is about the run, `told_before` about this call: the run was answered the same once."""

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
    told_before: bool = False


def as_answer(outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON, as the controller reads it."""
    answer = asdict(outcome)
    del answer["told_before"]
    return answer


def of_error(user: str, config_path: str, error: StepError, steps: Tuple[Report, ...] = ()) -> Outcome:
    """The outcome of something that ended before it changed anything, or was taken back."""
    do = error.do or REMEDIES.get(error.code, LOOK_AGAIN)
    return Outcome(user, config_path, error.outcome, error.code, error.message, do, steps=steps)
