"""The forms of a report: their names, their files and what writes each. A form is imported when it is written."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO, Literal

from smartfleet.errors import UsageError
from smartfleet.model.report import ReportData
from smartfleet.text import visible
from smartfleet.words import Words

FormName = Literal["json", "jsonl", "html", "csv", "xlsx", "junit", "markdown", "prometheus", "pdf"]
Write = Callable[[ReportData, BinaryIO, Words], None]
"""Writes a report in one form, its texts in the language of the words."""


@dataclass(frozen=True)
class Form:
    """`binary` ones are nothing for a terminal; `media_type` is what a mail calls an attachment."""

    suffix: str
    media_type: str
    module: str
    binary: bool = False

    def write(self, data: ReportData, out: BinaryIO, words: Words) -> None:
        write: Write = importlib.import_module(f"smartfleet.report.{self.module}").write
        write(data, out, words)


FORMS: dict[FormName, Form] = {
    "json": Form(".json", "application/json", "forms.documents"),
    "jsonl": Form(".jsonl", "application/jsonl", "forms.lines"),
    "html": Form(".html", "text/html", "page"),
    "csv": Form(".csv", "text/csv", "forms.csv_form"),
    "xlsx": Form(
        ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "forms.xlsx", binary=True
    ),
    "junit": Form(".xml", "application/xml", "forms.junit"),
    "markdown": Form(".md", "text/markdown", "forms.markdown"),
    "prometheus": Form(".prom", "text/plain", "forms.prometheus"),
    "pdf": Form(".pdf", "application/pdf", "forms.pdf", binary=True),
}


def form_of(file: PurePath) -> FormName:
    """The form that a file's name asks for. UsageError for a name that asks for none."""
    for name, form in FORMS.items():
        if file.suffix.lower() == form.suffix:
            return name
    raise UsageError(
        "report/no-such-form",
        f"{visible(file.name)} does not say what form the report is to have",
        why="the end of the name says it",
        do=f"end it in one of {', '.join(form.suffix for form in FORMS.values())}",
    )
