"""Brings a report out: to the terminal, to a pipe, to files."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from smartfleet.cli.output import say, show
from smartfleet.errors import UsageError
from smartfleet.model.report import ReportData
from smartfleet.report import terminal
from smartfleet.report.writers import FORMS, FormName, form_of
from smartfleet.text import visible
from smartfleet.words import Words

PrintedForm = Literal["human"] | FormName


def check_places(form: PrintedForm, files: Sequence[Path]) -> None:
    """UsageError for what could not be written in the end, before anything is worked out."""
    if form != "human" and FORMS[form].binary and sys.stdout.isatty():
        raise UsageError(
            "report/binary",
            f"{form} is nothing that a terminal can show",
            do=f"write it to a file: smartfleet report --out report{FORMS[form].suffix}",
        )
    for file in files:
        form_of(file)
        if not file.absolute().parent.is_dir():
            raise _unwritable(file, "its folder does not exist")


def bring_out(data: ReportData, form: PrintedForm, files: Sequence[Path], words: Words) -> None:
    for file in files:
        _write(file, data, words)
        say(f"written: {file}")
    if form == "human":
        show(terminal.report(data))
    else:
        _print(data, form, words)


def _print(data: ReportData, form: FormName, words: Words) -> None:
    try:
        FORMS[form].write(data, sys.stdout.buffer, words)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # what it still holds would fail once more at the end
        sys.stdout = None
        raise _unwritable(Path("standard output"), error.strerror or str(error)) from error


def _write(file: Path, data: ReportData, words: Words) -> None:
    """Whole or not at all: who reads the file meanwhile, for example node_exporter, never sees half of it."""
    form = FORMS[form_of(file)]
    partial = None
    try:
        descriptor, name = tempfile.mkstemp(dir=file.absolute().parent, prefix=".smartfleet-")
        partial = Path(name)
        with os.fdopen(descriptor, "wb") as out:
            form.write(data, out, words)
        partial.chmod(_mode(file))
        partial.replace(file)
    except OSError as error:
        raise _unwritable(file, error.strerror or str(error)) from error
    finally:
        if partial:
            partial.unlink(missing_ok=True)


def _mode(file: Path) -> int:
    """That of the file that is replaced, or what a new file gets here."""
    try:
        return file.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _unwritable(file: Path, why: str) -> UsageError:
    return UsageError("report/unwritable", f"{visible(str(file))} cannot be written: {visible(why)}")
