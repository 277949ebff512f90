"""An engine whose scheduler is away: asked once, told at once from then on, and asked again later."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from smartfleet.engines.dask import adapter
from smartfleet.engines.dask.adapter import DaskWorkers
from smartfleet.errors import EngineError
from smartfleet.fleet.engines import DaskEngine

FILES = {"ca_file": "ca.pem", "certificate_file": "mine.pem", "key_file": "mine.key"}


@pytest.fixture
def knocks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When it was asked whether the scheduler is there."""
    asked: list[float] = []

    def knock(*_: object) -> None:
        asked.append(time.monotonic())
        raise EngineError("engine/no-scheduler", "the scheduler does not answer", why="nothing was begun", do="look")

    monkeypatch.setattr(adapter, "identity", lambda *_: None)
    monkeypatch.setattr(adapter, "context", lambda *_: None)
    monkeypatch.setattr(adapter, "knock", knock)
    return asked


def refused(engine: DaskWorkers) -> EngineError:
    with pytest.raises(EngineError) as caught:
        engine.check()
    return caught.value


def test_a_scheduler_that_is_away_is_asked_once_in_a_while(
    knocks: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = DaskWorkers(DaskEngine.model_validate({"scheduler": "tls://away:8786", **FILES}), tmp_path)
    errors = [refused(engine) for _ in range(3)]
    assert len(knocks) == 1
    assert {(one.code, one.message, one.why, one.do) for one in errors} == {
        ("engine/no-scheduler", "the scheduler does not answer", "nothing was begun", "look")
    }
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    refused(engine)
    assert len(knocks) == 2
