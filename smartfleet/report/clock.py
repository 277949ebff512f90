"""Times of day as people say them."""

from __future__ import annotations

import time


def clock(moment: float, now: float) -> str:
    """The time of day here, with the date where it is not today's."""
    local, today = time.localtime(moment), time.localtime(now)
    same_day = local[:3] == today[:3]
    return time.strftime(
        "%H:%M:%S" if same_day and moment - now < 600 else "%H:%M" if same_day else "%Y-%m-%d %H:%M", local
    )
