"""Rounds: in each, everybody runs once, in turn, another one first; what else the machine does meets all."""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from bench._compare.competitors import Competitor, Job, NotDoneError, surroundings
from bench._compare.crowd import Wire
from bench._compare.meter import Cost, measured
from bench._order import turned


@dataclass(frozen=True)
class Run:
    """One run of one competitor in one round."""

    cost: Cost
    wire: Wire


Rounds = dict[str, dict[int, Run]]
"""The runs of each competitor by their round."""


def rounds(job: Job, number: int) -> Rounds:
    found: Rounds = defaultdict(dict)
    for index in range(number):
        for one in turned([one for one in job.competitors if not (index and one.once)], index):
            found[one.name][index] = _run(job, one)
            told = f"round {index + 1} of {number}: {one.name}, {found[one.name][index].cost.wall:.1f} s"
            print(f"{job.title}, {told}", file=sys.stderr)
    return found


def _run(job: Job, one: Competitor) -> Run:
    job.restore()
    one.begin()
    job.crowd.count_anew()
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=job.crowd.fleet.parent))
    cost, said = measured(one.command, {**surroundings(folder), **one.environment}, folder)
    wire = job.crowd.wire()
    if problem := _problem(one, cost, said.out):
        shown = f"{said.out[-1500:]}\n{said.err[-1500:]}"
        raise SystemExit(f"{job.title}: {one.name} did not do the job: {problem}\n{shown}")
    return Run(cost, wire)


def _problem(one: Competitor, cost: Cost, said: str) -> str:
    """Why a run is no measurement; empty if it is one."""
    if cost.code:
        return f"it ended with {cost.code}"
    try:
        one.check(said)
    except (NotDoneError, ValueError, KeyError) as error:
        return str(error)
    return ""
