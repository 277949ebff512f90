"""How good or bad a word is: what the page and its charts are coloured by. No tone is told by its colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from smartfleet.model.diff import Standing
from smartfleet.model.results import OutcomeName, VerdictName

Tone = Literal["good", "wait", "bad", "none"]

OUTCOMES: Mapping[OutcomeName, Tone] = {
    "moved": "good",
    "cured": "good",
    "already": "good",
    "prepared": "wait",
    "waiting-online": "wait",
    "waiting-session": "wait",
    "waiting-sign-in": "wait",
    "refused": "bad",
    "failed": "bad",
    "rolled-back": "none",
    "unknown": "none",
}
"""In the order that a bar shows them in."""
VERDICTS: Mapping[VerdictName, Tone] = {"match": "good", "drift": "bad", "unknown": "none"}
ANSWERS: Mapping[Standing, Tone] = {
    "fail": "bad",
    "unknown": "none",
    "waived": "wait",
    "pass": "good",
    "absent": "none",
}
