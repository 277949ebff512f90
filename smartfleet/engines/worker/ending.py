"""How a shard ended, in the words of the protocol. Pure."""

from __future__ import annotations

from typing import Literal

from smartfleet.engines.protocol import Ended
from smartfleet.engines.worker.translating import Told
from smartfleet.text import visible

Reason = Literal["cancelled", "gone", "silent", "damaged", "terminated", "stuck"]
"""Why the worker ended the playbook run before its time: it was told to; the link is closed; nothing is heard any
more; the payload is not what was sent; this machine ended the worker; no host has come to an end for too long.
"""
_UNKNOWN = "what became of the hosts that had not reported is not known"
_TOLD: dict[Reason, tuple[str, str]] = {
    "cancelled": ("cancelled", "cancelled"),
    "gone": ("worker/controller-gone", "the controller let go of the worker"),
    "silent": ("worker/controller-gone", "nothing was heard from the controller any more"),
    "terminated": ("worker/terminated", "the worker was ended by its machine (TERM)"),
    "stuck": ("worker/stuck", "no host came to an end for longer than one may take: one holds up all others"),
    "damaged": ("worker/damaged", "the payload that came is not the one that was sent"),
}


def ended(reason: Reason | None, status: int, told: Told, words: str, *, begun: bool) -> Ended:
    """`status` and `words` (stderr) are those of the program that ran the playbook, `told` what it said."""
    # ansible-runner has no exit status to pass on if Ansible's own process was killed, and ends with 0
    killed = told.failed and status == 0
    if reason is None and told.whole and not told.trouble and not killed and status >= 0:
        return Ended("done", begun=True, rc=status, output=told.output)
    code, message = _TOLD[reason] if reason else ("worker/runner", _failure(status, told, words))
    return Ended(
        "cancelled" if reason in {"cancelled", "gone", "silent"} else "failed",
        begun=begun,
        rc=status,
        output=told.output or words.strip(),
        code=code,
        message=message,
        why=_UNKNOWN if begun else "nothing was begun",
        do="smartfleet engines" if reason is None else "",
    )


def _failure(status: int, told: Told, words: str) -> str:
    if told.failed and status == 0:
        return "ansible-playbook was ended by a signal"
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    said = told.trouble or words.strip().rpartition("\n")[2]
    return f"the program that runs the playbook ended before its time ({how}){': ' + visible(said) if said else ''}"
