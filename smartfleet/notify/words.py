"""Lengths of time and moments as users read them. Pure."""

from __future__ import annotations

from datetime import datetime

from smartfleet.words import Language

_SIZES = (86_400, 3_600, 60, 1)
_UNITS: dict[Language, tuple[tuple[str, str], ...]] = {
    "de": (("Tag", "Tage"), ("Stunde", "Stunden"), ("Minute", "Minuten"), ("Sekunde", "Sekunden")),
    "en": (("day", "days"), ("hour", "hours"), ("minute", "minutes"), ("second", "seconds")),
}
_AND: dict[Language, str] = {"de": " und ", "en": " and "}
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def span(seconds: float, language: Language) -> str:
    """The two largest units, rounded down: ``1 Stunde und 30 Minuten``, ``4 hours``."""
    left, parts = int(max(1, seconds)), []
    for size, (one, more) in zip(_SIZES, _UNITS[language], strict=True):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {one if count == 1 else more}")
    return _AND[language].join(parts[:2])


def moment(when: datetime, language: Language) -> str:
    """In its own time zone: ``31.12.2026, 18:00 Uhr``, ``31 December 2026, 18:00``."""
    if language == "de":
        return f"{when:%d.%m.%Y, %H:%M} Uhr"
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}, {when:%H:%M}"
