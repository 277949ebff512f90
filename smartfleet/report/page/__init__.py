"""The report as one HTML page that needs nothing else: no network, no second file.

Figures, findings and what to do next are written in the page itself, in one language; the table of hosts and profiles
is data that the page's script draws. A Content-Security-Policy lets run nothing but this one script.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from smartfleet.model.policy import CheckInfo
from smartfleet.model.report import ReportData
from smartfleet.paths import data_folder
from smartfleet.report.page import figures
from smartfleet.report.page.charts import charts
from smartfleet.report.page.details import PER_CHUNK, chunks
from smartfleet.report.page.index import index
from smartfleet.report.page.rows import STANDINGS, TableRow, rows
from smartfleet.report.page.texts import Texts, island, link, shown
from smartfleet.report.page.todo import todo
from smartfleet.report.tones import ANSWERS, OUTCOMES, VERDICTS
from smartfleet.text import visible
from smartfleet.words import LANGUAGES, Language, Words, load_words

_FOLDER = "report/page"
_STYLES = ("page.css", "charts.css", "table.css", "print.css")
_SCRIPTS = ("texts.js", "state.js", "rows.js", "details.js", "table.js", "main.js")
_CATALOGS = ("page", "report", "checks")
_COLUMNS = ("host", "user", "standing", "state", "outcome", "verdict", "system", "client", "site", "wave", "seen")
_FILTERS = ("standing", "check", "outcome", "verdict", "state", "os", "version", "site", "wave")
_CHANGES_SHOWN = 200


def write(data: ReportData, out: BinaryIO, words: Words) -> None:
    """The page, in UTF-8; it opens in the language of `words` and can switch to each other one."""
    templates = data_folder("templates")
    values = _values(data, words, templates)
    _page(templates).stream(values).dump(out, encoding="utf-8", errors="backslashreplace")


@lru_cache(maxsize=1)
def _page(templates: Path) -> Template:
    """The page's template. To compile it takes longer than to fill it in for a few hosts."""
    environment = Environment(loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined)
    environment.filters.update(visible=visible, shown=shown)
    return environment.get_template(f"{_FOLDER}/page.html.j2")


def _values(data: ReportData, words: Words, templates: Path) -> dict[str, Any]:
    table, texts = rows(data), Texts(words)
    style, early, script = _joined(templates, *_STYLES), _joined(templates, "early.js"), _joined(templates, *_SCRIPTS)
    head = data.headline
    titles = {count.check.check: count.check for count in data.checks}
    return {
        "data": data,
        "server": data.new_server,
        "language": words.language,
        "languages": LANGUAGES,
        "w": texts,
        "policy": _policy(style, early, script),
        "style": style,
        "early": early,
        "script": script,
        "tenths": head.hosts_compliant * 1000 // head.hosts if head.hosts else 0,
        "cards": figures.cards(data),
        "bar": figures.bar(data),
        "todo": todo(data),
        "findings": figures.findings(data.checks),
        "clean": figures.clean(data.checks),
        "unasked": figures.unasked(data.checks),
        "waivers": figures.waivers(data),
        "charts": charts(data, words),
        "tones": ANSWERS,
        "verdict_tones": VERDICTS,
        "most": _CHANGES_SHOWN,
        "text_of": lambda check, part: _check_text(texts, check, part),
        "title_of": lambda name: _check_text(texts, titles[name], "title") if name in titles else shown(name),
        "shown": shown,
        "link": link,
        "count": len(table),
        "columns": _shown_columns(table),
        "filters": _FILTERS,
        "texts": island({language: _catalogs(language, words, templates) for language in LANGUAGES}),
        "index": island(index(table, data.checks, PER_CHUNK) | {"tones": _tones()}),
        "chunks": chunks(table),
    }


def _joined(templates: Path, *names: str) -> Markup:
    parts = [(templates / _FOLDER / name).read_text(encoding="utf-8") for name in names]
    return Markup("\n".join(parts))  # noqa: S704 - our own files


def _policy(style: str, *scripts: str) -> str:
    """What the browser may run: this style and these scripts as they are here, and nothing from elsewhere."""
    allowed = " ".join(_hash(script) for script in scripts)
    rules = ["default-src 'none'", f"style-src {_hash(style)}", f"script-src {allowed}"]
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _check_text(texts: Texts, check: CheckInfo, part: str) -> Markup:
    """Own checks say their texts themselves."""
    key = f"checks.{check.check}.{part}"
    return texts(key, host="HOST") if check.source == "built-in" else shown(str(getattr(check, part)))


def _shown_columns(table: list[TableRow]) -> list[str]:
    """Without columns that would stay empty: not every inventory names sites, not every fleet moved in waves."""
    empty = {name for name in ("site", "wave") if not any(getattr(row.host, name) for row in table)}
    return [name for name in _COLUMNS if name not in empty]


def _catalogs(language: Language, words: Words, templates: Path) -> dict[str, str]:
    chosen = words if language == words.language else load_words(language, templates)
    return chosen.of(*_CATALOGS)


def _tones() -> Mapping[str, Any]:
    return {"outcome": OUTCOMES, "verdict": VERDICTS, "standing": STANDINGS, "answer": ANSWERS}
