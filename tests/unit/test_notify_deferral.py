"""Whom a wave asks: postponements, the deadline, and clocks that jump."""

from __future__ import annotations

import pytest

from smartfleet.fleet.schema import NoticeSettings
from smartfleet.model.campaign import Postponed
from smartfleet.notify.deferral import Rules, message, sort_users

HOUR = 3600.0
NOW = 1_000_000.0
ANNA = ("pc-1", "anna")


def rules(times: int = 2, deadline: float | None = None) -> Rules:
    return Rules(times, 4 * HOUR, deadline)


def put_off(times: int, until: float) -> dict[tuple[str, str], Postponed]:
    return {ANNA: Postponed(host="pc-1", user="anna", times=times, until=until)}


@pytest.mark.parametrize(
    ("times", "before", "deadline", "expected"),
    [
        # never put off
        (2, None, None, ("asked", 2)),
        (0, None, None, ("told", None)),
        (2, None, NOW + 1, ("asked", 2)),
        (2, None, NOW, ("told", None)),
        # put off, and that time is over
        (2, (1, NOW - 1), None, ("asked", 1)),
        (2, (1, NOW), None, ("asked", 1)),
        (2, (2, NOW - 1), None, ("told", None)),
        (2, (5, NOW - 1), None, ("told", None)),
        # put off still
        (2, (2, NOW + HOUR), None, ("waiting", NOW + HOUR)),
        (2, (1, NOW + HOUR), NOW + 60, ("waiting", NOW + 60)),
        (2, (1, NOW + HOUR), NOW - 60, ("told", None)),
        # the admin took the allowance away meanwhile
        (0, (1, NOW + HOUR), None, ("told", None)),
        # the clock jumped back by a year
        (2, (1, NOW + 365 * 24 * HOUR), None, ("waiting", NOW + 4 * HOUR)),
    ],
)
def test_whom_a_wave_asks(
    times: int, before: tuple[int, float] | None, deadline: float | None, expected: tuple[str, float | None]
) -> None:
    known = put_off(*before) if before else {}
    found = sort_users([ANNA], known, rules(times, deadline), NOW)
    state, value = expected
    assert found.waiting == ({ANNA: value} if state == "waiting" else {})
    assert found.asked == ({ANNA: value} if state == "asked" else {})
    assert found.told == ([ANNA] if state == "told" else [])


def test_a_no_lasts_to_the_deadline_at_most() -> None:
    assert rules().until(NOW) == NOW + 4 * HOUR
    assert rules(deadline=NOW + HOUR).until(NOW) == NOW + HOUR


def test_the_rules_of_a_fleet() -> None:
    settings = NoticeSettings(postpone=3, postpone_for="90m", deadline="2026-12-31T18:00+01:00")  # type: ignore[arg-type]
    assert Rules.of(settings) == Rules(3, 5400.0, 1798736400.0)
    assert Rules.of(NoticeSettings()).over(NOW)


def test_what_the_outcome_says() -> None:
    assert message("anna", 0) == "anna put the move off until 1970-01-01 00:00:00 UTC"
