"""Prints a page with the Chromium of this machine. The only part of a report that starts a process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from smartfleet.errors import ReportError
from smartfleet.text import visible

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge-stable")
_SECONDS = 300.0
"""A page of 10,000 hosts takes a tenth of it."""
_TAIL = 300
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-sync",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-breakpad",
    "--no-first-run",
    "--no-default-browser-check",
    # the page asks for nothing; nor does the browser for itself
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
)


def find(environment: Mapping[str, str]) -> str:
    """The path of a Chromium. ReportError where there is none."""
    for name in _NAMES:
        if found := shutil.which(name, path=environment.get("PATH")):
            return found
    raise ReportError(
        "report/no-chromium",
        "there is no Chromium to print the page with",
        why="a PDF is the page as Chromium prints it",
        do="apt-get install chromium, or write the report as .html and print it in any browser",
    )


def print_page(
    write: Callable[[BinaryIO], None],
    out: BinaryIO,
    environment: Mapping[str, str],
    *,
    tagged: bool = True,
    seconds: float = _SECONDS,
) -> None:
    """The page that `write` writes as PDF, on `out`; `tagged` with what screen readers go by.

    ReportError where Chromium is missing, fails or takes too long.
    """
    program = find(environment)
    with tempfile.TemporaryDirectory(prefix="smartfleet-pdf-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with (folder / "report.html").open("wb") as page:
            write(page)
        said = _run([program, *_arguments(folder, tagged=tagged)], _private(environment, folder), folder, seconds)
        try:
            with (folder / "report.pdf").open("rb") as printed:
                shutil.copyfileobj(printed, out)
        except FileNotFoundError:
            raise _failed(f"it ended without a PDF: {said}") from None


def _arguments(folder: Path, *, tagged: bool) -> list[str]:
    # Chromium refuses to make a sandbox for root; nothing runs in the page but its own script
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    tags = [] if tagged else ["--disable-pdf-tagging"]
    files = [f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={folder / 'report.pdf'}"]
    return [*_OPTIONS, *root, *tags, *files, (folder / "report.html").as_uri()]


def _private(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Nothing is read from or left in the admin's own browser folders."""
    return {**environment, "XDG_CONFIG_HOME": str(folder / "config"), "XDG_CACHE_HOME": str(folder / "cache")}


def _run(command: list[str], environment: Mapping[str, str], folder: Path, seconds: float) -> str:
    """The last words of Chromium, which is many processes: all of them are in a group of their own, and end with it."""
    words = folder / "words"
    with words.open("wb") as errors:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise _failed(f"it was not done in {seconds:g} s") from None
    finally:
        _end(process)
    return visible(words.read_text("utf-8", "replace").strip()[-_TAIL:]) or f"exit {process.returncode}"


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()


def _failed(what: str) -> ReportError:
    return ReportError(
        "report/chromium-failed",
        f"Chromium did not print the page: {what}",
        why="a PDF is the page as Chromium prints it",
        do="write the report as .html and print it in any browser; a Chromium that is a snap reads no files in /tmp: "
        "set TMPDIR to a folder in your home",
    )
