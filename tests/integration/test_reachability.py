"""Machines of a lab that are off in every way, and machines that hang: the others are done, and soon."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartfleet.campaign import parse
from smartfleet.campaign.reach import Sweep
from smartfleet.campaign.runner import Controls, Run
from smartfleet.campaign.trouble import Trouble
from smartfleet.engines.answers import Answer, RunAnswers
from smartfleet.lab.absent import Absence
from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows.host import WindowsLabHost
from smartfleet.paths import playbook
from tests.integration.reaching import here

QUICK = Controls(probe_timeout=1.0, timeout=5)
Machine = LabHost | WindowsLabHost


@pytest.fixture
def machines(lab: Lab) -> Iterator[dict[str, Machine]]:
    """Two of each kind, without users."""
    found: dict[str, Machine] = {name: lab.add_host(name) for name in ("reach-l1", "reach-l2")}
    found |= {name: lab.add_windows_host(name) for name in ("reach-w1", "reach-w2")}
    yield found
    for machine in found.values():
        machine.remove()


@pytest.fixture
def fleet(lab: Lab, machines: dict[str, Machine], tmp_path: Path) -> Path:
    return write_fleet(lab, machines.values(), folder=tmp_path / "fleet")


def audit(fleet: Path, machines: dict[str, Machine], controls: Controls = QUICK) -> RunAnswers:
    return here()(Run(playbook("audit"), fleet / "inventory", fleet, tuple(machines)), controls)


def told(answers: RunAnswers) -> dict[str, str]:
    """By host: "" for facts, else the outcome and its code."""
    found = {name: parse.facts(host, interrupted=answers.interrupted) for name, host in answers.hosts.items()}
    return {name: f"{one.outcome} {one.code}" if isinstance(one, Trouble) else "" for name, one in found.items()}


@pytest.mark.parametrize("absence", ["refuses", "silent"])
def test_machines_that_are_off_wait_and_ansible_never_hears_of_them(
    fleet: Path, machines: dict[str, Machine], absence: Absence
) -> None:
    machines["reach-l2"].set_listening(on=False, absence=absence)
    machines["reach-w2"].set_listening(on=False, absence=absence)
    sweeps: list[Sweep] = []
    answers: list[Answer] = []
    controls = Controls(probe_timeout=1.0, timeout=5, probed=sweeps.append, progress=answers.append)
    found = told(audit(fleet, machines, controls))
    off = "waiting-online offline"
    assert found == {"reach-l1": "", "reach-l2": off, "reach-w1": "", "reach-w2": off}
    assert [(set(one.online), set(one.offline), one.untried) for one in sweeps] == [
        ({"reach-l1", "reach-w1"}, {"reach-l2", "reach-w2"}, ())
    ]
    assert {answer.host for answer in answers if answer.action == "smartfleet.probe"} == {"reach-l2", "reach-w2"}
    assert all(answer.action == "smartfleet.probe" for answer in answers if answer.state == "unreachable")


def test_when_nobody_is_there_ansible_is_not_even_started(
    fleet: Path, machines: dict[str, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    for machine in machines.values():
        machine.set_listening(on=False)
    monkeypatch.setattr("smartfleet.campaign.execute.run_shards", lambda *_: pytest.fail("started"))
    assert set(told(audit(fleet, machines)).values()) == {"waiting-online offline"}


def test_a_machine_that_takes_connections_and_says_nothing_holds_nobody_up(
    fleet: Path, machines: dict[str, Machine]
) -> None:
    machines["reach-l2"].set_listening(on=False, absence="hangs")
    machines["reach-w2"].set_listening(on=False, absence="hangs")
    controls = Controls(probe_timeout=1.0, timeout=5, host_timeout=30)
    found = told(audit(fleet, machines, controls))
    assert (found["reach-l1"], found["reach-w1"]) == ("", "")
    assert found["reach-l2"] == "waiting-online offline"
    assert found["reach-w2"] in {"waiting-online answer-late", "failed host-timeout"}


def test_a_host_behind_a_jump_host_is_tried_unasked(fleet: Path, machines: dict[str, Machine]) -> None:
    (fleet / "inventory" / "host_vars").mkdir()
    (fleet / "inventory" / "host_vars" / "reach-l2.yml").write_text("ansible_ssh_extra_args: -o ProxyCommand=false\n")
    machines["reach-l2"].set_listening(on=False, absence="silent")
    sweeps: list[Sweep] = []
    two = {name: machines[name] for name in ("reach-l1", "reach-l2")}
    found = told(audit(fleet, two, Controls(probe_timeout=1.0, timeout=5, probed=sweeps.append)))
    assert (sweeps[0].untried, sweeps[0].offline) == (("reach-l2",), {})
    assert found == {"reach-l1": "", "reach-l2": "waiting-online offline"}


def test_work_that_never_ends_on_a_host_is_given_up_and_leaves_no_process_here(
    fleet: Path, machines: dict[str, Machine]
) -> None:
    stuck = machines["reach-l2"]
    assert isinstance(stuck, LabHost)
    python = stuck.root / "usr/bin/python-of-this-host"
    python.write_text("#!/bin/sh\nexec sleep 600\n")
    python.chmod(0o755)
    (fleet / "inventory" / "host_vars").mkdir()
    (fleet / "inventory" / "host_vars" / "reach-l2.yml").write_text(f"ansible_python_interpreter: {python}\n")
    two = {name: machines[name] for name in ("reach-l1", "reach-l2")}
    began = time.monotonic()
    found = told(audit(fleet, two, Controls(probe_timeout=1.0, timeout=5, host_timeout=20)))
    assert time.monotonic() - began < 200
    assert found == {"reach-l1": "", "reach-l2": "failed host-timeout"}
    assert not _connections_to(stuck.port)


def _connections_to(port: int) -> list[str]:
    """Command lines of ssh processes on this machine that go to `port`."""
    lines = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True).stdout.splitlines()
    return [line for line in lines if Path(line.split()[0]).name == "ssh" and str(port) in line]
