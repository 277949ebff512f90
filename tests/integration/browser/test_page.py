"""What people do with the page, in a real browser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bench._reports import report
from smartfleet.model.report import ReportData
from smartfleet.report.page.rows import TableRow, rows
from smartfleet.report.shares import version
from smartfleet.words import LANGUAGES, Language
from tests.integration.browser.axe import faults
from tests.integration.browser.conftest import Open
from tests.integration.browser.opening import written

pytestmark = pytest.mark.once
HOSTS = 230
ON_A_PAGE = 100
FILTERS: dict[str, Callable[[TableRow], str]] = {
    "standing": lambda row: row.standing,
    "outcome": lambda row: row.profile.outcome if row.profile else "",
    "verdict": lambda row: row.verdict,
    "state": lambda row: row.profile.state if row.profile else row.host.reason,
    "os": lambda row: row.host.os,
    "version": lambda row: version(row.client),
    "site": lambda row: row.host.site,
    "wave": lambda row: row.host.wave,
}
SENSELESS = (
    "sort=constructor",
    "sort=__proto__",
    "sort=-toString",
    "lang=constructor",
    "theme=%22x",
    "page=-3",
    "page=99999",
    "page=1e9",
    "%",
    "os=x",
    "check=toString",
    "answer=constructor&check=autostart",
    "open=%3Cb%3E",
    "wave=&site=",
    "standing=constructor",
)


@pytest.fixture(scope="module")
def data() -> ReportData:
    return report(HOSTS)


@pytest.fixture(scope="module")
def table(data: ReportData) -> list[TableRow]:
    return rows(data)


@pytest.fixture(scope="module")
def file(data: ReportData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(data, tmp_path_factory.mktemp("page") / "report.html")


def test_it_opens_with_its_figures_charts_and_rows(
    open_page: Open, file: Path, data: ReportData, table: list[TableRow]
) -> None:
    opened = open_page(file)
    assert opened.page.title() == f"Report on {data.new_server}"
    assert opened.page.locator("#card-seen .value").inner_text() == str(data.headline.hosts_seen)
    assert opened.page.locator("#charts figure svg").count() == 6
    failing = {count.check.check for count in data.checks if count.failed or count.unknown or count.waived}
    assert {one.get_attribute("data-check") for one in opened.page.locator(".finding").all()} == failing
    assert opened.names() == [row.name for row in table[:ON_A_PAGE]]
    assert opened.shown == f"{len(table)} of {len(table)} rows, {HOSTS} hosts"


@pytest.mark.parametrize("column", ["host", "user", "standing", "outcome", "client", "seen"])
def test_a_click_on_a_head_sorts_and_another_one_turns_it_round(open_page: Open, file: Path, column: str) -> None:
    opened = open_page(file, "q=Berlin&sort=wave")
    head = opened.page.locator(f"#table th[data-column={column}]")
    opened.sort(column)
    assert head.get_attribute("aria-sort") == "ascending"
    names, values = opened.names(), opened.cells(column)
    assert len(set(values)) > 1
    opened.sort(column)
    assert head.get_attribute("aria-sort") == "descending"
    assert opened.page.locator("#table th[aria-sort]").count() == 1
    assert sorted(opened.names()) == sorted(names)
    assert opened.cells(column) == values[::-1]


def test_numbers_in_names_and_versions_sort_by_value(open_page: Open, file: Path) -> None:
    opened = open_page(file, "sort=client")
    told = [tuple(map(int, text.split("."))) for text in opened.cells("client") if text]
    assert len(set(told)) > 1
    assert told == sorted(told)


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_shows_the_rows_that_it_names(
    open_page: Open, file: Path, table: list[TableRow], name: str
) -> None:
    opened = open_page(file)
    counts = Counter(FILTERS[name](row) for row in table)
    for value in [counts.most_common(1)[0][0], counts.most_common()[-1][0]]:
        opened.choose(name, value)
        wanted = [row.name for row in table if FILTERS[name](row) == value]
        assert opened.names() == wanted[:ON_A_PAGE]
        assert opened.shown.startswith(f"{len(wanted)} of {len(table)} rows")
        assert opened.fragment[name] == [value]


def test_filters_go_together_and_are_cleared(open_page: Open, file: Path, table: list[TableRow]) -> None:
    opened = open_page(file)
    opened.choose("site", "Berlin")
    opened.choose("os", "windows")
    opened.search("anna")
    wanted = [
        row.name
        for row in table
        if row.host.site == "Berlin" and row.host.os == "windows" and row.profile and "anna" in row.profile.user
    ]
    assert opened.names() == wanted != []
    opened.page.locator("#clear").click()
    assert opened.names() == [row.name for row in table[:ON_A_PAGE]]
    assert opened.fragment == {}


def test_a_finding_leads_to_its_hosts(open_page: Open, file: Path, table: list[TableRow]) -> None:
    opened = open_page(file)
    opened.page.locator(".finding[data-check=autostart] a[data-set]").first.click()
    wanted = [row.name for row in table if any(one.check == "autostart" for one in row.results)]
    assert opened.names() == wanted[:ON_A_PAGE] != []


def test_a_bar_of_a_chart_leads_to_its_hosts(open_page: Open, file: Path, table: list[TableRow]) -> None:
    opened = open_page(file)
    opened.page.locator("#chart-site a[data-set='site=Berlin']").first.click()
    assert opened.names() == [row.name for row in table if row.host.site == "Berlin"][:ON_A_PAGE]
    opened.page.locator("#chart-client a[data-set*='version=3.7.3'][data-set*='outcome=moved']").click()
    wanted = [row for row in table if row.profile and version(row.client) == "3.7.3" and row.profile.outcome == "moved"]
    assert opened.names() == [row.name for row in wanted][:ON_A_PAGE] != []


def test_a_row_opens_to_all_that_is_known_and_closes(open_page: Open, file: Path, table: list[TableRow]) -> None:
    row = next(one for one in table if one.verdict == "drift" and one.profile and one.profile.steps)
    assert row.profile
    opened = open_page(file, f"q={row.profile.user}+{row.host.host}")
    told = opened.open_row(row.name).inner_text()
    folder = next(folder for folder in row.profile.folders if folder.verdict == "drift")
    for text in (row.profile.config_path, folder.local_path, folder.reason, folder.examples[0].path, row.profile.do):
        assert text in told
    assert all(step.step in told for step in row.profile.steps)
    assert all(proof.proof in told for proof in row.profile.proofs)
    assert all(result.message in told for result in row.results)
    button = opened.rows.locator("button.open").first
    assert button.get_attribute("aria-expanded") == "true"
    assert opened.details.first.get_attribute("id") == button.get_attribute("aria-controls")
    button.click()
    assert opened.details.count() == 0
    assert button.get_attribute("aria-expanded") == "false"


def test_a_host_without_a_profile_opens_too(open_page: Open, file: Path, table: list[TableRow]) -> None:
    row = next(one for one in table if one.host.reason == "never-seen")
    opened = open_page(file, f"q={row.host.host}")
    assert "The host was never audited." in opened.open_row(row.name).inner_text()


def test_pages_of_the_table_are_turned(open_page: Open, file: Path, table: list[TableRow]) -> None:
    opened = open_page(file)
    opened.page.locator("#next").click()
    assert opened.names() == [row.name for row in table[ON_A_PAGE : 2 * ON_A_PAGE]]
    opened.page.locator("#last").click()
    assert opened.names() == [row.name for row in table[(len(table) - 1) // ON_A_PAGE * ON_A_PAGE :]]
    opened.page.locator("#first").click()
    assert opened.fragment == {}


def test_the_keyboard_is_enough(open_page: Open, file: Path) -> None:
    opened = open_page(file)
    page = opened.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("Hamburg")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    second = opened.names()[1]
    assert page.evaluate("document.activeElement.closest('tr').dataset.row") == second
    page.keyboard.press("Enter")
    opened.detail_of(second)
    assert opened.fragment["open"] == [second]
    # the focus is still there, so the next key goes on from it
    assert page.evaluate("document.activeElement.closest('tr').dataset.row") == second
    page.keyboard.press("Enter")
    assert opened.details.count() == 0


def test_sorting_and_filtering_keep_the_focus(open_page: Open, file: Path) -> None:
    opened = open_page(file)
    button = opened.page.locator("#table th[data-column=user] button")
    button.focus()
    opened.page.keyboard.press("Enter")
    assert button.evaluate("element => element === document.activeElement")
    opened.page.locator("#f-site").focus()
    opened.choose("site", "Berlin")
    assert opened.page.evaluate("document.activeElement.id") == "f-site"


def test_the_theme_is_switched_and_kept(open_page: Open, file: Path) -> None:
    opened = open_page(file, color_scheme="light")
    light = opened.style("body", "background-color")
    opened.theme("dark")
    dark = opened.style("body", "background-color")
    assert dark != light
    assert opened.page.locator("#theme button[aria-pressed=true]").get_attribute("data-theme") == "dark"
    opened.reload()
    assert opened.style("body", "background-color") == dark
    opened.theme("light")
    assert opened.style("body", "background-color") == light


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_a_choice_the_theme_is_that_of_the_system(open_page: Open, file: Path, scheme: str) -> None:
    opened = open_page(file, color_scheme=scheme)
    chosen = open_page(file, f"theme={scheme}")
    assert opened.style("body", "background-color") == chosen.style("body", "background-color")


def test_the_language_is_switched_everywhere_and_kept(open_page: Open, file: Path, table: list[TableRow]) -> None:
    opened = open_page(file)
    name = next(row.name for row in table if row.profile and row.profile.outcome == "unknown")
    opened.search(name.replace("/", " "))
    opened.open_row(name)
    opened.language("de")
    assert opened.page.locator("html").get_attribute("lang") == "de"
    assert opened.page.locator("#chart-progress figcaption").inner_text() == "Fortschritt der Kampagne"
    assert "Rechner" in opened.shown
    told = opened.detail_of(name).inner_text()
    assert "verletzt" in told
    assert "Kein Konto auf einem alten Server" in told
    assert "noch nicht überprüft" in told
    assert "not verified yet" not in told
    opened.reload()
    assert opened.page.locator("#chart-progress figcaption").inner_text() == "Fortschritt der Kampagne"
    opened.language("en")
    assert opened.page.locator("#chart-progress figcaption").inner_text() == "Progress of the campaign"
    assert "lang" not in opened.fragment


def test_a_page_in_german_switches_to_english(open_page: Open, data: ReportData, tmp_path: Path) -> None:
    opened = open_page(written(data, tmp_path / "bericht.html", "de"))
    assert opened.page.locator("html").get_attribute("lang") == "de"
    german = opened.page.locator("main").inner_text()
    opened.language("en")
    assert opened.page.locator("main").inner_text() != german
    opened.language("de")
    assert opened.page.locator("main").inner_text() == german


def test_the_texts_that_the_script_writes_are_those_of_the_page(
    open_page: Open, data: ReportData, tmp_path: Path
) -> None:
    """Switching to a language says the same as a page that was written in it, as far as it does without the script."""
    pages: dict[Language, Path] = {one: written(data, tmp_path / f"{one}.html", one) for one in LANGUAGES}
    outside = ":is([data-w], [data-n], [data-p], [data-b]):not(#hosts *)"
    texts = "found => found.map(one => one.textContent.replace(/\\s+/g, ' ').trim())"
    pairs: tuple[tuple[Language, Language], ...] = (("de", "en"), ("en", "de"))
    for language, other in pairs:
        plain = open_page(pages[language], ready=False, java_script_enabled=False)
        switched = open_page(pages[other], f"lang={language}")
        wanted = plain.page.eval_on_selector_all(outside, texts)
        assert len(wanted) > 100
        assert switched.page.eval_on_selector_all(outside, texts) == wanted


def test_a_link_shows_the_same_to_somebody_else(open_page: Open, file: Path) -> None:
    opened = open_page(file)
    opened.search("a")
    opened.choose("os", "windows")
    opened.sort("user")
    opened.sort("user")
    opened.page.locator("#next").click()
    name = opened.names()[4]
    opened.open_row(name)
    opened.theme("dark")
    opened.language("de")
    state = (opened.fragment, opened.names(), opened.shown, opened.detail_of(name).inner_text())
    opened.reload()
    assert (opened.fragment, opened.names(), opened.shown, opened.detail_of(name).inner_text()) == state
    other = open_page(file, opened.page.url.partition("#")[2])
    assert (other.fragment, other.names(), other.shown, other.detail_of(name).inner_text()) == state


@pytest.mark.parametrize("fragment", SENSELESS)
def test_a_link_that_makes_no_sense_does_no_harm(open_page: Open, file: Path, fragment: str) -> None:
    opened = open_page(file, fragment)
    assert opened.page.locator("html").get_attribute("lang") == "en"
    assert opened.names() == [] or opened.rows.first.is_visible()


def test_without_javascript_everything_but_the_table_is_there(open_page: Open, file: Path, data: ReportData) -> None:
    opened = open_page(file, ready=False, java_script_enabled=False)
    assert opened.page.locator("#card-seen .value").inner_text() == str(data.headline.hosts_seen)
    assert opened.page.locator("#charts figure svg").count() == 6
    assert opened.page.locator("#hosts noscript").inner_text().startswith("The table is drawn by the page's script")
    assert not opened.page.locator("#search").is_visible()


def test_paper_has_all_rows_that_fit_and_nothing_to_click(open_page: Open, file: Path, table: list[TableRow]) -> None:
    opened = open_page(file, "os=windows", color_scheme="dark")
    opened.page.emulate_media(media="print")
    assert opened.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.names() == [row.name for row in table if row.host.os == "windows"]
    assert not any(
        opened.page.locator(one).is_visible() for one in ("#search", "#theme", "#language", "#print", "#pager")
    )
    assert opened.style("body", "background-color") == "rgb(255, 255, 255)"
    opened.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(opened.names()) == ON_A_PAGE


@pytest.mark.parametrize("width", [320, 390, 768])
def test_narrow_windows_show_everything_without_scrolling_sideways(open_page: Open, file: Path, width: int) -> None:
    opened = open_page(file, viewport={"width": width, "height": 800})
    opened.open_row(opened.names()[0])
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault(open_page: Open, file: Path, theme: str, language: Language, width: int) -> None:
    opened = open_page(file, f"theme={theme}&lang={language}&q=a", viewport={"width": width, "height": 900})
    opened.open_row(opened.names()[2])
    assert faults(opened.page) == []
