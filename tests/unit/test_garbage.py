"""How often Python looks for garbage in a controller, and in what measures one."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable

import pytest

from bench import scale
from smartfleet.cli import main as program


@pytest.mark.parametrize("begin", [scale.main, lambda: program.main(["--version"])], ids=["bench", "command"])
def test_a_controller_seldom_looks_for_garbage(monkeypatch: pytest.MonkeyPatch, begin: Callable[[], None]) -> None:
    """What is measured must do as the commands do, or it counts what they never take."""
    told: list[tuple[int, ...]] = []
    monkeypatch.setattr(gc, "set_threshold", lambda *numbers: told.append(numbers))
    monkeypatch.setattr(program, "end_at_once", lambda: None)
    monkeypatch.setattr(scale, "_work", lambda _size: None)
    monkeypatch.setattr("sys.argv", ["scale", "work", "1"])
    with contextlib.suppress(SystemExit):
        begin()
    assert told == [(50_000, 20, 20)]
