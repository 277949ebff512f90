"""Moments as admins name them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from smartfleet.campaign.moments import resolve_moment
from smartfleet.errors import UsageError
from smartfleet.store import Store
from smartfleet.store.database import Database, Waits
from smartfleet.store.schema import open_engine
from tests.unit.campaign_world import empty_store

DAY = 86_400.0
NOW = datetime(2026, 11, 22, 16, 0, tzinfo=UTC).timestamp()


class Past:
    """A store with a run a day, each judged, and one between them that was not."""

    def __init__(self, folder: Path) -> None:
        (folder / "store.db").write_bytes(empty_store())
        self.now = NOW
        self.store = Store(Database(open_engine(f"sqlite:///{folder}/store.db"), Waits(clock=lambda: self.now)))
        self.early = self._run(10.5, judged=False)
        self.runs = {days: self._run(days) for days in (10, 5, 1)}
        self.notice = self._run(0.5, judged=False)
        self.now = NOW

    def _run(self, days_ago: float, *, judged: bool = True) -> str:
        self.now = NOW - days_ago * DAY
        run = self.store.begin("audit" if judged else "notify", 0)
        self.store.finish(run, "done")
        if judged:
            self.store.add_judgements(run, [])
        return run


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(tmp_path)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("7d", 10),
        (" 5D ", 5),
        ("1h", 1),
        ("4d23h59m59s", 5),
        # wherever the machine is
        ("2026-11-19", 5),
        ("2026-11-19T10:00", 5),
        ("2026-11-21 15:59:59Z", 5),
        ("2026-11-21 16:00Z", 1),
        ("2026-11-21T17:59+02:00", 5),
        # before the first run that was judged
        ("300d", 10),
        ("1970-01-02", 10),
    ],
)
def test_times(past: Past, text: str, days: int) -> None:
    moment = resolve_moment(past.store, text, NOW)
    assert (moment.run, moment.at) == (past.runs[days], NOW - days * DAY)


def test_runs(past: Past) -> None:
    assert resolve_moment(past.store, past.runs[5], NOW).run == past.runs[5]
    # a notice changes nothing that is judged
    assert resolve_moment(past.store, past.notice, NOW).run == past.runs[1]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "diff/bad-moment"),
        ("yesterday", "diff/bad-moment"),
        ("7", "diff/bad-moment"),
        ("400d", "diff/bad-moment"),
        ("7w", "diff/bad-moment"),
        ("2026-13-01", "diff/bad-moment"),
        ("20261118", "diff/bad-moment"),
        ("2026-11-18T25:00", "diff/bad-moment"),
        ("2026-12-01", "diff/bad-moment"),
        ("\x1b[31m\u202e", "diff/bad-moment"),
        ("20261118-000000-00000000", "diff/no-such-run"),
    ],
)
def test_what_is_no_moment(past: Past, text: str, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_moment(past.store, text, NOW)
    assert caught.value.code == code
    assert str(caught.value).replace("\n", "").isprintable()
    assert caught.value.do


def test_before_anything_was_judged(past: Past, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_moment(past.store, past.early, NOW)
    assert caught.value.code == "diff/not-judged"
    with pytest.raises(UsageError) as caught:
        resolve_moment(Store.of_fleet(tmp_path / "other", ""), "7d", NOW)
    assert caught.value.code == "diff/no-history"
