"""Texts of the page. Each carries its key and values, so that the page can say it in another language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from markupsafe import Markup, escape

from smartfleet.text import visible
from smartfleet.words import Language, Words

Value = int | str
_SEPARATOR: Mapping[Language, str] = {"en": ",", "de": "."}
_POINT: Mapping[Language, str] = {"en": ".", "de": ","}
_MOMENT: Mapping[Language, str] = {"en": "%Y-%m-%d %H:%M", "de": "%d.%m.%Y %H:%M"}


class Texts:
    """Writes the texts of one language as elements that the page's script fills again in another one."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._language = words.language

    def __call__(self, key: str, /, **values: Value) -> Markup:
        """The text of `key` as an element; numbers as the language writes them."""
        return Markup('<span data-w="{}"{}>{}</span>').format(key, _data(values), self.plain(key, **values))

    def plain(self, key: str, /, **values: Value) -> str:
        """The same without an element, for attributes."""
        shown = {name: self.figure(one) if isinstance(one, int) else visible(one) for name, one in values.items()}
        return self._words(key, **shown)

    def named(self, attribute: str, key: str, /, **values: Value) -> Markup:
        """`attribute` with the text of `key`; one such attribute to an element."""
        template = Markup('{}="{}" data-wa="{}" data-w-key="{}"{}')
        return template.format(attribute, self.plain(key, **values), attribute, key, _data(values))

    def number(self, count: int) -> Markup:
        return Markup('<span data-n="{}">{}</span>').format(count, self.figure(count))

    def percent(self, part: int, whole: int) -> Markup:
        """One digit, rounded down: 100 % is said of all alone."""
        tenths = part * 1000 // whole if whole else 0
        shown = f"{tenths // 10}{_POINT[self._language]}{tenths % 10} %"
        return Markup('<span data-p="{}">{}</span>').format(tenths, shown)

    def time(self, seconds: float) -> Markup:
        """A moment in the time zone of whoever writes the page; its script shows that of whoever reads it."""
        moment = datetime.fromtimestamp(seconds, UTC)
        shown = moment.astimezone().strftime(f"{_MOMENT[self._language]} %Z")
        iso = moment.isoformat(timespec="seconds")
        return Markup('<time datetime="{}" data-t="{}">{}</time>').format(iso, int(seconds), shown)

    def figure(self, count: int) -> str:
        return f"{count:,}".replace(",", _SEPARATOR[self._language])


def _data(values: Mapping[str, Value]) -> Markup:
    if not values:
        return Markup()
    shown = {name: one if isinstance(one, int) else visible(one) for name, one in values.items()}
    return Markup(' data-v="{}"').format(json.dumps(shown))


def island(value: object) -> Markup:
    """JSON for a script element: nothing in it can end the element or begin a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(escape_json(text))  # noqa: S704 - `<` is what a script element ends with, and it is not there


def escape_json(text: str) -> str:
    return text.replace("<", "\\u003c")


def link(host: str, user: str = "") -> Markup:
    """A host as a link to its rows, or one of its profiles as a link that opens its row."""
    name = visible(f"{host}/{user}" if user else host)
    fields = {"q": name, "open": name} if user else {"q": name}
    return Markup('<a href="#h-hosts" data-set="{}">{}</a>').format(urlencode(fields), shown(name))


def shown(text: str) -> Markup:
    """Text that others wrote: what is not seen is made visible, and directions stay within."""
    return Markup("<bdi>{}</bdi>").format(visible(text)) if text else escape("")
