"""The page in a real Chromium: Debian's, which Playwright drives. Playwright's own browsers are not needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from smartfleet.chromium import find
from smartfleet.errors import ReportError
from tests.integration.browser.opening import Opened, launched
from tests.integration.browser.windows import Windows

Open = Callable[..., Opened]
_PATIENCE = 120_000
"""Milliseconds that something may take to be seen: it bounds a hang alone."""


@pytest.fixture(scope="session")
def chromium() -> str:
    try:
        return find(os.environ)
    except ReportError as error:
        pytest.skip(f"{error.message}: {error.do}")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with launched(chromium) as running:
        yield running


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Windows:
    return Windows(browser, _PATIENCE)


@pytest.fixture
def open_page(windows: Windows) -> Iterator[Open]:
    """Opens a file in a window that nobody else has; at the end nothing went wrong in any of them."""
    opened: list[Opened] = []

    def opens(file: Path, fragment: str = "", *, ready: bool = True, **looks: Any) -> Opened:
        opened.append(Opened(windows.take(**looks), file))
        opened[-1].go(fragment, ready=ready)
        return opened[-1]

    yield opens
    for one in opened:
        one.leave()
    for one in opened:
        assert one.errors == []
        assert one.requests == {one.file.as_uri()}
    # a window in which something went wrong is not used again
    for one in opened:
        windows.give_back(one.page)
