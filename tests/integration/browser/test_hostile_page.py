"""Names that are traps, in a real browser: nothing runs, nothing vanishes, nothing passes for something else."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from bench._hostile import TRAPS, hostile
from smartfleet.report.page.rows import TableRow, rows
from smartfleet.text import visible
from smartfleet.words import LANGUAGES
from tests.integration.browser.axe import faults
from tests.integration.browser.conftest import Open
from tests.integration.browser.opening import Opened, written

pytestmark = pytest.mark.once
# what a script of ours never makes, and markup in a name would
FOREIGN = "img, iframe, object, embed, link, base, form, main script, [onload], [onerror], [onmouseover], svg[onload]"
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.fixture(scope="module")
def table() -> list[TableRow]:
    return [row for row in rows(hostile()) if row.host.host.startswith("trap-")]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(hostile(), tmp_path_factory.mktemp("page") / "report.html")


def everything(opened: Opened) -> str:
    """All text and every attribute that the document has now."""
    attributes = "[...document.querySelectorAll('*')].flatMap(one => [...one.attributes].map(at => at.value))"
    script = f"[document.title, document.body.textContent, ...{attributes}].join('\\n')"
    return str(opened.page.evaluate(script))


def harmless(opened: Opened) -> None:
    assert opened.page.locator(FOREIGN).count() == 0
    hidden = {one for one in everything(opened) if unicodedata.category(one) in INVISIBLE and one not in "\n\t"}
    assert hidden == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_trap_is_shown_as_what_it_is(open_page: Open, file: Path, table: list[TableRow], language: str) -> None:
    opened = open_page(file, f"lang={language}&q=trap-")
    assert opened.names() == [visible(row.name) for row in table]
    for row in table[::6]:
        opened.open_row(visible(row.name))
    opened.open_all()
    for row, told in zip(table, opened.details.all_text_contents(), strict=True):
        assert row.profile
        for text in (row.profile.config_path, row.profile.folders[0].reason, row.profile.steps[0].step):
            assert visible(text) in told
    assert opened.details.count() == len(TRAPS)
    harmless(opened)
    assert faults(opened.page) == []


def test_traps_can_be_searched_filtered_opened_and_linked_to(
    open_page: Open, file: Path, table: list[TableRow]
) -> None:
    """All of it in one link for each trap, since to load the page is what costs."""
    opened = open_page(file)
    sited = [row for row in table if row.host.site]
    assert [row.host.site for row in sited] == [trap for trap in TRAPS if trap]
    for row in sited:
        name = visible(row.name)
        opened.choose("site", visible(row.host.site))
        assert opened.names() == [name]
        opened.open_row(name)
        opened.search(row.host.site.encode("utf-8", "replace").decode().replace("\0", ""))
        searched = (opened.page.input_value("#search"), opened.names())
        opened.reload()
        assert (opened.page.input_value("#search"), opened.names()) == searched
        assert opened.page.locator(FOREIGN).count() == 0
        opened.search("")
        assert opened.names() == [name]
        opened.detail_of(name)
    harmless(opened)
    opened.page.locator("#clear").click()
    assert {visible(row.name) for row in table} <= set(opened.names())


def test_traps_do_no_harm_on_paper(open_page: Open, file: Path) -> None:
    opened = open_page(file, "q=trap-")
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    harmless(opened)


@pytest.mark.parametrize("width", [390, 1280])
def test_long_names_do_not_widen_the_page(open_page: Open, file: Path, table: list[TableRow], width: int) -> None:
    opened = open_page(file, "q=trap-", viewport={"width": width, "height": 800})
    opened.open_row(max((visible(row.name) for row in table), key=len))
    opened.open_all()
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_javascript_traps_do_no_harm_either(open_page: Open, file: Path) -> None:
    opened = open_page(file, ready=False, java_script_enabled=False)
    assert opened.page.locator(FOREIGN).count() == 0
    for trap in TRAPS:
        assert visible(trap).strip() in " ".join((opened.page.locator("#warnings").text_content() or "").split(" "))
