"""A run told line by line, for pipes and logs: its beginning, each wave, what it waits for, its end."""

from __future__ import annotations

import math
from collections.abc import Mapping

from smartfleet.durations import duration_text, rounded
from smartfleet.model.events import (
    BudgetSpent,
    Event,
    HostDone,
    Probed,
    RunBegun,
    RunEnded,
    Waiting,
    WaveBegun,
    WaveEnded,
)
from smartfleet.model.results import WORST_FIRST
from smartfleet.report.clock import clock
from smartfleet.report.watching import Watching, WaveWatch
from smartfleet.text import number_of, visible

_SPENT = {"failed": "failed", "unreachable": "could not be reached", "drifted": "have folders that drifted"}


def line(watching: Watching, event: Event, now: float) -> str:
    """What to say about `event`, which `watching` was told already; "" for events that are too small for a line."""
    told, several = "", len(watching.waves) > 1
    match event:
        case RunBegun():
            told = _begun(watching)
        case Probed():
            told = _probed(watching, event)
        # of an only wave the run's own lines say the same
        case WaveBegun() if several:
            told = f"{visible(event.name)} begins: {number_of(event.hosts, 'host')}"
        case HostDone():
            told = _came_back(watching, event)
        case WaveEnded() if several or watching.waves[event.wave].verdicts:
            told = _ended(watching.waves[event.wave], event)
        case Waiting():
            told = waiting_text(event, now)
        case BudgetSpent():
            told = spent_text(event)
        case RunEnded() if watching.hosts:
            told = f"run {event.run}: {event.state}; profiles: {counts_text(event.outcomes)}"
    return told


def still(watching: Watching, now: float) -> str:
    """The line for a wave that runs for a while already; "" where none runs, or it waits."""
    wave = watching.wave
    if wave is None or watching.waiting:
        return ""
    counts = counts_text(wave.counts) if wave.counts else "nothing yet"
    return f"{wave.name}: {wave.through:,} of {number_of(wave.hosts, 'host')}{pace(watching, now)}: {counts}"


def pace(watching: Watching, now: float) -> str:
    """``, 41 a minute, about 17 min left``; "" while that cannot be told."""
    rate, remaining = watching.rate(now), watching.remaining(now)
    told = "" if rate is None else f", {rate:,.0f} a minute" if rate >= 10 else f", {rate:.1f} a minute"
    return told if remaining is None else f"{told}, about {duration_text(rounded(remaining))} left"


def waiting_text(event: Waiting, now: float) -> str:
    moment, left = clock(event.until, now), duration_text(math.ceil(max(0.0, event.until - now)))
    return {
        "pause": f"pause until {moment} ({left})",
        "soak": f"the wave is left alone until {moment} ({left}), then it is verified",
        "window": f"outside the maintenance windows: nothing new is begun until {moment} ({left})",
        "queue": f"{number_of(event.hosts, 'host waits', 'hosts wait')}; next try {moment} (in {left})",
        "lost": f"{number_of(event.hosts, 'host')} of lost workers: asked how far it came, at {moment} (in {left})",
    }[event.reason]


def spent_text(event: BudgetSpent) -> str:
    where = "of the run" if event.scope == "all" else "of this wave"
    return (
        f"budget spent: {number_of(event.count, 'host')} {where} {_SPENT[event.kind]}, {event.tolerated:,} tolerated; "
        "hosts that run finish, nothing new is begun"
    )


def counts_text(counts: Mapping[str, int]) -> str:
    """``failed 1, moved 5``: the worst first."""
    order: dict[str, int] = {word: place for place, word in enumerate(WORST_FIRST)}
    names = sorted(counts, key=lambda name: (order.get(name, len(order)), name))
    return ", ".join(f"{visible(name)} {counts[name]:,}" for name in names if counts[name]) or "nothing"


def _begun(watching: Watching) -> str:
    waves = ", ".join(f"{visible(wave.name)} {wave.hosts:,}" for wave in watching.waves)
    how = "goes on" if watching.resumed else "begins"
    if not watching.hosts:
        return ""
    done = f", {watching.through:,} of them tried before" if watching.through else ""
    plural = f" in {number_of(len(watching.waves), 'wave')} ({waves})" if len(watching.waves) > 1 else ""
    return f"run {watching.run} {how}: {number_of(watching.hosts, 'host')}{plural}{done}"


def _probed(watching: Watching, event: Probed) -> str:
    name = visible(watching.waves[event.wave].name) if 0 <= event.wave < len(watching.waves) else "hosts"
    untried = f", {event.untried:,} only tried" if event.untried else ""
    return f"{name}: {event.online:,} online, {len(event.offline):,} offline{untried}"


def _came_back(watching: Watching, event: HostDone) -> str:
    """A host of the queue that waits no more."""
    wave = watching.waves[event.wave]
    word = wave.words[event.host]
    return f"{visible(event.host)}: {word}" if wave.state == "done" and not word.startswith("waiting") else ""


def _ended(wave: WaveWatch, event: WaveEnded) -> str:
    verdicts = f"; folders: {counts_text(wave.verdicts)}" if wave.verdicts else ""
    return f"{visible(event.name)} ends: profiles: {counts_text(event.outcomes)}{verdicts}"
