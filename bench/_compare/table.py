"""The one table, and what it says about the goals."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple
from datetime import UTC, datetime
from importlib.metadata import version

from bench._compare.competitors import FLOOR_WINRM, OURS, PYINFRA, RAW, Job
from bench._compare.crowd import Wire
from bench._compare.jobs import AT_ONCE
from bench._compare.measure import Rounds, Run
from bench._compare.pyinfra import VERSION

_HEAD = (
    "| | runs | wall s (min-max) | hosts/s | wall, times ours | CPU ms/host | CPU, times ours | MiB "
    "| connections | requests | KB to host | KB from it |"
)
_LINE = "|---" * 12 + "|"


def machine(*, pyinfra: bool) -> str:
    """What it was measured on, and by which versions; `pyinfra` is named only if it takes part."""
    ssh = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=True).stderr.partition(",")[0]
    known = [f"{name} {version(name)}" for name in ("ansible-core", "asyncssh", "paramiko", "pywinrm")]
    known += [f"pyinfra {VERSION}"] * pyinfra
    return (
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python "
        f"{platform.python_version()}, {ssh}, {', '.join(known)}; "
        f"{AT_ONCE} hosts at once for everybody"
    )


def part(job: Job, found: Rounds) -> str:
    """A job's lines."""
    hosts = len(job.crowd.machines)
    lines = [f"\n**{job.title}**\n", _HEAD, _LINE]
    lines += [_row(name, list(runs.values()), hosts, times(found, name)) for name, runs in found.items()]
    return "\n".join([*lines, "", *_goals(job, found)])


def _row(name: str, runs: Sequence[Run], hosts: int, ratio: Callable[[Callable[[Run], float]], float]) -> str:
    walls = [run.cost.wall for run in runs]
    wall, wire = statistics.median(walls), _usual(run.wire for run in runs)
    cells = [
        name,
        f"{len(runs)}",
        f"{wall:.1f} ({min(walls):.1f}-{max(walls):.1f})",
        f"{hosts / wall:.1f}",
        f"{ratio(_wall):.2f}",
        f"{statistics.median(map(_cpu, runs)) / hosts * 1000:.0f}",
        f"{ratio(_cpu):.2f}",
        f"{max(run.cost.peak for run in runs):.0f}",
        f"{wire.connections:.1f}",
        f"{wire.requests:.1f}",
        f"{wire.bytes_in / 1000:.0f}",
        f"{wire.bytes_out / 1000:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _usual(wires: Iterable[Wire]) -> Wire:
    """The median of each figure."""
    return Wire(*map(statistics.median, zip(*map(astuple, wires), strict=True)))


def times(found: Rounds, name: str, base: str = OURS) -> Callable[[Callable[[Run], float]], float]:
    """The median of the ratios within a round: a busy minute meets both."""

    def of(what: Callable[[Run], float]) -> float:
        both = found[name].keys() & found[base].keys()
        return statistics.median(what(found[name][index]) / what(found[base][index]) for index in both)

    return of


def _goals(job: Job, found: Rounds) -> list[str]:
    """How far the goals of an audit are met; a goal whose competitor did not run is left out."""
    if not job.title.startswith("audit"):
        return []
    told = []
    if RAW in found:
        cpu = times(found, OURS, RAW)(_cpu)
        told.append(f"CPU beside a play with one `raw: true`: {cpu:.2f} times (goal: 1.3 at most)")
    if PYINFRA in found:
        wall = times(found, OURS, PYINFRA)(_wall)
        told.append(f"wall beside pyinfra: {wall:.2f} times (goal: 1 at most)")
    if FLOOR_WINRM in found:
        speed = times(found, FLOOR_WINRM)(_wall)
        told.append(f"hosts/s beside bare pywinrm: {speed:.2f} times (goal: 0.7 at least)")
    return [f"- {OURS}: {line}" for line in told]


def _wall(run: Run) -> float:
    return run.cost.wall


def _cpu(run: Run) -> float:
    return run.cost.cpu
