"""What Ansible sends to a host for each of our modules: its own finder of dependencies goes through them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.unit.powershell.scripts import PLUGINS
from tests.unit.powershell.test_gates import WORLD

MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.ps1"))
# the finder needs Ansible's import of collections, which must not stay behind in the process of the tests
FIND = """
import json, sys, pathlib
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader([sys.argv[1]])
from ansible.executor.powershell.module_manifest import PSModuleDepFinder
found = {}
for path in sys.argv[2:]:
    finder = PSModuleDepFinder()
    name = pathlib.Path(path).stem
    text = pathlib.Path(path).read_bytes()
    finder.scan_module(text, fqn="ansible_collections.smartde.nextcloud.plugins.modules." + name)
    found[name] = sorted(finder.scripts)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def sent() -> dict[str, list[str]]:
    paths = [str(PLUGINS / f"modules/{name}.ps1") for name in MODULES]
    command = [sys.executable, "-c", FIND, str(PLUGINS.parents[3]), *paths]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 0, done.stderr
    answer: dict[str, list[str]] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("name", MODULES)
def test_ansible_finds_what_a_module_requires(sent: dict[str, list[str]], name: str) -> None:
    ours = {one.split(".")[-2] for one in sent[name] if ".smartde." in one and one.endswith(".psm1")}
    assert ours == set(WORLD.utils(WORLD.scripts[f"{name}.ps1"]))
    assert "Ansible.Basic.cs" in sent[name]
