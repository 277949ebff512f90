"""The demo as people run it: a command, its output, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from smartfleet.lab.layout import Layout, is_running, read_state
from tests.integration.demos import left_by_demo, processes_of

COMMAND = [sys.executable, "-m", "smartfleet.cli.main", "demo"]


@pytest.mark.timeout(1200)
def test_the_demo_moves_its_fleet_and_cleans_up(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = subprocess.run([*COMMAND, str(folder)], capture_output=True, text=True, check=False, timeout=1000)
    assert done.returncode == 0, done.stdout + done.stderr
    for told in (
        "canary ends: profiles: moved 2; folders: match 2",
        "on-the-road: theo is back, and online",
        "two-users: jakob logs on",
        "win-nobody: nils logs on",
        "0 files downloaded, 2 uploaded",
    ):
        assert told in done.stdout
    assert f"the report: {folder / 'report.html'}" in done.stdout
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!")
    assert not left_by_demo(folder)


@pytest.mark.once
def test_an_interrupted_demo_cleans_up(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo = subprocess.Popen([*COMMAND, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, process_group=0)
    deadline = time.monotonic() + 600
    while (state := read_state(Layout(folder))) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1.5)
    os.killpg(demo.pid, signal.SIGINT)
    output, _ = demo.communicate(timeout=600)
    assert demo.returncode == 130
    assert b"Traceback" not in output
    assert not is_running(state.pid, state.mark)
    assert not left_by_demo(folder)


@pytest.mark.once
def test_a_killed_demo_takes_its_lab_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo = subprocess.Popen([*COMMAND, str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 600
    while (state := read_state(Layout(folder))) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1)
    demo.kill()
    demo.wait()
    # a process on its way out has no command line any more, and still runs
    while processes_of(folder) or is_running(state.pid, state.mark):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.once
def test_a_folder_that_cannot_be_used_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        [*COMMAND, str(tmp_path / "file/demo")], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 1
    assert "error[lab/folder]" in done.stderr
