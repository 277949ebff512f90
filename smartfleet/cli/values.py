"""What may be written after an option: sizes, lengths of time, moments, limits, maintenance windows. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args

import click
from pydantic import ValidationError

from smartfleet.durations import parse_duration
from smartfleet.model.campaign import Day, MaintenanceWindow, Share, check_share

_SIZE = re.compile(r"[\d.]+%?")
_SPAN = re.compile(r"(?:(?P<days>[a-z,-]+) )?(?P<start>\d{1,2}:\d{2})-(?P<end>\d{1,2}:\d{2}) (?P<zone>\S+)")
_DAYS: tuple[Day, ...] = get_args(Day)
_WAVE = "wave:"


class Parsed(click.ParamType[Any]):
    """An option whose text `read` turns into a value; its ValueError is wrong usage."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - click
        try:
            return self._read(value) if isinstance(value, str) else value
        except ValidationError as error:
            self.fail(str(error.errors()[0].get("ctx", {}).get("error") or error.errors()[0]["msg"]), param, ctx)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Tolerated(NamedTuple):
    """How many hosts; None: any number."""

    scope: Literal["all", "wave"]
    share: Share | None


def share(text: str) -> Share:
    """``20`` or ``5%``."""
    plain = text.strip()
    return check_share(int(plain) if plain.isascii() and plain.isdigit() else plain)


def canary(text: str) -> Share | list[str]:
    """A size, or hosts by name: ``pc-1,pc-2``."""
    if _SIZE.fullmatch(text.strip()):
        return share(text)
    return names(text)


def names(text: str) -> list[str]:
    found = [name.strip() for name in text.split(",")]
    if not all(found):
        raise ValueError(f"{text!r} is no list of host names: write pc-1,pc-2")
    return found


def shares(text: str) -> list[Share]:
    """``10,25%,50%``."""
    return [share(part) for part in text.split(",")]


def pause(text: str) -> Literal["ask"] | float:
    return "ask" if text == "ask" else parse_duration(text)


def interval(text: str) -> float:
    """A length of time that is one: hosts are not tried without a rest."""
    seconds = parse_duration(text)
    if not seconds:
        raise ValueError("hosts are tried at most once a second")
    return seconds


def tolerated(text: str) -> Tolerated:
    """``20``, ``5%``, ``any``; with ``wave:`` before it of each wave, else of the run."""
    size = text.removeprefix(_WAVE)
    return Tolerated("wave" if text.startswith(_WAVE) else "all", None if size == "any" else share(size))


def until(text: str, now: float) -> float:
    """A length of time from now, or a moment with its time zone; seconds since the epoch."""
    if text[:1].isdigit() and "T" not in text:
        return now + parse_duration(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither a length of time (5d) nor a moment (2026-12-31T18:00+01:00)") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone: write 2026-12-31T18:00+01:00")
    if moment.timestamp() <= now:
        raise ValueError(f"{text!r} is over")
    return moment.timestamp()


def window(text: str) -> MaintenanceWindow | None:
    """``mon-fri 18:00-06:00 Europe/Berlin``; None for ``always``."""
    if text == "always":
        return None
    found = _SPAN.fullmatch(" ".join(text.split()))
    if not found:
        raise ValueError(f"{text!r} is no maintenance window: write 'mon-fri 18:00-06:00 Europe/Berlin', or always")
    parts = {name: value for name, value in found.groupdict().items() if value and name != "days"}
    days = {"days": _days(found["days"])} if found["days"] else {}
    return MaintenanceWindow.model_validate({**parts, **days})


def _days(text: str) -> list[Day]:
    """``mon-fri``, ``sat,sun``; a range may go over the end of the week."""
    made: list[Day] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        start, end = _day(first), _day(last or first)
        made += [_DAYS[place % 7] for place in range(start, (end if end >= start else end + 7) + 1)]
    return list(dict.fromkeys(made))


def _day(name: str) -> int:
    for place, day in enumerate(_DAYS):
        if day == name:
            return place
    raise ValueError(f"{name!r} is no day: write {', '.join(_DAYS)}")
