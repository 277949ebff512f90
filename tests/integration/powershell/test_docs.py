"""Every module is documented, and Ansible itself shows it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.powershell.scripts import PLUGINS

COLLECTIONS = PLUGINS.parents[3]
MODULES = sorted(path.stem for path in (PLUGINS / "modules").iterdir() if path.suffix in (".py", ".ps1"))
WINDOWS = [name for name in MODULES if name.startswith("win_")]


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """What ansible-doc says of all our modules."""
    names = [f"smartde.nextcloud.{name}" for name in MODULES]
    command = [str(Path(sys.executable).with_name("ansible-doc")), "--type", "module", "--json", *names]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("name", MODULES)
def test_ansible_shows_the_module(shown: dict[str, Any], name: str) -> None:
    found = shown[f"smartde.nextcloud.{name}"]
    assert found["doc"]["short_description"]
    assert found["doc"]["options"]["root"]["default"] == "/" if "root" in found["doc"]["options"] else True
    assert found["examples"]
    assert found["return"]
    for option in found["doc"]["options"].values():
        assert option["description"]


@pytest.mark.parametrize("name", WINDOWS)
def test_a_windows_module_has_its_script_and_its_text(name: str) -> None:
    text = yaml.safe_load((PLUGINS / f"modules/{name}.yml").read_text(encoding="utf-8"))
    assert text["DOCUMENTATION"]["module"] == name
    assert (PLUGINS / f"modules/{name}.ps1").exists()
    platform = text["DOCUMENTATION"]["attributes"]["platform"]
    assert platform["platforms"] == "windows"


def test_a_windows_text_has_its_script() -> None:
    assert {path.stem for path in (PLUGINS / "modules").glob("*.yml")} == set(WINDOWS)


def test_no_twin_hides_the_other() -> None:
    """With NAME.py and NAME.ps1 side by side Ansible takes the .ps1 on Linux too."""
    assert len(MODULES) == len(set(MODULES))
