"""`win_account_move` with the phase purge: a copy is deleted in its user's session alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.smartde.nextcloud.plugins.module_utils.outcome import Outcome

from smartfleet.lab.windows.machine import WindowsMachine

PURGE = "purge"
AGAIN = "delete it again when the user is logged in to the desktop"
NOBODY = "the user is not logged on, and a copy is deleted in the name of its user alone"

Profiles = Sequence[Mapping[str, Any]]
Work = Callable[[Profiles, bool], list[Outcome]]
"""Takes profiles and whether it only rehearses; one outcome for each."""


def purged(machine: WindowsMachine, profiles: Profiles, work: Work, *, check_mode: bool) -> list[Outcome]:
    """What `work` makes of the profiles, and who has no session is only waited for."""
    outcomes = []
    for one in profiles:
        waits = machine.session(str(one["user"])) is None
        (outcome,) = work([one], check_mode or waits)
        if waits and not check_mode and outcome.outcome == "prepared":
            outcome = replace(
                outcome, outcome="waiting-session", code="no-session", message=NOBODY, do=AGAIN, changed=False
            )
        outcomes.append(outcome)
    return outcomes
