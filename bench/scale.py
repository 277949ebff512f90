"""Shards, workers and the store at the size of a group of companies: 5,000 and 50,000 hosts that do not exist, through
the engine protocol.

Eight real worker processes take each wave's shards, with their real payloads; a fake stands in for ansible-runner in
them and answers at once. While it runs, another process asks for the status now and then, and once for the report. Each
size runs in a process of its own, which another one watches. What a host takes must not grow with the fleet.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypedDict

from sqlalchemy import event

from bench._environment import environment
from bench._processes import children, held_by, high_water, words_of
from bench._synthetic import name, write_facts
from smartfleet.campaign.base import Campaign
from smartfleet.campaign.carrying import carry_out
from smartfleet.campaign.execute import Reaching
from smartfleet.campaign.inventory import InventoryHost, Listing
from smartfleet.campaign.listings import Listings
from smartfleet.campaign.reporting import report_data
from smartfleet.campaign.runner import Controls
from smartfleet.cli.standing import standing
from smartfleet.engines.attempts import Attempts
from smartfleet.engines.command import worker_command
from smartfleet.engines.order import Order
from smartfleet.engines.pipes import ProcessLink
from smartfleet.engines.protocol import Attempt, Listener
from smartfleet.engines.shard import Shard
from smartfleet.fleet import Fleet
from smartfleet.garbage import seldom
from smartfleet.model.campaign import Budget, CampaignSettings, Limit, RunSettings
from smartfleet.model.events import Event, WaveBegun, WaveEnded
from smartfleet.plan import plan_each
from smartfleet.store import Store
from tests.unit.builders import INSTANCE, fleet_config

SIZES = (5_000, 50_000)
QUICK = (200, 2_000)
WORKERS = 8
SITES = ("north", "south")
LINEAR = 1.1
"""What a host may take in the larger fleet beside the smaller one and still be called the same: two runs differ so."""
_BETWEEN = 60.0
"""Seconds between two looks at the status, as a wall display asks; not after the last one."""
_LOOKS = 3
"""At the status with nothing running: the first one waits for the disk, which has just taken the fleet's facts."""
_HERE = Path(__file__).parent
_SHORTEST, _SHARE = 0.05, 30
"""Seconds between two looks at memory, at least, and how many times what a look takes: it costs a core 3 % at most."""


def main(*, quick: bool = False) -> None:
    """Print what each size takes, and how much more a host takes in the larger fleet."""
    # as every command: what Python takes to look for garbage in a large fleet's documents, none of them takes
    seldom()
    if sys.argv[1:2] == ["work"]:
        _work(int(sys.argv[2]))
        return
    if sys.argv[1:2] == ["ask"]:
        _ask(Path(sys.argv[2]), int(sys.argv[3]))
        return
    print(
        f"simulated: {WORKERS} worker processes on one machine, a fake runner in each; the store is SQLite on a disk\n"
    )
    found = []
    for size in QUICK if quick else SIZES:
        found.append(_begun_anew(size))
        _print(found[-1])
    _compare(*found)


@dataclass(frozen=True)
class Found:
    """What one size took: figures by title, for each wave its hosts and seconds, seconds of each question."""

    size: int
    figures: dict[str, float]
    waves: list[tuple[int, float]]
    asked: dict[str, Asked]


class Asked(TypedDict):
    """Seconds of a question before the run, of the processor for it then, and in the run."""

    before: float
    cpu: float
    meanwhile: float
    most: float


def _begun_anew(size: int) -> Found:
    """In a process of its own; its workers' memory is looked at from here, at no cost of the controller's."""
    words = [sys.executable, "-m", "bench.scale", "work", str(size)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environment()) as child:
        one = all_ = 0
        while child.poll() is None:
            start = time.perf_counter()
            now = [held_by(pid) for pid in children(child.pid) if words_of(pid)[-1:] == worker_command()[-1:]]
            one, all_ = max([one, *now]), max(all_, sum(now))
            time.sleep(max(_SHORTEST, _SHARE * (time.perf_counter() - start)))
        assert child.stdout is not None
        told = child.stdout.read()
    if child.returncode:
        raise SystemExit(f"{size} hosts: exit status {child.returncode}")
    found = Found(**json.loads(told))
    found.figures.update({"one worker peak MiB": one / 1024, "workers peak MiB": all_ / 1024})
    return found


class Workers:
    """An engine whose workers are as those of any other, but for what they run."""

    here = False

    def __init__(self) -> None:
        self._attempts = Attempts()
        roots = [_HERE / "_runner", _HERE.parent]
        self._environment = environment(PYTHONPATH=os.pathsep.join(map(str, roots)))

    def submit(self, shard: Shard, order: Order, listen: Listener) -> Attempt:
        return self._attempts.begin(shard, order, listen, self._start)

    def check(self) -> Mapping[str, object]:
        return {}

    def close(self) -> None:
        self._attempts.close()

    def _start(self) -> ProcessLink:
        return ProcessLink(worker_command(), "bench", environment=self._environment)


@dataclass(frozen=True)
class Offered:
    """One engine for every site, whose hosts are shared out so that each worker has one shard of a wave."""

    workers: Workers

    def name(self, _site: str) -> str:
        return "bench"

    def buckets(self, _site: str) -> int:
        return WORKERS // len(SITES)

    def engine(self, _name: str) -> Workers:
        return self.workers


@dataclass
class Known(Listings):
    """An inventory without Ansible."""

    listing: Listing = field(default_factory=lambda: Listing({}, []))

    def hosts(self, inventory: Path, limit: str | None, *, folder: Path) -> list[InventoryHost]:  # noqa: ARG002
        return list(self.listing.hosts)

    def covering(self, inventory: Path, names: Collection[str], *, folder: Path) -> Listing:  # noqa: ARG002
        return self.listing


@dataclass
class Waves:
    """Seconds by wave, and its hosts."""

    begun: dict[int, float] = field(default_factory=dict)
    hosts: dict[int, int] = field(default_factory=dict)
    taken: dict[int, float] = field(default_factory=dict)

    def watch(self, told: Event) -> None:
        if isinstance(told, WaveBegun):
            self.begun[told.wave], self.hosts[told.wave] = time.perf_counter(), told.hosts
        elif isinstance(told, WaveEnded):
            self.taken[told.wave] = time.perf_counter() - self.begun[told.wave]


def _work(size: int) -> None:
    with tempfile.TemporaryDirectory(prefix="sf-bench-") as place:
        folder = Path(place)
        fleet = Fleet(folder, fleet_config())
        store = Store.of_fleet(fleet.state, "")
        write_facts(store, size)
        # as the audit that brought these facts would have counted the hosts at its end
        standing(fleet, store, _hosts(store), {})
        idle = _asked_alone(folder)
        commits = [0]
        event.listen(store._database.engine, "commit", lambda _: commits.__setitem__(0, commits[0] + 1))  # noqa: SLF001
        asking = subprocess.Popen(_asking(folder, 1), stdout=subprocess.PIPE, text=True)
        waves = Waves()
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
        try:
            _carry(fleet, store, size, waves)
        finally:
            (folder / "over").touch()
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
        told, _ = asking.communicate()
        store.close()
        room = sum(path.stat().st_size for path in fleet.state.glob("store.db*"))
        asked = {
            title: Asked(
                before=statistics.median(wall for wall, _ in idle[title]),
                cpu=statistics.median(cpu for _, cpu in idle[title]),
                meanwhile=statistics.median(wall for wall, _ in looks),
                most=max(wall for wall, _ in looks),
            )
            for title, looks in json.loads(told).items()
        }
        figures = {
            "wall s": wall,
            "controller CPU s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            "controller peak MiB": high_water(),
            "commits": commits[0],
            "store MiB": room / 2**20,
        }
        taken = [(waves.hosts[number], seconds) for number, seconds in waves.taken.items()]
        print(json.dumps(asdict(Found(size, figures, taken, asked))))


def _carry(fleet: Fleet, store: Store, size: int, waves: Waves) -> None:
    variables = {name(number): {"smartfleet_site": SITES[number % len(SITES)]} for number in range(size)}
    hosts = [InventoryHost(host, f"{host}.example", vars=found) for host, found in variables.items()]
    printed = {"_meta": {"hostvars": variables}, "all": {"hosts": list(variables)}}
    listings, workers = Known(listing=Listing(printed, hosts)), Workers()
    campaign = Campaign(fleet, store, Controls(), Reaching(listings, Offered(workers), store), listings=listings)
    plan = plan_each(store.each_facts(), fleet.config, created=time.time(), instance_id=INSTANCE)
    settings = RunSettings(
        campaign=CampaignSettings(canary=0, waves=["10%", "20%"], verify="none", budget=Budget(failed=Limit(all="10%")))
    )
    done = carry_out(campaign, plan, settings, watch=waves.watch)
    workers.close()
    counts = {one.outcome for one in done.outcomes}
    if counts != {"moved", "already", "waiting-online", "failed"}:
        raise SystemExit(f"the simulation went wrong: {counts}")
    if {record.state for record in store.shards(done.run)} != {"done"}:
        raise SystemExit("a shard did not come to its end")


def _asked_alone(folder: Path) -> dict[str, list[tuple[float, float]]]:
    (folder / "over").touch()
    told = subprocess.run(_asking(folder, _LOOKS), capture_output=True, text=True, check=True).stdout
    (folder / "over").unlink()
    found: dict[str, list[tuple[float, float]]] = json.loads(told)
    return found


def _hosts(store: Store) -> list[InventoryHost]:
    return [InventoryHost(host, host) for host in store.audited()]


def _asking(folder: Path, looks: int) -> list[str]:
    return [sys.executable, "-m", "bench.scale", "ask", str(folder), str(looks)]


def _ask(folder: Path, looks: int) -> None:
    """As `smartfleet status` asks, until the run is over but `looks` times at least, and `report` once: it judges every
    host. Prints for each look its seconds, and those of the processor.
    """
    fleet, over = Fleet(folder, fleet_config()), folder / "over"
    store = Store.of_fleet(fleet.state, "")
    hosts = _hosts(store)
    taken: dict[str, list[tuple[float, float]]] = {"lately": [], "status": [], "report": []}
    questions: dict[str, Callable[[], object]] = {
        "lately": lambda: store.runs(10),
        "status": lambda: standing(fleet, store, hosts, {}),
        "report": lambda: report_data(fleet, store, hosts, {}),
    }
    while not over.exists() or len(taken["status"]) < looks:
        for title, question in questions.items():
            if title != "report" or not taken[title]:
                start, before = time.perf_counter(), time.process_time()
                question()
                taken[title].append((time.perf_counter() - start, time.process_time() - before))
        end = time.monotonic() + _BETWEEN
        while not over.exists() and time.monotonic() < end:
            time.sleep(0.1)
    print(json.dumps(taken))


def _print(found: Found) -> None:
    print(f"{found.size} hosts")
    for title, value in found.figures.items():
        print(f"  {title:<20}{value:>10.1f}{value / found.size * 1000:>12.2f} a thousand hosts")
    for number, (hosts, seconds) in enumerate(found.waves, 1):
        print(f"  {f'wave {number} s':<20}{seconds:>10.1f}{seconds / hosts * 1000:>12.2f} a thousand hosts ({hosts})")
    for title, asked in found.asked.items():
        times = (
            f"{asked['meanwhile']:>10.2f} meanwhile, at most {asked['most']:.2f};"
            f" {asked['before']:.2f} before the run, {asked['cpu']:.2f} of the processor"
        )
        print(f"  {f'{title} s':<20}{times}")
    print(flush=True)


def _compare(small: Found, large: Found) -> None:
    print(f"a host of {large.size} beside a host of {small.size}: 1 is linear, above it something grows faster")
    ratios = growth(small, large)
    for title, ratio in ratios.items():
        print(f"  {title:<20}{ratio:>10.2f}")
    faster = [title for title, ratio in ratios.items() if ratio > LINEAR]
    print(f"by more than {LINEAR - 1:.0%} faster than the fleet: {', '.join(faster) or 'nothing'}", flush=True)


def growth(small: Found, large: Found) -> dict[str, float]:
    """How many times as much a host takes in the larger fleet, by title."""

    def each(found: Found) -> dict[str, float]:
        figures = {title: value / found.size for title, value in found.figures.items()}
        waves = {f"wave {number} s": seconds / hosts for number, (hosts, seconds) in enumerate(found.waves, 1)}
        asked = {f"{title} s": one["meanwhile"] / found.size for title, one in found.asked.items()}
        alone = {f"{title} CPU s, before": one["cpu"] / found.size for title, one in found.asked.items()}
        return {**figures, **waves, **asked, **alone}

    before, after = each(small), each(large)
    return {title: after[title] / before[title] for title in before}


if __name__ == "__main__":
    main()
