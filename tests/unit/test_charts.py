"""Charts of a report: what they say, and that nothing they are told becomes markup."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from string import Formatter
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element

import pytest

from bench._hostile import hostile
from bench._reports import report
from smartfleet.model.report import Point, ReportData, Share
from smartfleet.paths import data_folder
from smartfleet.report.page.charts import charts
from smartfleet.report.page.charts.bars import parts_of
from smartfleet.report.page.charts.course import ceiling
from smartfleet.report.page.charts.drawing import WIDTH, shortened
from smartfleet.words import LANGUAGES, Language, load_words

TEMPLATES = data_folder("templates")
WORDS = {language: load_words(language, TEMPLATES) for language in LANGUAGES}
REPORTS = {"usual": report(120), "hostile": hostile(), "small": report(3, runs=2)}
ALLOWED = {"svg", "title", "desc", "defs", "pattern", "g", "a", "path", "rect", "circle", "text"}


def drawn(data: ReportData, language: Language = "en") -> dict[str, Element]:
    # the drawing was made here and holds no entities
    return {chart.name: ET.fromstring(chart.svg) for chart in charts(data, WORDS[language])}  # noqa: S314


def texts(element: Element) -> list[str]:
    return [one.text or "" for one in element.iter("text")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", REPORTS)
def test_what_a_chart_says_can_be_said_in_every_language(name: str, language: Language) -> None:
    for chart in drawn(REPORTS[name], language).values():
        for element in chart.iter():
            if key := element.get("data-w"):
                values = json.loads(element.get("data-v", "{}"))
                places = {place for _, place, _, _ in Formatter().parse(WORDS[language].texts[key]) if place}
                assert places == set(values), key


@pytest.mark.parametrize("name", REPORTS)
def test_no_text_becomes_markup_or_style(name: str) -> None:
    for chart in drawn(REPORTS[name]).values():
        for element in chart.iter():
            assert element.tag in ALLOWED
            assert not {key for key in element.attrib if key.startswith("on") or key == "style"}
            assert element.get("href", "#h-hosts") == "#h-hosts"
            assert (element.text or "").isprintable()


def test_every_chart_has_a_name_and_a_description() -> None:
    for name, chart in drawn(REPORTS["usual"]).items():
        assert chart.get("aria-labelledby") == f"chart-{name}-title"
        assert chart.get("aria-describedby") == f"chart-{name}-desc"
        assert {one.get("id") for one in chart.iter() if one.get("id")} >= {f"chart-{name}-title", f"chart-{name}-desc"}
        # what has links is no picture: a screen reader would not tell them
        assert (chart.get("role") == "img") == (chart.find(".//a") is None)


def test_a_report_has_the_charts_that_say_something() -> None:
    assert list(drawn(REPORTS["usual"])) == ["progress", "compliance", "wave", "site", "os", "client"]
    bare = REPORTS["usual"].model_copy(update={"history": [], "shares": []})
    assert drawn(bare) == {}
    assert drawn(bare.model_copy(update={"history": REPORTS["usual"].history[:1]})) == {}


def test_one_part_alone_is_no_division() -> None:
    assert parts_of("os", [share("linux", moved=3)], WORDS["en"]) is None


def share(name: str, *, by: str = "os", **outcomes: int) -> Share:
    hosts = sum(outcomes.values())
    return Share.model_validate(
        {"by": by, "name": name, "hosts": hosts, "compliant": 0, "profiles": hosts, "outcomes": outcomes}
    )


def test_parts_of_a_bar_fill_it_and_the_smallest_is_seen() -> None:
    chart = parts_of("os", [share("linux", moved=100_000, failed=1), share("windows", refused=5)], WORDS["en"])
    assert chart
    tree = ET.fromstring(chart.svg)  # noqa: S314 - made here
    assert texts(tree)[:4] == ["Linux", "0 of 100,001 compliant", "Windows", "0 of 5 compliant"]
    links = [link for link in tree.iter("a") if link.get("tabindex") == "-1"]
    assert [parse_qs(link.get("data-set", "")) for link in links] == [
        {"os": ["linux"], "outcome": ["moved"]},
        {"os": ["linux"], "outcome": ["failed"]},
        {"os": ["windows"], "outcome": ["refused"]},
    ]
    moved, failed = (link.find("rect") for link in links[:2])
    assert moved is not None
    assert failed is not None
    assert float(failed.get("width", "0")) >= 0.9
    assert float(failed.get("x", "0")) + float(failed.get("width", "0")) <= WIDTH
    # the second is the hatch that tells without colour that it failed
    assert [rect.get("fill") for rect in links[1].iter("rect")] == [None, "url(#hatch-os-bad)"]


def test_many_parts_are_the_largest_and_the_others_together() -> None:
    shares = [share(f"site {number:02}", by="site", moved=number) for number in range(1, 21)]
    chart = parts_of("site", shares, WORDS["de"])
    assert chart
    tree = ET.fromstring(chart.svg)  # noqa: S314 - made here
    names = [text for text in texts(tree) if "konform" not in text]
    assert names[:8] == [*[f"site {number}" for number in range(14, 21)], "13 weitere"]
    assert f"0 von {sum(range(1, 14))} konform" in texts(tree)


def test_links_name_parts_of_which_nothing_is_known_by_nothing() -> None:
    chart = parts_of("wave", [share("wave 2", by="wave", moved=1), share("", by="wave", unknown=1)], WORDS["de"])
    assert chart
    tree = ET.fromstring(chart.svg)  # noqa: S314 - made here
    assert [link.get("data-set") for link in tree.iter("a") if link.get("tabindex") is None] == ["wave=wave+2", "wave="]
    assert texts(tree)[:3] == ["Welle 2", "0 von 1 konform", "in keiner Welle"]


@pytest.mark.parametrize(
    ("count", "top"), [(0, 2), (1, 2), (3, 4), (9, 10), (11, 12), (13, 16), (42, 50), (1052, 1200), (10_517, 12_000)]
)
def test_the_scale_ends_in_a_round_number(count: int, top: int) -> None:
    assert ceiling(count) == top


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Berlin", "Berlin"),
        ("a" * 10, "a" * 10),
        ("a" * 11, "a" * 9 + "…"),
        ("漢" * 6, "漢" * 4 + "…"),
        ("\x1b[2J", r"\x1b[2J"),
    ],
)
def test_long_names_are_shortened_by_what_they_take(text: str, short: str) -> None:
    assert shortened(text, 10) == short


@pytest.mark.parametrize("counts", [[(0, 0), (0, 0)], [(5, 0), (3, 2)], [(1, 1), (1, 1), (1, 0)]])
def test_a_course_is_drawn_whatever_the_counts_and_moments(counts: list[tuple[int, int]]) -> None:
    points = [
        Point(
            run="run",
            verb="apply",
            at=100.0,
            hosts=a + b,
            compliant=a,
            profiles=a + b,
            on_new_server=a,
            on_old_server=b,
        )
        for a, b in counts
    ]
    found = drawn(REPORTS["small"].model_copy(update={"history": points, "shares": []}))
    assert list(found) == ["progress", "compliance"]
    assert "nan" not in ET.tostring(found["progress"], encoding="unicode")


@pytest.mark.parametrize(("later", "shown"), [(600.0, "time"), (3 * 86_400.0, "date")])
def test_a_course_of_one_day_names_the_hours(later: float, shown: str) -> None:
    moments = (1_790_000_000.0, 1_790_000_000.0 + later)
    points = [
        Point(run="run", verb="apply", at=at, hosts=1, compliant=1, profiles=1, on_new_server=1, on_old_server=0)
        for at in moments
    ]
    found = drawn(REPORTS["small"].model_copy(update={"history": points, "shares": []}))
    ends = [element for element in found["progress"].iter("text") if element.get("data-t")]
    assert [(end.get("data-t"), end.get("data-d")) for end in ends] == [(f"{at:.0f}", shown) for at in moments]
