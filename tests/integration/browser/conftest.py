"""The page in a real Chromium: Debian's, which Playwright drives. Playwright's own browsers are not needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from smartfleet.chromium import find
from smartfleet.errors import ReportError
from tests.integration.browser.opening import Opened, launched

Open = Callable[..., Opened]
_PATIENCE = 10_000
"""Milliseconds that something may take to be seen."""


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


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens a file in a window of its own; at the end nothing went wrong in any of them."""
    with ExitStack() as windows:
        opened: list[Opened] = []

        def opens(file: Path, fragment: str = "", *, ready: bool = True, **context: Any) -> Opened:
            window = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "en-US", **context})
            windows.callback(window.close)
            window.set_default_timeout(_PATIENCE)
            opened.append(Opened(window.new_page(), file))
            opened[-1].go(fragment, ready=ready)
            return opened[-1]

        yield opens
        for one in opened:
            assert one.errors == []
            assert one.requests == {one.file.as_uri()}
