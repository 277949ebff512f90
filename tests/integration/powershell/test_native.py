"""The C# that declares Windows calls: compiled by what 5.1 compiles with, C# 5, and holding nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.powershell.scripts import PLUGINS

pytestmark = pytest.mark.once
NATIVE = PLUGINS / "module_utils/Native.cs"


@pytest.mark.skipif(shutil.which("mcs") is None, reason="no mcs on this machine (package mono-mcs)")
def test_it_compiles_as_c_sharp_5(tmp_path: Path) -> None:
    made = tmp_path / "Native.dll"
    command = ["mcs", "-langversion:5", "-target:library", "-warnaserror", f"-out:{made}", str(NATIVE)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert made.exists()


def test_it_is_plain_text_in_our_namespace() -> None:
    text = NATIVE.read_text(encoding="utf-8")
    assert text.isascii()
    ours = r"^namespace ansible_collections\.smartde\.nextcloud\.plugins\.module_utils\.Native$"
    assert re.search(ours, text, re.MULTILINE)


@pytest.mark.parametrize("path", sorted(PLUGINS.rglob("*.cs")), ids=lambda path: path.name)
def test_there_is_one_c_sharp_file(path: Path) -> None:
    assert path == NATIVE
