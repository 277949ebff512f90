"""The stand-in client starts however odd the interpreter's path is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from smartfleet.lab.desktop.install import SHEBANG_LIMIT, install_client


@pytest.mark.parametrize("folder", ["with a blank", "x" * SHEBANG_LIMIT])
def test_an_interpreter_that_no_first_line_can_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    interpreter = tmp_path / folder / "python"
    interpreter.parent.mkdir()
    interpreter.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    interpreter.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(interpreter))
    program = install_client(tmp_path / "root", version="3.16.7", qt=6)
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.splitlines()[0] == "Nextcloud version 3.16.7git"
    assert "Using Qt 6" in done.stdout
