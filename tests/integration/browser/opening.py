"""A page that is open in a browser, with the names of its parts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Page, sync_playwright

from smartfleet.model.report import ReportData
from smartfleet.paths import data_folder
from smartfleet.report import page as report_page
from smartfleet.words import Language, load_words


@contextmanager
def launched(program: str) -> Iterator[Browser]:
    # Chromium makes no sandbox for root
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=arguments)
        yield running
        running.close()


def written(data: ReportData, file: Path, language: Language = "en") -> Path:
    with file.open("wb") as out:
        report_page.write(data, out, load_words(language, data_folder("templates")))
    return file


class Opened:
    """A window with a report. What the browser complains about and asks for is kept."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.file = file
        self.errors: list[str] = []
        self.requests: set[str] = set()
        self._listeners: dict[Any, Callable[[Any], None]] = {
            "console": self._heard,
            "pageerror": lambda error: self.errors.append(str(error)),
            "dialog": self._asked,
            "request": lambda request: self.requests.add(request.url.partition("#")[0]),
        }
        for event, listener in self._listeners.items():
            page.on(event, listener)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def _asked(self, dialog: Dialog) -> None:
        self.errors.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def go(self, fragment: str = "", *, ready: bool = True) -> None:
        self.page.goto(f"{self.file.as_uri()}#{fragment}")
        if ready:
            self.page.wait_for_selector("html[data-ready]")

    def leave(self) -> None:
        """Empties the window, which others may have then. Whatever the page said has been heard by now."""
        self.page.goto("about:blank")
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)

    def reload(self) -> None:
        self.page.reload()
        self.page.wait_for_selector("html[data-ready]")

    @property
    def fragment(self) -> dict[str, list[str]]:
        return parse_qs(self.page.evaluate("location.hash.slice(1)"), keep_blank_values=True)

    @property
    def rows(self) -> Locator:
        return self.page.locator("#table > tbody > tr.row")

    @property
    def details(self) -> Locator:
        return self.page.locator("#table > tbody > tr.detail")

    @property
    def shown(self) -> str:
        return self.page.locator("#shown").inner_text()

    def names(self) -> list[str]:
        """Of the rows that are shown, in their order."""
        return list(
            self.page.eval_on_selector_all("#table > tbody > tr.row", "rows => rows.map(row => row.dataset.row)")
        )

    def cells(self, column: str) -> list[str]:
        place = "document.querySelector(`#table th[data-column='${column}']`).cellIndex"
        found = (
            "[...document.querySelectorAll('#table > tbody > tr.row')].map(row => row.cells[place].innerText.trim())"
        )
        return list(self.page.evaluate(f"column => {{ const place = {place}; return {found}; }}", column))

    def search(self, text: str) -> None:
        self.page.locator("#search").fill(text)

    def choose(self, name: str, value: str) -> None:
        """`value` as the data has it; "" for what is not known."""
        self.page.locator(f"#f-{name}").select_option(f"={value}")

    def sort(self, column: str) -> None:
        self.page.locator(f"#table th[data-column={column}] button").click()

    def open_row(self, name: str) -> Locator:
        """The details, when they are unpacked."""
        row = self.page.locator(f"tr.row[data-row={quoted(name)}]")
        row.locator("button.open").click()
        return self.detail_of(name)

    def open_all(self) -> None:
        """As clicks on all rows that are closed do, without their cost; the details are unpacked."""
        rows = "[...document.querySelectorAll('#table > tbody > tr.row')]"
        self.page.evaluate(f"{rows}.forEach(row => row.querySelector('.open[aria-expanded=false]')?.click())")
        self.page.wait_for_function(f"{rows}.every(row => row.nextElementSibling?.matches('.detail:has(h3)'))")

    def detail_of(self, name: str) -> Locator:
        detail = self.page.locator(f"tr.row[data-row={quoted(name)}] + tr.detail")
        detail.locator("h3").first.wait_for()
        return detail

    def language(self, language: Language) -> None:
        self.page.locator(f"#language button[data-lang={language}]").click()

    def theme(self, theme: str) -> None:
        self.page.locator(f"#theme button[data-theme={theme}]").click()

    def style(self, selector: str, name: str) -> Any:
        script = "([selector, name]) => getComputedStyle(document.querySelector(selector)).getPropertyValue(name)"
        return self.page.evaluate(script, [selector, name])


def quoted(text: str) -> str:
    """`text` in a CSS selector."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
