"""A lab with many Windows machines comes to its end in the time of one: whoever waits for it gives up at some time."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from smartfleet.lab.daemon.windows import WindowsHosts
from smartfleet.lab.layout import Layout
from smartfleet.lab.windows import clients
from smartfleet.lab.windows.machine import WindowsMachine

NAMES = ["win-1", "win-2"]


def test_clients_of_all_machines_are_ended_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No client goes before both were told to: one machine after the other, nobody would come further."""
    told, both = [], threading.Barrier(len(NAMES))

    def end(machine: WindowsMachine) -> None:
        told.append(machine.folder.name)
        both.wait(timeout=60)

    monkeypatch.setattr(clients, "end", end)
    layout = Layout(tmp_path)
    layout.keys.mkdir(parents=True)

    async def whole_life() -> None:
        windows = WindowsHosts(layout)
        await windows.open()
        for name in NAMES:
            await windows.add_windows_host(name, listening=False)
        await windows.close()

    asyncio.run(whole_life())
    assert sorted(told) == NAMES
