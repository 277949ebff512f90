"""Notices in words: a template of ours, the admin's sentence, and names that hosts told. Pure but for the templates.

What hosts and the admin wrote is put into the templates as values, so nothing of it is ever read as a template, and
control characters in it are made visible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from smartfleet.model.notices import NoticeKind
from smartfleet.notify.words import moment, span
from smartfleet.text import visible
from smartfleet.words import Language

KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)
_DESKTOP_FOLDERS = 3
_LONGEST_NAME = 200


@dataclass(frozen=True)
class About:
    """What a notice is about. `left`: how often the user may still put the move off, each time for `pause` seconds."""

    old: str
    new: str
    computers: Sequence[str] = ()
    folders: Sequence[str] = ()
    when: str = ""
    sentence: str = ""
    left: int = 0
    pause: float = 0.0
    deadline: datetime | None = None
    answer_within: float = 0.0


@dataclass(frozen=True)
class Written:
    """`desktop` is short, for the screen; `text` is a letter. The labels are those of a question's buttons, else ""."""

    title: str
    desktop: str
    text: str
    go_label: str = ""
    later_label: str = ""


class Writer:
    """Writes in one language; `templates` is the folder that holds ``notices/``."""

    def __init__(self, templates: Path, language: Language) -> None:
        self._language = language
        # no autoescape: this is plain text, and who shows it escapes it for the place where it is shown
        self._environment = Environment(
            loader=FileSystemLoader(templates / "notices" / language),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,  # noqa: S701
        )

    def write(self, kind: NoticeKind, about: About) -> Written:
        template = self._environment.get_template(f"{kind}.j2")
        values = self._values(about)
        asks = "go" in template.blocks
        return Written(
            title=_block(template, "title", values),
            desktop=_with(_block(template, "desktop", values | _short(values)), values["sentence"], "\n"),
            text=_with(_block(template, "text", values), values["sentence"], "\n\n") + "\n",
            go_label=_block(template, "go", values) if asks else "",
            later_label=_block(template, "later", values) if asks else "",
        )

    def _values(self, about: About) -> dict[str, Any]:
        language = self._language
        return {
            "advice": self._environment.get_template("advice.j2").module,
            "old": visible(about.old),
            # with its slash: whoever compares the address in his browser must not take a longer name for it
            "new": visible(about.new.rstrip("/") + "/"),
            "computers": [_name(name) for name in about.computers],
            "folders": [_name(name) for name in about.folders],
            "when": _name(about.when),
            "sentence": "\n".join(visible(line) for line in about.sentence.strip().splitlines()),
            "left": about.left,
            "pause": span(about.pause, language),
            "deadline": moment(about.deadline, language) if about.deadline else "",
            "answer_within": span(about.answer_within, language),
        }


def _short(values: dict[str, Any]) -> dict[str, Any]:
    """A screen has little room."""
    return {"folders": values["folders"][:_DESKTOP_FOLDERS]}


def _block(template: Template, name: str, values: dict[str, Any]) -> str:
    return "".join(template.blocks[name](template.new_context(values))).strip()


def _with(text: str, sentence: str, between: str) -> str:
    return f"{text}{between}{sentence}" if sentence else text


def _name(text: str) -> str:
    shown = visible(text)
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 1]}…"
