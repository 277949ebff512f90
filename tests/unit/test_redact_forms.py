"""Every form of a redacted report: nobody's name and no file's name can be found in it, however it is packed."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import get_args

import pytest
from rich.console import Console

from bench._reports import report
from smartfleet.fleet.sending import Attachment
from smartfleet.model.report import ReportData
from smartfleet.paths import data_folder
from smartfleet.report import terminal
from smartfleet.report.pseudonyms import Pseudonyms
from smartfleet.report.redact import redact
from smartfleet.words import LANGUAGES, Language, load_words
from tests.unit.reported import written
from tests.unit.test_redact import NAMES, data_with, redacted

# a PDF is the page, printed
FORMS: list[Attachment] = [form for form in get_args(Attachment) if form != "pdf"]
_PACKED = re.compile(r'<script type="text/plain"[^>]*>([^<]*)</script>')
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def texts(form: Attachment, data: ReportData, language: Language = "en") -> Iterator[str]:
    """All that a reader could get to see, or find with a tool."""
    raw = written(form, data, language)
    if form == "xlsx":
        with zipfile.ZipFile(io.BytesIO(raw)) as book:
            for name in book.namelist():
                yield book.read(name).decode("utf-8", "replace")
        return
    text = raw.decode("utf-8")
    yield text
    if form == "html":
        for packed in _PACKED.findall(text):
            yield gzip.decompress(base64.b64decode(packed)).decode("utf-8")


def unescaped(text: str) -> str:
    """With the escapes of XML, HTML and JSON undone."""
    return html.unescape(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), text))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_no_form_lets_a_name_through(form: Attachment, name: str) -> None:
    marks = {name, name.replace("\n", "\\n"), json.dumps(name)[1:-1]}
    for text in texts(form, redacted(data_with(name))):
        for read in (text, unescaped(text)):
            assert not [mark for mark in marks if mark in read]
            assert "quark" not in read.lower()


def names_in(data: ReportData) -> set[str]:
    """Of people and of what lies in their homes, as a report with names has them."""
    paths = [folder.local_path for row in data.profiles for folder in row.folders]
    paths += [one.path for row in data.profiles for folder in row.folders for one in folder.examples]
    parts = {part for path in paths for part in re.split(r"[/\\]", path)}
    return {name for name in {row.user for row in data.profiles} | parts if len(name) > 4}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_of_a_whole_fleet_is_left(form: Attachment, language: Language) -> None:
    data = report(60, runs=5)
    hidden = redact(data, Pseudonyms(b"0" * 32), load_words("en", data_folder("templates")))
    # what our own texts say, for example Nextcloud, is found without anybody's name
    nobody = data.model_copy(update={"profiles": [], "hosts": [], "since": None})
    known = "\n".join(unescaped(text) for text in texts(form, nobody, language))
    wanted = {name for name in names_in(data) if name not in known}
    assert len(wanted) > 40
    for text in texts(form, hidden, language):
        read = unescaped(text)
        assert not sorted(name for name in wanted if name in read)


def test_the_terminal_names_nobody() -> None:
    console = Console(file=io.StringIO(), width=200)
    console.print(terminal.report(redacted(data_with("Quill"))))
    assert isinstance(console.file, io.StringIO)
    assert "Quill" not in console.file.getvalue()
