"""How far off a host's clock may be. Pure."""

from __future__ import annotations

from smartfleet.connect.ladder import Answer, failed, warning

_NOTED = 60
# Kerberos refuses tickets from 5 minutes on; a move is stopped only by a clock that is plainly wrong
_WRONG = 3600


def skew(told: int, here: float, doubt: float, *, why: str, do: str) -> Answer:
    """`told` is what the host says, in whole seconds since the epoch; `here` our clock when it was asked, and `doubt`
    how far off that may be.
    """
    off = told + 0.5 - here
    if abs(off) - doubt - 0.5 < _NOTED:
        return Answer(message=f"{abs(off):.0f} s off" if abs(off) > 2 + doubt else "right")
    bad = failed if abs(off) > _WRONG else warning
    message = f"the host's clock is {abs(off):.0f} s {'ahead' if off > 0 else 'behind'}"
    return bad("connect/clock-skew", message, why=why, do=do)
