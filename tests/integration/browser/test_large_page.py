"""A fleet of 10,000 hosts in a real browser. How long things take is measured in bench/page.py, not here."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench._reports import report
from smartfleet.model.report import ReportData
from smartfleet.report.page.rows import TableRow, rows
from tests.integration.browser.conftest import Open
from tests.integration.browser.opening import written

pytestmark = pytest.mark.once
HOSTS = 10_000
LARGEST = 15_000_000


@pytest.fixture(scope="module")
def data() -> ReportData:
    return report(HOSTS)


@pytest.fixture(scope="module")
def table(data: ReportData) -> list[TableRow]:
    return rows(data)


@pytest.fixture(scope="module")
def file(data: ReportData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(data, tmp_path_factory.mktemp("page") / "report.html")


def test_the_file_stays_small(file: Path) -> None:
    assert file.stat().st_size < LARGEST


def test_it_opens_searches_sorts_and_shows_the_last_row(open_page: Open, file: Path, table: list[TableRow]) -> None:
    opened = open_page(file)
    assert opened.names() == [row.name for row in table[:100]]
    opened.search("pc-09999")
    assert opened.names() == [row.name for row in table if row.host.host == "pc-09999"]
    opened.page.locator("#clear").click()
    opened.sort("seen")
    opened.sort("host")
    opened.page.locator("#last").click()
    assert opened.names()[-1] == table[-1].name
    told = opened.open_row(table[-1].name).inner_text()
    assert table[-1].profile
    assert table[-1].profile.config_path in told


def test_filters_count_what_is_there(open_page: Open, file: Path, data: ReportData, table: list[TableRow]) -> None:
    opened = open_page(file)
    for outcome, count in data.headline.outcomes.items():
        opened.choose("outcome", outcome)
        assert opened.shown.startswith(f"{count:,} of {len(table):,} rows")
