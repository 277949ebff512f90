"""What admins are given for a cluster: Dask and systemd take it, and it is the strict profile."""

from __future__ import annotations

import shutil
import subprocess

import click
import pytest
import yaml
from distributed.cli.dask_scheduler import main as scheduler
from distributed.cli.dask_worker import main as worker

from smartfleet.engines.dask.profile import site_resource
from smartfleet.paths import data_folder

FOLDER = data_folder("templates") / "engines"
UNITS = {"smartfleet-dask-scheduler": scheduler, "smartfleet-dask-worker": worker}
each_unit = pytest.mark.parametrize("name", sorted(UNITS))


def started(name: str) -> dict[str, object]:
    """The options that a unit gives its program, as Dask reads them."""
    lines = (FOLDER / f"{name}.service").read_text("utf-8").splitlines()
    [line] = [line.removeprefix("ExecStart=") for line in lines if line.startswith("ExecStart=")]
    program, verb, *words = line.split()
    assert (program, verb) == ("/opt/smartfleet/bin/dask", name.rpartition("-")[2])
    command: click.Command = UNITS[name]
    with command.make_context(verb, words) as context:
        return context.params


@each_unit
def test_a_unit_shows_nothing_over_http(name: str) -> None:
    options = started(name)
    assert options["dashboard"] is False
    assert options["dashboard_address"] == "127.0.0.1:0"


def test_the_workers_unit_is_the_strict_profile() -> None:
    options = started("smartfleet-dask-worker")
    assert (options["nanny"], options["nthreads"], options["lifetime"]) == (False, 1, None)


@each_unit
def test_a_unit_does_not_wait_for_ever_for_dasks_own_end(name: str) -> None:
    """A worker that is told to end while its scheduler goes never does; what it had begun takes 21 s at most to end."""
    lines = (FOLDER / f"{name}.service").read_text("utf-8").splitlines()
    [seconds] = [line.removeprefix("TimeoutStopSec=") for line in lines if line.startswith("TimeoutStopSec=")]
    assert 21 < int(seconds) <= 60


def test_the_schedulers_unit_speaks_tls() -> None:
    assert started("smartfleet-dask-scheduler")["protocol"] == "tls"


def test_the_settings_are_the_strict_profile() -> None:
    settings = yaml.safe_load((FOLDER / "dask.yml").read_text("utf-8"))
    distributed = settings["distributed"]
    assert distributed["scheduler"]["allowed-failures"] == 0
    assert distributed["scheduler"]["work-stealing"] is False
    assert distributed["comm"]["require-encryption"] is True
    assert distributed["worker"]["lifetime"] == {"duration": None, "restart": False}
    assert distributed["worker"]["resources"] == {site_resource(""): 1}
    assert settings["logging"]["distributed"] == "warning"


@each_unit
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_unit(name: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", FOLDER / f"{name}.service"], capture_output=True, text=True, check=False
    )
    # its programs and users are not on this machine
    told = [line for line in done.stderr.splitlines() if f"{name}.service:" in line and "ExecStart" not in line]
    assert not [line for line in told if "not executable" not in line and "No such file" not in line]
