"""The campaign alone, over hosts that do not exist: what planning, waves, the store and the status take at 100, 1,000,
10,000 and 50,000.

A fake stands in for Ansible and answers at once: one host in twenty is offline, one in a hundred fails. Each size runs
in a process of its own, whose peak is the memory of everything it did. What a step takes must not grow faster than
the fleet.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bench._environment import environment
from bench._processes import high_water
from bench._synthetic import facts, write_facts
from smartfleet.campaign.base import Campaign
from smartfleet.campaign.carrying import carry_out
from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.runner import Controls, Run
from smartfleet.cli.standing import standing
from smartfleet.engines.answers import PROBE, Answer, RunAnswers, gather
from smartfleet.fleet import Fleet
from smartfleet.model.campaign import Budget, CampaignSettings, Limit, RunSettings
from smartfleet.model.facts import HostFacts
from smartfleet.model.plan import Plan
from smartfleet.plan import make_plan
from smartfleet.store import Store
from tests.unit.builders import INSTANCE, fleet_config

SIZES = (100, 1_000, 10_000, 50_000)
Result = TypeVar("Result")


def main() -> None:
    """Print the table."""
    if sys.argv[1:2] == ["work"]:
        _work(int(sys.argv[2]))
        return
    print("a simulated fleet, milliseconds a host; what is written to the store is on a disk\n")
    for number, size in enumerate(SIZES):
        print(_begun_anew(size, headings=number == 0), flush=True)


def _begun_anew(size: int, *, headings: bool) -> str:
    command = [sys.executable, "-m", "bench.fleet", "work", str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    if done.returncode:
        raise SystemExit(f"{size} hosts: {done.stderr}")
    lines = done.stdout.splitlines()
    return "\n".join(lines if headings else lines[1:])


@dataclass
class Steps:
    """Seconds by step."""

    size: int
    taken: dict[str, float]

    def step(self, title: str, work: Callable[[], Result]) -> Result:
        start = time.perf_counter()
        result = work()
        self.taken[title] = time.perf_counter() - start
        return result

    def print(self) -> None:
        print(f"{'hosts':>8}" + "".join(f"{title:>14}" for title in self.taken) + f"{'total s':>10}{'peak MiB':>10}")
        each = "".join(f"{seconds / self.size * 1000:>14.2f}" for seconds in self.taken.values())
        print(f"{self.size:>8}{each}{sum(self.taken.values()):>10.1f}{high_water():>10.0f}")


def _work(size: int) -> None:
    with tempfile.TemporaryDirectory(prefix="sf-bench-") as folder:
        fleet = Fleet(Path(folder), fleet_config())
        store = Store.of_fleet(fleet.state, "")
        steps = Steps(size, {})
        steps.step("write facts", lambda: write_facts(store, size))
        plan = _plan(fleet, store, steps)
        _run(fleet, store, plan, steps)
        store.close()
    steps.print()


def _plan(fleet: Fleet, store: Store, steps: Steps) -> Plan:
    seen = steps.step("read facts", store.facts)
    return steps.step("plan", lambda: make_plan(seen, fleet.config, created=time.time(), instance_id=INSTANCE))


def _run(fleet: Fleet, store: Store, plan: Plan, steps: Steps) -> None:
    campaign = Simulated(fleet, store, Controls(), execute=answer)
    settings = RunSettings(
        campaign=CampaignSettings(canary=5, waves=["10%", "50%"], verify="none", budget=Budget(failed=Limit(all="10%")))
    )
    steps.step("keep the plan", lambda: store.add_plan(plan))
    done = steps.step("waves", lambda: carry_out(campaign, plan, settings))
    counts = {one.outcome for one in done.outcomes}
    if counts != {"moved", "already", "waiting-online", "failed"}:
        raise SystemExit(f"the simulation went wrong: {counts}")
    hosts = [InventoryHost(host.host, "") for host in plan.hosts]
    steps.step("status", lambda: standing(fleet, store, hosts, {}))


class Simulated(Campaign):
    """An inventory without Ansible."""

    def hosts(self, limit: str | None) -> list[InventoryHost]:  # noqa: ARG002 - there is no pattern to look at
        return [InventoryHost(host, host) for host in self.store.facts()]


def answer(run: Run, controls: Controls) -> RunAnswers:
    """In Ansible's place: every host answers at once."""
    for host in run.hosts:
        if not controls.keep_going():
            break
        for one in _answers(host, (run.orders or {})[host]):
            controls.progress(one)
    return RunAnswers(gather(run.hosts, []), interrupted=False, rc=0)


def _answers(host: str, order: Any) -> Iterator[Answer]:  # noqa: ANN401 - an order is JSON
    number = int(host.rpartition("-")[2])
    if number % 20 == 7:
        yield Answer(host, PROBE, "unreachable", {"msg": "port 22 did not answer"})
        return
    state = {"outcome": "failed", "code": "proof-failed"} if number % 100 == 8 else {"outcome": "moved"}
    profiles = [{"user": one["user"], "config_path": one["config_path"], **state} for one in order["profiles"]]
    yield Answer(host, "smartde.nextcloud.account_move", "ok", {"profiles": profiles})
    yield Answer(host, "smartde.nextcloud.client_facts", "ok", {"facts": _moved(facts(number))})


def _moved(seen: HostFacts) -> dict[str, Any]:
    return seen.model_dump(mode="json")


if __name__ == "__main__":
    main()
