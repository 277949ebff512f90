"""The hosts of a play, some at once; one that takes too long is given up and holds nobody up."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from itertools import groupby, islice

from smartfleet.reading.job import Job, Shop
from smartfleet.reading.plays import Play

# how often it is looked whether a host has taken too long
_LOOK_SECONDS = 0.25


def carry_out(play: Play, shop: Shop, forks: int, out: dict[str, str]) -> bool:
    """`out`: the hosts that have failed or could not be reached, with which of them; it grows. False: a task that is
    there once for all hosts has failed, which ends the playbook.
    """
    names = [host.name for host in play.hosts]
    for once, group in groupby(play.tasks, key=lambda task: bool(task.run_once)):
        left = [host for host in play.hosts if host.name not in out]
        hosts, tasks = (left[:1] if once else left), list(group)
        ended: queue.SimpleQueue[Job] = queue.SimpleQueue()
        # each is made when its time has come: there are far more hosts than are at work at once
        states = _work((Job(shop, play, names, host, tasks, ended.put) for host in hosts), ended, forks)
        out.update(states)
        if once and states:
            return False
    return True


def _work(coming: Iterator[Job], ended: queue.SimpleQueue[Job], forks: int) -> dict[str, str]:
    """The hosts that failed or could not be reached, once each is at its end or given up; the threads of those may
    live on.
    """
    at_work: list[Job] = []
    states: dict[str, str] = {}
    while True:
        for job in islice(coming, forks - len(at_work)):
            at_work.append(job)
            job.thread.start()
        if not at_work:
            return states
        gone = [*_ended(ended), *(job for job in at_work if job.give_up_if_late())]
        states |= {job.host.name: job.state for job in at_work if job in gone and job.state}
        at_work = [job for job in at_work if job not in gone]


def _ended(ended: queue.SimpleQueue[Job]) -> list[Job]:
    try:
        return [ended.get(timeout=_LOOK_SECONDS)]
    except queue.Empty:
        return []
