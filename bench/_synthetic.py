"""Facts of hosts that do not exist: what an audit of a mixed fleet brings, each host with its own users and paths."""

from __future__ import annotations

import time
from pathlib import Path

from smartfleet.model.facts import HostFacts
from smartfleet.store import Store
from tests.unit.builders import NEW, OLD, facts_of, local_path

# a file of a real client: its 30 values of an account are what a plan reads for most of its time
_REAL = (Path(__file__).parents[1] / "tests/samples/client-3.16.7/u16.cfg").read_text("utf-8")
_FOLDER = '"/home/eva/Büro Ablage, neu"'
_BATCH = 500


def name(number: int) -> str:
    return f"pc-{number:05}"


def facts(number: int, *, moved: bool = False) -> HostFacts:
    """Four of five are Windows machines, one of fifty is on the new server already."""
    user, os = f"user{number}", "linux" if number % 5 == 0 else "windows"
    url = NEW if moved or number % 50 == 1 else OLD
    text = _REAL.replace("http://localhost:8102", url).replace("alice", user).replace(_FOLDER, local_path(os))
    if os == "windows":
        text = text.replace("\n", "\r\n")
    return facts_of({"user": user, "os": os, "text": text, "accounts": [{"user": user, "url": url}]})


def write_facts(store: Store, size: int) -> None:
    """As an audit of `size` hosts leaves them."""
    run = store.begin("audit", size)
    for start in range(0, size, _BATCH):
        numbers = range(start, min(start + _BATCH, size))
        store.add_facts(run, {name(number): (time.time(), facts(number)) for number in numbers})
    store.finish(run, "done")
