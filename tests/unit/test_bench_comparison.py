"""What the comparison hands to bare clients, and how it counts their times."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from bench._compare import jobs, table
from bench._compare.competitors import FLOOR_SSH, OURS
from bench._compare.crowd import Wire
from bench._compare.measure import Run
from bench._compare.meter import Cost
from bench._order import turned
from bench.scale import Asked, Found, growth


def test_what_was_sent_becomes_the_steps_of_each_machine(tmp_path: Path) -> None:
    for name, port, payload in (("2201-900", 2201, b"second"), ("2201-89", 2201, b"first"), ("2202-5", 2202, b"\xff")):
        sent = {"port": port, "command": "/bin/sh -c x", "stdin": base64.b64encode(payload).decode()}
        (tmp_path / f"{name}.json").write_text(json.dumps(sent))
    found = jobs.recorded(tmp_path, {2201: "pc-1", 2202: "pc-2"})
    file = tmp_path / "jobs"
    jobs.Jobs(found, "admin", "/key", "/known", str(tmp_path)).write(file)
    assert jobs.read(str(file)).jobs == found
    assert {job.host: [step.read() for step in job.steps] for job in found} == {
        "pc-1": [b"first", b"second"],
        "pc-2": [b"\xff"],
    }


def run(wall: float, requests: int = 1) -> Run:
    return Run(Cost(wall=wall, cpu=wall / 2, peak=10.0, code=0), Wire(1, requests, 1000, 1000))


def test_times_are_those_of_the_same_round() -> None:
    """The machine was busy in the second round, which met both."""
    found = {OURS: {0: run(10.0), 1: run(40.0), 2: run(10.0)}, FLOOR_SSH: {0: run(5.0), 1: run(20.0), 2: run(6.0)}}
    assert table.times(found, FLOOR_SSH)(lambda one: one.cost.wall) == 0.5


def test_the_wire_is_the_median_of_all_runs() -> None:
    row = table._row("one", [run(1.0, 10), run(1.0, 30), run(1.0, 20)], 1, lambda what: what(run(1.0)))
    assert row.split(" | ")[-3] == "20.0"


def test_pyinfra_is_named_only_where_it_takes_part() -> None:
    assert "pyinfra" in table.machine(pyinfra=True)
    assert "pyinfra" not in table.machine(pyinfra=False)


def test_in_every_round_another_one_begins() -> None:
    assert [turned("abc", index) for index in range(4)] == [list("abc"), list("bca"), list("cab"), list("abc")]


def test_growth_is_what_a_host_takes_in_the_larger_fleet_beside_the_smaller() -> None:
    def found(size: int, cpu: float, wave: float) -> Found:
        asked = Asked(before=0.0, cpu=cpu, meanwhile=size / 1000, most=0.0)
        return Found(size, {"CPU": cpu}, [(size // 10, wave)], {"status": asked})

    assert growth(found(1_000, 2.0, 1.0), found(10_000, 30.0, 10.0)) == {
        "CPU": 1.5,
        "wave 1 s": 1.0,
        "status s": 1.0,
        "status CPU s, before": 1.5,
    }
