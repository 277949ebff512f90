"""The report's page in a browser: its size, and the time to open, search, filter and sort it, and to open a row."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from playwright.sync_api import Browser, Page

from bench._reports import report
from smartfleet.chromium import find
from smartfleet.model.report import ReportData
from smartfleet.paths import data_folder
from smartfleet.report.forms import pdf
from smartfleet.words import load_words
from tests.integration.browser.opening import Opened, launched, written

SIZES = (100, 1_000, 10_000)
RUNS = 5
# from the deed until the browser has painted what it changed
_PAINTED = "await new Promise(done => requestAnimationFrame(() => setTimeout(done)));"
_TYPED = "byId('search').value = '{}'; byId('search').dispatchEvent(new Event('input'));"
# one after the other, in a page that was just opened
_DEEDS = {
    "first search": _TYPED.format("ber"),
    "search": _TYPED.format("berl"),
    "no search": _TYPED.format(""),
    "filter": "byId('f-os').value = '=windows'; byId('f-os').dispatchEvent(new Event('change'));",
    "sort": "document.querySelector('th[data-column=client] button').click();",
    "open a row": "document.querySelector('#table .open').click();",
}


def main() -> None:
    print(f"| hosts | MB | written, s | opens, s | {' | '.join(f'{deed}, ms' for deed in _DEEDS)} | PDF, s |")
    print("|---" * (len(_DEEDS) + 5) + "|")
    with tempfile.TemporaryDirectory() as folder, launched(find(os.environ)) as browser:
        for hosts in SIZES:
            print(_line(hosts, Path(folder) / f"{hosts}.html", browser), flush=True)


def _line(hosts: int, file: Path, browser: Browser) -> str:
    data = report(hosts)
    begin = time.perf_counter()
    written(data, file)
    wrote = time.perf_counter() - begin
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(RUNS):
        window = browser.new_context(viewport={"width": 1280, "height": 900})
        _measure(window.new_page(), file, times)
        window.close()
    opens = times.pop("open")
    deeds = " | ".join(f"{statistics.median(one):.0f}" for one in times.values())
    size = file.stat().st_size / 1e6
    took = f"{statistics.median(opens):.2f} ({min(opens):.2f}-{max(opens):.2f})"
    return f"| {hosts:,} | {size:.1f} | {wrote:.2f} | {took} | {deeds} | {_printed(data, file):.1f} |"


def _measure(page: Page, file: Path, times: dict[str, list[float]]) -> None:
    begin = time.perf_counter()
    Opened(page, file).go()
    times["open"].append(time.perf_counter() - begin)
    for name, deed in _DEEDS.items():
        script = (
            f"async () => {{ const begin = performance.now(); {deed} {_PAINTED} return performance.now() - begin; }}"
        )
        times[name].append(float(page.evaluate(script)))


def _printed(data: ReportData, file: Path) -> float:
    begin = time.perf_counter()
    with file.with_suffix(".pdf").open("wb") as out:
        pdf.write(data, out, load_words("en", data_folder("templates")))
    return time.perf_counter() - begin
