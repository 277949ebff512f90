"""smartfleet's commands in this process: a test that gives one after the other need not load all of it for each."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from smartfleet.cli.main import main


@dataclass(frozen=True)
class Called:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def called(fleet: Path, *words: str) -> Called:
    kept = io.BytesIO(), io.BytesIO()
    # named, for a text file that nobody holds any more closes what it was to write into
    out = io.TextIOWrapper(kept[0], encoding="utf-8", write_through=True)
    err = io.TextIOWrapper(kept[1], encoding="utf-8", errors="backslashreplace", write_through=True)
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as caught:
        main([*words, "--fleet", str(fleet)])
    assert isinstance(caught.value.code, int)
    return Called(caught.value.code, *(one.getvalue().decode() for one in kept))


def document(fleet: Path, *words: str) -> dict[str, Any]:
    """What a command prints as JSON, however it ends."""
    done = called(fleet, *words, "--format", "json")
    assert done.out, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found
