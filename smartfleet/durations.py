"""Lengths of time as admins write them: ``90s``, ``15m``, ``1h30m``, ``5d``. Pure."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WHOLE = re.compile(r"(?:\d+[dhms])+")
_PART = re.compile(r"(\d+)([dhms])")
_LONGEST = 366 * 86_400


def parse_duration(text: str) -> float:
    """Seconds. ValueError for anything else than numbers with the units d, h, m, s, and for more than a year."""
    plain = text.strip().lower()
    if not _WHOLE.fullmatch(plain):
        raise ValueError(f"{text!r} is no length of time: write 90s, 15m, 1h30m or 5d")
    seconds = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(plain))
    if seconds > _LONGEST:
        raise ValueError(f"{text!r} is more than a year")
    return float(seconds)


def duration_text(seconds: float) -> str:
    """The two largest units, rounded down: ``1 h 30 min``, ``5 d``, ``12 s``."""
    left, parts = int(max(0, seconds)), []
    for name, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def rounded(seconds: float) -> float:
    """A guess is not told to the second."""
    step = 10 if seconds < 120 else 60
    return max(step, round(seconds / step) * step)


def _seconds(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


Duration = Annotated[float, BeforeValidator(_seconds)]
"""Seconds; text is read as `parse_duration` does."""
