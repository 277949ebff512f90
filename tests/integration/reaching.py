"""Hosts reached from this machine alone."""

from __future__ import annotations

from pathlib import Path

from smartfleet.campaign.dispatch import Book
from smartfleet.campaign.execute import Reaching
from smartfleet.campaign.listings import Listings
from smartfleet.engines.choose import Engines
from smartfleet.fleet.engines import EngineSettings
from tests.unit.fake_engines import FakeBook


def here(book: Book | None = None) -> Reaching:
    """Runs without a name are written into no `book`."""
    return Reaching(Listings(), Engines(EngineSettings(), Path()), book or FakeBook())
