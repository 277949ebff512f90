"""An SVG under way. Colours come from the page's style by class, so both themes and print have their own."""

from __future__ import annotations

import json
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from markupsafe import Markup

from smartfleet.report.page.texts import Texts, Value
from smartfleet.text import visible
from smartfleet.words import Words

WIDTH = 360
"""Of every chart, in units that are pixels where it has the least room."""


@dataclass(frozen=True)
class Chart:
    """`title` is the key of a text; the drawing names and describes itself."""

    name: str
    title: str
    svg: Markup


class Drawing:
    """Elements with texts of the catalogs; they carry key and values, as `Texts` has them."""

    def __init__(self, name: str, height: int, words: Words, *, role: str) -> None:
        self.name = name
        self._texts = Texts(words)
        self._date = "%d.%m.%Y" if words.language == "de" else "%Y-%m-%d"
        self.root = Element(
            "svg",
            {
                "viewBox": f"0 0 {WIDTH} {height}",
                "width": "100%",
                "role": role,
                "aria-labelledby": f"chart-{name}-title",
                "aria-describedby": f"chart-{name}-desc",
            },
        )

    def describe(self, **values: Value) -> None:
        for tag in ("title", "desc"):
            given = values if tag == "desc" else {}
            self.said(self.root, tag, f"report.chart.{self.name}.{tag}", given).set("id", f"chart-{self.name}-{tag}")

    def add(self, parent: Element, tag: str, **attributes: str | float) -> Element:
        """`class_` stands for the attribute class, and ``_`` for the hyphen in a name."""
        named = {name.rstrip("_").replace("_", "-"): _written(value) for name, value in attributes.items()}
        return ET.SubElement(parent, tag, named)

    def said(
        self, parent: Element, tag: str, key: str, values: Mapping[str, Value], **attributes: str | float
    ) -> Element:
        element = self.add(parent, tag, data_w=key, **attributes)
        if values:
            shown = {name: one if isinstance(one, int) else visible(one) for name, one in values.items()}
            element.set("data-v", json.dumps(shown))
        element.text = self._texts.plain(key, **values)
        return element

    def number(self, parent: Element, count: int, **attributes: str | float) -> None:
        self.add(parent, "text", data_n=count, **attributes).text = self._texts.figure(count)

    def moment(self, parent: Element, seconds: float, *, hours: bool, **attributes: str | float) -> None:
        """The day, or with `hours` the time of day; where the page is read its script shows them as there."""
        element = self.add(parent, "text", data_t=int(seconds), data_d="time" if hours else "date", **attributes)
        element.text = local(seconds).strftime("%H:%M" if hours else self._date)

    def chart(self) -> Chart:
        drawn = ET.tostring(self.root, encoding="unicode")
        return Chart(self.name, f"report.chart.{self.name}.title", Markup(drawn))  # noqa: S704 - ElementTree escapes


def local(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone()


def shortened(text: str, columns: int) -> str:
    """`text` in as many columns at most; letters of East Asia take two."""
    text, left, kept = visible(text), columns, ""
    for letter in text:
        left -= 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if left < 1:
            return kept + "…" if len(text) > len(kept) + 1 else text
        kept += letter
    return text


def _written(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
