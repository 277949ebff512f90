"""The strict profile: what a cluster must be before it gets an order. Pure; docs/engines.md has the reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from smartfleet import __version__
from smartfleet.errors import EngineError
from smartfleet.text import number_of, visible

_SETTINGS = "install templates/engines/dask.yml as /etc/dask/dask.yml on that machine, and start it again"
_UNIT = "start it as templates/engines/smartfleet-dask-worker.service does"
_HARMLESS = frozenset({"distributed.http.health"})
"""Pages that tell nothing but that the process runs."""


@dataclass(frozen=True)
class SchedulerState:
    """What a scheduler is, from its own process. `debug`: Dask logs whole messages there. `pages`: what it serves over
    http.
    """

    version: str
    dask: str
    allowed_failures: int
    stealing: bool
    encrypted: bool
    debug: bool
    pages: tuple[str, ...]


@dataclass(frozen=True)
class WorkerState:
    """What a worker is, from its own process. `lifetime`: it will leave by itself. `sites`: its resources."""

    name: str
    address: str
    version: str
    dask: str
    threads: int
    nanny: bool
    lifetime: bool
    encrypted: bool
    debug: bool
    sites: tuple[str, ...]


class _Breach(NamedTuple):
    code: str
    message: str
    why: str
    do: str


def site_resource(site: str) -> str:
    """What a worker must offer to get shards of `site`; "" is the site of hosts that name none."""
    return f"site-{site}" if site else "site"


def check_scheduler(state: SchedulerState, *, own_dask: str, pages: bool) -> None:
    """EngineError if it is not as it must be. `pages`: whether the settings accept a dashboard."""
    _raise("the scheduler", list(_of_scheduler(state, own_dask, accepted=pages)))


def check_worker(state: WorkerState, *, own_dask: str) -> None:
    _raise(f"the worker {visible(state.name)}", list(_of_worker(state, own_dask)))


def check_site(site: str, workers: Mapping[str, tuple[str, ...]]) -> None:
    """EngineError if no worker serves the site: its shards would wait for ever. `workers`: resources by name."""
    if any(site_resource(site) in sites for sites in workers.values()):
        return
    raise EngineError(
        "engine/no-worker",
        f"no worker of the cluster serves {f'the site {visible(site)}' if site else 'hosts without a site'}: "
        f"{number_of(len(workers), 'worker')}, none of which offers {visible(site_resource(site))}",
        why="its hosts' shards would wait for ever; nothing was begun on them",
        do=f"start a worker that reaches them, with {visible(site_resource(site))}: 1 among its resources in dask.yml",
    )


def _of_scheduler(state: SchedulerState, own_dask: str, *, accepted: bool) -> Iterator[_Breach]:
    yield from _common(state.version, state.dask, own_dask, encrypted=state.encrypted, debug=state.debug)
    if state.allowed_failures != 0:
        yield _Breach(
            "engine/dask-failures",
            f"it runs a lost worker's task again, up to {state.allowed_failures} times "
            "(distributed.scheduler.allowed-failures)",
            "hosts of a lost shard are looked at before anybody touches them again",
            _SETTINGS,
        )
    if state.stealing:
        yield _Breach(
            "engine/dask-stealing",
            "it takes tasks from one worker to give them to another (distributed.scheduler.work-stealing)",
            "a shard belongs to the worker that was told of it",
            _SETTINGS,
        )
    shown = [page for page in state.pages if page not in _HARMLESS]
    if shown and not accepted:
        yield _Breach(
            "engine/dask-dashboard",
            f"it shows its tasks and logs over http ({', '.join(map(visible, shown[:3]))})",
            "whoever reaches that port would see which runs are on their way and on which workers",
            f"{_SETTINGS} with --no-dashboard; or accept it: dashboard: true",
        )


def _of_worker(state: WorkerState, own_dask: str) -> Iterator[_Breach]:
    yield from _common(state.version, state.dask, own_dask, encrypted=state.encrypted, debug=state.debug)
    if state.threads != 1:
        yield _Breach(
            "engine/dask-threads",
            f"it works on {state.threads} shards at once",
            "one shard at a time is what its machine is reckoned for, and what it loses when it dies",
            f"{_UNIT}: --nthreads 1",
        )
    if state.nanny:
        yield _Breach(
            "engine/dask-nanny",
            "a nanny restarts it",
            "a nanny kills a worker that needs much memory, in the midst of its shard",
            f"{_UNIT}: --no-nanny",
        )
    if state.lifetime:
        yield _Breach(
            "engine/dask-lifetime",
            "it leaves by itself after a time (distributed.worker.lifetime)",
            "the shard that it works on then would be lost",
            _SETTINGS,
        )


def _common(version: str, dask: str, own_dask: str, *, encrypted: bool, debug: bool) -> Iterator[_Breach]:
    if version != __version__:
        yield _Breach(
            "worker/version",
            f"it runs smartfleet {visible(version)}, this controller {__version__}",
            "orders and answers of another version may mean something else",
            f"pip install 'smartfleet[dask]=={__version__}' on that machine, and start it again",
        )
    if dask != own_dask:
        yield _Breach(
            "engine/dask-version",
            f"it runs Dask distributed {visible(dask)}, this controller {own_dask}",
            "Dask's own messages change between versions",
            f"pip install 'distributed=={own_dask}' on that machine, and start it again",
        )
    if not encrypted:
        yield _Breach(
            "engine/dask-encryption",
            "it talks without TLS too (distributed.comm.require-encryption)",
            "orders hold secrets",
            _SETTINGS,
        )
    if debug:
        yield _Breach(
            "engine/dask-debug",
            "Dask's log is at debug there",
            "whole messages would be logged, with the secrets of orders",
            f"{_SETTINGS}; logging: distributed: warning",
        )


def _raise(who: str, breaches: list[_Breach]) -> None:
    """All that is wrong in one error: nobody wants to mend one point after the other."""
    if breaches:
        first = breaches[0]
        raise EngineError(
            first.code,
            f"{who} cannot be used: {'; '.join(breach.message for breach in breaches)}",
            why=first.why,
            do="; ".join(dict.fromkeys(breach.do for breach in breaches)),
        )
