"""What the comparison measures: whatever a command starts, also what outlives it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bench._compare.meter import measured

pytestmark = pytest.mark.once
LEAVES_A_PROGRAM = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    begun = time.process_time()
    while time.process_time() - begun < 0.3:
        pass
    with open(sys.argv[1], "w") as file:
        file.write(str(os.getpid()))
    os.replace(sys.argv[1], sys.argv[2])
    time.sleep(60)
while not os.path.exists(sys.argv[2]):
    time.sleep(0.01)
print("done")
"""
HOLDS_MEMORY = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', sys.argv[1]]))"
HELD = "import time; held = b'x' * (80 << 20); time.sleep(2); raise SystemExit(7)"


def test_what_a_command_leaves_behind_is_counted_and_ended(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    cost, said = measured([sys.executable, "-c", LEAVES_A_PROGRAM, f"{pid}.new", str(pid)], os.environ, tmp_path)
    assert (cost.code, said.out, said.err) == (0, "done\n", "")
    assert cost.cpu >= 0.3
    assert not Path("/proc", pid.read_text()).exists()


def test_memory_is_that_of_all_processes_together(tmp_path: Path) -> None:
    cost, _said = measured([sys.executable, "-c", HOLDS_MEMORY, HELD], os.environ, tmp_path)
    assert cost.code == 7
    assert cost.peak > 80
    assert cost.wall >= 2
