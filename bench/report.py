"""The report of a fleet in the middle of its campaign, with 50 runs behind it, from the store to every form of it.

Every host was audited twice; half of them moved and were verified in between, slice by slice. At the end of each run
the policy's answers about its hosts were kept, and what their audits mean. The store is written before anything is
measured, and that Ansible reads the inventory is no part of it. What is counted of hosts is kept before the policy is
changed, as the ends of runs and `status` keep it.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from bench._environment import environment
from bench._processes import high_water
from bench._synthetic import facts, name
from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.judging import gather
from smartfleet.campaign.reporting import figures, report_data
from smartfleet.fleet import Fleet
from smartfleet.model.campaign import HostProgress, Wave
from smartfleet.model.judged import JudgedHost
from smartfleet.model.report import ReportData
from smartfleet.model.results import Comparison, FolderCheck, Outcome, Proof, Step, Verdict
from smartfleet.paths import data_folder
from smartfleet.policy.judge import policy_of
from smartfleet.policy.remembered import past_of, remembered
from smartfleet.report.writers import FORMS
from smartfleet.store import Store
from smartfleet.words import load_words
from tests.unit.builders import NEW, fleet_config

SIZES = (1_000, 10_000, 50_000)
RUNS = 50
SLICES = (RUNS - 2) // 2
BATCH = 500
SITES = ("Berlin", "Bonn", "Halle", "Kassel", "")
STEPS = ("check", "stop-client", "backup", "secrets", "config", "start-client", "prove")
NEEDS_CHROMIUM = "pdf"
ANOTHER = {"audit_days": 15}
"""A policy that is not the one that the fleet was judged by."""


def main() -> None:
    """Print what each size takes."""
    works: dict[str, Callable[[Path, int], None]] = {"fill": _fill, "measure": _measure}
    if sys.argv[1:2] and sys.argv[1] in works:
        works[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
        return
    print(f"a simulated fleet with {RUNS} runs of history: seconds, and what a form makes of it\n")
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="sf-bench-") as folder:
            _begun_anew("fill", folder, size)
            print(_begun_anew("measure", folder, size), flush=True)


def _begun_anew(what: str, folder: str, size: int) -> str:
    """Each in a process of its own, so that one's memory is not the other's."""
    command = [sys.executable, "-m", "bench.report", what, folder, str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    if done.returncode:
        raise SystemExit(f"{size} hosts: {done.stderr}")
    return done.stdout


def _measure(folder: Path, size: int) -> None:
    fleet = Fleet(folder, fleet_config())
    store = Store.of_fleet(fleet.state, "")
    hosts = [InventoryHost(name(number), "", vars=_vars(number)) for number in range(size)]
    begun = _now()
    data = report_data(fleet, store, hosts, {})
    taken = _since(begun)
    _check(data, size)
    print(f"{size:,} hosts{'s':>12}{'CPU s':>8}{'MB':>10}")
    print(f"  report data {taken}, {_peak()}")
    _write_forms(data)
    print(f"  with all forms: {_peak()}")
    figures(fleet, store, hosts, {}, time.time())
    _look_again(Fleet(folder, fleet_config(policy=ANOTHER)), store, hosts)
    store.close()


def _look_again(fleet: Fleet, store: Store, hosts: Sequence[InventoryHost]) -> None:
    """As `status` looks after the policy was changed, until nothing is behind any more."""
    begun = _now()
    first = figures(fleet, store, hosts, {}, time.time()).behind
    print(f"  status after the policy was changed {_since(begun)}, {first} hosts behind")
    looks, behind = 1, first
    while behind:
        looks, behind = looks + 1, figures(fleet, store, hosts, {}, time.time()).behind
    print(f"  nothing behind after {looks} looks {_since(begun)}")


def _vars(number: int) -> dict[str, object]:
    return {"smartfleet_site": SITES[number % len(SITES)]}


def _peak() -> str:
    return f"peak {high_water():.0f} MiB"


def _check(data: ReportData, size: int) -> None:
    """That it was a report of that fleet: else its figures mean nothing."""
    moved = data.headline.outcomes.get("moved", 0)
    if (data.headline.hosts_seen, moved, len(data.history)) != (size, len(_moved(size)), RUNS):
        raise SystemExit(f"the simulation went wrong: {data.headline}, {len(data.history)} points of history")


def _write_forms(data: ReportData) -> None:
    words = load_words("en", data_folder("templates"))
    for form_name, form in FORMS.items():
        if form_name == NEEDS_CHROMIUM:
            continue
        out = io.BytesIO()
        begun = _now()
        form.write(data, out, words)
        print(f"  {form_name:12}{_since(begun)}{len(out.getvalue()) / 1e6:>10.2f}")


def _now() -> tuple[float, float]:
    """Seconds on the wall and of CPU."""
    return time.perf_counter(), time.process_time()


def _since(begun: tuple[float, float]) -> str:
    wall, cpu = (now - then for now, then in zip(_now(), begun, strict=True))
    return f"{wall:>8.2f}{cpu:>8.2f}"


def _fill(folder: Path, size: int) -> None:
    fleet = Fleet(folder, fleet_config())
    store = Store.of_fleet(fleet.state, "")
    _audit(store, fleet, range(size), moved=())
    for number in range(SLICES):
        mine = _moved(size)[number::SLICES]
        _apply(store, fleet, mine, number)
        _verify(store, fleet, mine)
    _audit(store, fleet, range(size), moved=[*_moved(size), *_by_themselves(size)])
    store.close()


def _moved(size: int) -> Sequence[int]:
    """Half of the fleet. One in fifty of the others was on the new server before."""
    return range(0, size, 2)


def _by_themselves(size: int) -> Sequence[int]:
    """Whose users changed the server on their own, as the last audit finds."""
    return range(3, size, 100)


def _audit(store: Store, fleet: Fleet, hosts: Sequence[int], moved: Iterable[int]) -> None:
    run = store.begin("audit", len(hosts))
    _add_facts(store, run, hosts, set(moved))
    _end(store, fleet, run, hosts)


def _add_facts(store: Store, run: str, hosts: Sequence[int], moved: set[int]) -> None:
    for start in range(0, len(hosts), BATCH):
        part = hosts[start : start + BATCH]
        store.add_facts(run, {name(one): (time.time(), facts(one, moved=one in moved)) for one in part})


def _apply(store: Store, fleet: Fleet, hosts: Sequence[int], number: int) -> None:
    run = store.begin("apply", len(hosts))
    names = [name(one) for one in hosts]
    store.set_waves(run, [Wave(number=0, name=f"wave {number + 1}" if number else "canary", hosts=names)])
    store.set_progress(HostProgress(run=run, host=one, wave=0, state="done") for one in names)
    store.add_outcomes(run, _outcomes(hosts))
    _add_facts(store, run, hosts, set(hosts))
    _end(store, fleet, run, hosts)


def _outcomes(hosts: Iterable[int]) -> Iterator[Outcome]:
    for number in hosts:
        (profile,) = facts(number).profiles
        yield Outcome(
            host=name(number),
            user=profile.user,
            config_path=profile.config.path,
            outcome="moved",
            changed=True,
            steps=[Step(step=step, state="done", seconds=0.1) for step in STEPS],
            proofs=[Proof(proof="config", state="ok"), Proof(proof="account-list", state="ok", detail="one account")],
        )


def _verify(store: Store, fleet: Fleet, hosts: Sequence[int]) -> None:
    run = store.begin("verify", len(hosts))
    store.add_verdicts(run, _verdicts(hosts))
    _end(store, fleet, run, hosts)


def _verdicts(hosts: Iterable[int]) -> Iterator[Verdict]:
    for number in hosts:
        (profile,) = facts(number).profiles
        (folder,) = profile.folders
        same = Comparison(done=True, same=5)
        check = FolderCheck(
            **{key: getattr(folder, key) for key in ("account", "group", "alias", "local_path", "state")},
            user=profile.user,
            config_path=profile.config.path,
            url=NEW,
            level="journal",
            files=5,
            bytes=5000,
            before=same,
            journal=same,
            server=Comparison(done=False, reason="not asked"),
        )
        yield Verdict(
            **{key: getattr(check, key) for key in ("user", "config_path", "account", "alias", "local_path", "level")},
            host=name(number),
            verdict="match",
            reason="5 of 5 files are as they were",
            check=check,
        )


def _end(store: Store, fleet: Fleet, run: str, hosts: Sequence[int]) -> None:
    """As every run ends: its hosts are judged, what is news is kept, and what is known of their folders."""
    store.finish(run, "done")
    policy = policy_of(fleet.config, load_words("en", data_folder("templates")), time.time())
    known = gather(store, fleet.config, [name(one) for one in hosts])
    pasts = {}

    def judged() -> Iterator[JudgedHost]:
        for evidence in known:
            if evidence.assessment:
                pasts[evidence.host] = past_of(evidence.assessment, evidence.past)
            yield remembered(evidence, policy.judge(evidence))

    store.add_judgements(run, judged())
    store.set_folder_past(pasts)


if __name__ == "__main__":
    main()
