"""How often and how long a message is tried."""

from __future__ import annotations

PAUSES = (60.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0)
"""Seconds from one attempt to the next; the last one is repeated."""
PATIENCE = 7 * 86_400.0
"""Seconds after which nobody tries a message any more, unless an admin says so."""
