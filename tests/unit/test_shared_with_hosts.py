"""Six files of the package are the collection's too: linked, not copied, and fit for a host's Python 3.9."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import smartfleet.nextcloud

PACKAGE = Path(smartfleet.nextcloud.__file__).parent
COLLECTIONS = Path(__file__).parents[2] / "playbooks" / "collections"
UTILS = COLLECTIONS / "ansible_collections/smartde/nextcloud/plugins/module_utils"
SHARED = ["accounts", "inivalues", "inverse", "journal", "names", "qsettings"]


@pytest.mark.parametrize("name", SHARED)
def test_linked(name: str) -> None:
    link = UTILS / f"{name}.py"
    assert link.is_symlink()
    assert not link.readlink().is_absolute()
    assert link.resolve() == (PACKAGE / f"{name}.py").resolve()


@pytest.mark.parametrize("name", SHARED)
def test_old_syntax_and_nothing_but_the_standard_library(name: str) -> None:
    tree = ast.parse((PACKAGE / f"{name}.py").read_text(), feature_version=(3, 9))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert all(alias.name in sys.stdlib_module_names for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert (node.module or "").split(".")[0] in sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom):
            assert node.module in SHARED


def test_they_run_on_python_3_9() -> None:
    python = shutil.which("python3.9")
    if not python or subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip("no python3.9 on this machine")
    modules = "ansible_collections.smartde.nextcloud.plugins.module_utils"
    script = f"from {modules} import {', '.join(SHARED)}; print(names.journal_name('a', 'https://b', '/'))"
    answer = subprocess.run([python, "-c", script], cwd=COLLECTIONS, capture_output=True, text=True, check=False)
    assert answer.stderr == ""
    assert answer.stdout.startswith(".sync_")
