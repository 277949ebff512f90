"""`smartfleet report` as a process of its own, whose output takes no more."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from smartfleet.fleet import load_fleet
from smartfleet.fleet.example import write_example
from smartfleet.store import Store
from tests.unit.builders import NEW, OLD, facts_of

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fleet of one host that was audited."""
    folder = tmp_path_factory.mktemp("reported") / "fleet"
    write_example(folder, [OLD], NEW)
    (folder / "inventory" / "hosts.yml").write_text("all:\n  hosts:\n    pc-1:\n", encoding="utf-8")
    fleet = load_fleet(folder)
    store = Store.of_fleet(fleet.state, fleet.config.store)
    run = store.begin("audit", 1)
    store.add_facts(run, {"pc-1": (time.time(), facts_of({}))})
    store.finish(run, "done")
    store.close()
    return folder


@pytest.mark.parametrize("form", ["json", "csv", "xlsx", "html"])
def test_an_output_that_takes_no_more_is_told(folder: Path, form: str) -> None:
    words = [sys.executable, "-m", "smartfleet.cli.main", "report", "--fleet", str(folder), "--format", form]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error[report/unwritable]: standard output cannot be written: No space left")
