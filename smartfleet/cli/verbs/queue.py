"""What `smartfleet queue` does."""

from __future__ import annotations

import time
from collections import defaultdict
from pathlib import Path

from smartfleet.campaign.queue import run_due
from smartfleet.campaign.telling import Watch
from smartfleet.cli.carry import code_of
from smartfleet.cli.codes import WAITING, worst
from smartfleet.cli.lists import of_outcomes as by_outcome
from smartfleet.cli.lists import write_lists
from smartfleet.cli.next import for_runs
from smartfleet.cli.opening import open_fleet, open_store
from smartfleet.cli.options import Format, become_password
from smartfleet.cli.output import emit, suggest
from smartfleet.cli.standing import begun
from smartfleet.cli.waiting import queued
from smartfleet.cli.watched import watched
from smartfleet.model.events import Event, HostDone
from smartfleet.model.queue import QueuePassDocument, QueueTry
from smartfleet.model.results import Outcome
from smartfleet.report import terminal


def list_(*, folder: Path, form: Format) -> None:
    fleet = open_fleet(folder)
    store = open_store(fleet)
    now = time.time()
    document = queued(store, now)
    emit(form, document, document.runs, lambda: terminal.queue(document, now))
    again = "smartfleet apply --retry waiting --until 5d" if document.unqueued and not document.runs else ""
    suggest(fleet, for_runs(*begun(store)) or again)


def run_(*, folder: Path, form: Format, ask_become: bool, engine: str | None) -> int:
    fleet = open_fleet(folder, engine)
    store = open_store(fleet)
    password = become_password(ask=ask_become)
    tried: dict[str, list[Outcome]] = defaultdict(list)
    with watched(fleet, store, form, password, yes=True) as (running, watch):
        done = run_due(running, keeping(tried, watch))
    for one in done:
        write_lists(fleet, one.run, by_outcome(one.outcomes))
    document = QueuePassDocument(
        tries=[QueueTry(run=one.run, state=one.state, outcomes=tried[one.run]) for one in done],
        waiting=sum(len(run.hosts) for run in queued(store, time.time()).runs),
    )
    outcomes = [outcome for one in document.tries for outcome in one.outcomes]
    if form != "jsonl":
        emit(form, document, [], lambda: terminal.outcomes(outcomes) if outcomes else "No host of the queue is due.")
    if document.waiting:
        suggest(fleet, "smartfleet queue")
    code = worst(code_of(one, tried[one.run]) for one in done)
    return code or (WAITING if document.waiting else 0)


def keeping(tried: dict[str, list[Outcome]], watch: Watch) -> Watch:
    """What hosts came to in this pass: what others of the run came to earlier is no news."""

    def keep(event: Event) -> None:
        if isinstance(event, HostDone):
            tried[event.run] += event.outcomes
        watch(event)

    return keep
