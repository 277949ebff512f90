"""The windows of one browser, which tests have in turn: a page in an old window costs a third of one in a new one."""

from __future__ import annotations

from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize

_USUAL: ViewportSize = {"width": 1280, "height": 900}


class Windows:
    """Each has a context of its own: what one keeps, another that is open beside it does not know."""

    def __init__(self, browser: Browser, patience: float) -> None:
        self._browser = browser
        self._patience = patience
        self._free: dict[bool, list[Page]] = {True: [], False: []}
        self._scripted: dict[Page, bool] = {}

    def take(
        self,
        *,
        viewport: ViewportSize = _USUAL,
        color_scheme: Literal["light", "dark"] = "light",
        java_script_enabled: bool = True,
    ) -> Page:
        """An empty window that looks as if it were new."""
        free = self._free[java_script_enabled]
        page = free.pop() if free else self._new(scripted=java_script_enabled)
        page.set_viewport_size(viewport)
        page.emulate_media(media="null", color_scheme=color_scheme)
        page.mouse.move(0, 0)
        return page

    def give_back(self, page: Page) -> None:
        self._free[self._scripted[page]].append(page)

    def _new(self, *, scripted: bool) -> Page:
        window = self._browser.new_context(locale="en-US", java_script_enabled=scripted)
        window.set_default_timeout(self._patience)
        page = window.new_page()
        self._scripted[page] = scripted
        return page
