"""What runs in a Dask cluster's processes, without a cluster."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from smartfleet.engines.dask import remote


def test_a_scheduler_notes_each_attempt_and_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_REMEMBERED", 2)
    scheduler: Any = Mock(extensions={})
    assert [remote.claim(key, scheduler) for key in ("a", "b", "a", "b")] == [True, True, False, False]
    assert [remote.claim(key, scheduler) for key in ("c", "b", "a")] == [True, False, True]
