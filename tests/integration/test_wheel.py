"""The wheel, built without a network and installed into an empty environment, works outside a checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        check=True, cwd=ROOT, capture_output=True, timeout=600,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds the wheel alone; its dependencies are those of the tests."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, symlinks=True, with_pip=False)
    python = folder / "bin" / "python"
    library = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True, capture_output=True, text=True,
        ).stdout.strip()
    )  # fmt: skip
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)],
        check=True, capture_output=True, timeout=600, env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )  # fmt: skip
    # added as a plain folder: its own .pth files, and with them this checkout, are not read
    code = f"import sys; sys.path.append({sysconfig.get_path('purelib')!r})"
    (library / "dependencies.pth").write_text(f"{code}\n")
    return folder / "bin"


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    programs = os.pathsep.join([str(installed), sysconfig.get_path("scripts"), os.environ["PATH"]])
    return subprocess.run(
        [installed / "smartfleet", *arguments],
        check=False, capture_output=True, text=True, cwd=folder, timeout=600, stdin=subprocess.DEVNULL,
        env=os.environ | {"PATH": programs, "PYTHONPATH": ""},
    )  # fmt: skip


def test_the_wheel_holds_what_the_command_needs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "smartfleet/_data/playbooks/audit.yml",
        "smartfleet/_data/playbooks/parts/guard.yml",
        "smartfleet/_data/inventory/hosts.yml",
        "smartfleet/connect/look.ps1",
        "smartfleet/store/migrations/versions/0001_first.py",
        "smartfleet/py.typed",
    } <= names
    modules = "smartfleet/_data/playbooks/collections/ansible_collections/smartde/nextcloud/plugins/"
    assert f"{modules}modules/client_facts.py" in names
    # symbolic links to the package in a checkout, real files in the wheel
    shared = zipfile.ZipFile(wheel).read(f"{modules}module_utils/qsettings.py")
    assert shared == (ROOT / "smartfleet" / "nextcloud" / "qsettings.py").read_bytes()
    assert not [name for name in names if name.endswith((".pyc", ".db")) or "/tests/" in name]


def test_the_installed_command_audits_this_machine(installed: Path, tmp_path: Path) -> None:
    told = run(installed, tmp_path, "--help")
    assert told.returncode == 0, told.stderr
    fleet = tmp_path / "fleet"
    assert run(installed, tmp_path, "init", str(fleet)).returncode == 0
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "passwd").write_text("")
    host = {
        "ansible_connection": "local",
        "ansible_become": False,
        "ansible_python_interpreter": sys.executable,
        "smartfleet_root": str(root),
    }
    (fleet / "inventory" / "hosts.yml").write_text(yaml.safe_dump({"linux": {"hosts": {"here": host}}}))
    told = run(installed, fleet, "audit", "--format", "json")
    assert told.returncode == 0, told.stderr
    audit = json.loads(told.stdout)
    assert [(one["host"], one["profiles"]) for one in audit["hosts"]] == [("here", [])]
    where = "import smartfleet; print(smartfleet.__file__)"
    done = subprocess.run([installed / "python", "-c", where], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert str(installed.parent) in done.stdout
