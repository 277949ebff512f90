"""Users of one machine who answer differently, over SSH: who says no is left alone, the other is moved."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from smartfleet.fleet import load_fleet
from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from smartfleet.store import Store
from tests.integration.commanding import configure, document, smartfleet
from tests.integration.synced import synced

pytestmark = pytest.mark.once


def test_a_user_puts_it_off_and_is_moved_later(
    lab: Lab, fleet: Path, host: LabHost, capsys: pytest.CaptureFixture[str]
) -> None:
    anna, bert = (synced(lab, host, name, account=f"{name}-{host.name}") for name in ("anna", "bert"))
    anna.will_answer("later")
    bert.will_answer("go")
    configure(fleet, "postpone: 1", "postpone_for: 5s", "answer_within: 10s", "show: true")
    before = anna.config.read_bytes()
    assert smartfleet("audit", "--fleet", str(fleet)) == 0

    code, told = document(capsys, "apply", "--yes", "--fleet", str(fleet))

    assert code == 6, json.dumps(told)
    assert {one["user"]: (one["outcome"], one["code"]) for one in told["outcomes"]} == {
        "anna": ("waiting-session", "postponed"),
        "bert": ("moved", ""),
    }
    assert anna.config.read_bytes() == before
    assert anna.is_client_running()
    assert [(one.title, one.answer, one.open) for one in anna.notices()] == [
        ("May your Nextcloud be moved now?", "later", False)
    ]
    store = Store.of_fleet(load_fleet(fleet).state, "")
    assert ("postponed", "by 1 user") in [(one.event, one.detail) for one in store.trail()]

    (put_off,) = store.postponed(lab.new_url, [host.name])
    time.sleep(max(0.0, put_off.until - time.time()))
    code, told = document(capsys, "apply", "--yes", "--fleet", str(fleet))

    assert code == 0, json.dumps(told)
    assert {one["user"]: one["outcome"] for one in told["outcomes"]}["anna"] == "moved"
    assert lab.new_url.encode() in anna.config.read_bytes()
    # no second question: this one was told that it begins
    assert [(one.title, one.buttons) for one in anna.notices()][1:] == [("Your Nextcloud is being moved now", [])]
