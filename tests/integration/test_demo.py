"""The demo as people run it: a command, its output, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from smartfleet.lab.layout import Layout, is_running, read_state

COMMAND = [sys.executable, "-m", "smartfleet.cli.main", "demo"]


def processes_in(folder: Path) -> list[str]:
    """Command lines that name the folder: what the lab started, wherever it hangs in the process tree."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                line = process.joinpath("cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(folder) in line:
                found.append(line.replace(b"\0", b" ").decode())
    return found


def test_the_demo_moves_its_fleet_and_cleans_up(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    begin = time.monotonic()
    done = subprocess.run([*COMMAND, str(folder)], capture_output=True, text=True, check=False, timeout=240)
    seconds = time.monotonic() - begin
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 files downloaded, 2 uploaded" in done.stdout
    assert f"the report: {folder / 'report.html'}" in done.stdout
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!")
    assert not processes_in(folder)
    # 90 seconds on two free cores; the tests share theirs
    assert seconds < 180


def test_an_interrupted_demo_cleans_up(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo = subprocess.Popen([*COMMAND, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, process_group=0)
    deadline = time.monotonic() + 60
    while (state := read_state(Layout(folder))) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1.5)
    os.killpg(demo.pid, signal.SIGINT)
    output, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert b"Traceback" not in output
    assert not is_running(state.pid, state.mark)
    assert not processes_in(folder)


def test_a_killed_demo_takes_its_lab_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo = subprocess.Popen([*COMMAND, str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while (state := read_state(Layout(folder))) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1)
    demo.kill()
    demo.wait()
    while processes_in(folder):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert not is_running(state.pid, state.mark)


def test_a_folder_that_cannot_be_used_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        [*COMMAND, str(tmp_path / "file/demo")], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "error[lab/folder]" in done.stderr
