"""The unit files: systemd takes them, they call commands that exist, and they may do little."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from smartfleet.cli.codes import DRIFT, INTERRUPTED, WAITING
from smartfleet.cli.main import cli
from smartfleet.durations import parse_duration
from smartfleet.model.campaign import CampaignSettings
from smartfleet.paths import data_folder

FOLDER = data_folder("templates") / "systemd"
QUEUE, REPORT = FOLDER / "smartfleet-queue@.service", FOLDER / "smartfleet-report@.service"
TIMERS = sorted(FOLDER.glob("*.timer"))
SERVICES = [QUEUE, REPORT]
each_service = pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.stem)


def settings(path: Path) -> dict[str, list[str]]:
    """Values by ``Section.Key``; a key may stand there more than once."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(f"{section}.{key}", []).append(value)
    return found


def test_every_service_has_its_timer() -> None:
    assert sorted(FOLDER.glob("*.service")) == sorted(SERVICES)
    assert [timer.stem for timer in TIMERS] == sorted(service.stem for service in SERVICES)


@each_service
def test_the_service_calls_a_command_that_exists(service: Path) -> None:
    program, *words = settings(service)["Service.ExecStart"][0].split()
    assert Path(program).name == "smartfleet"
    command: click.Command = cli
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None
        command = found
    with command.make_context("run", words) as context:
        assert context.params["folder"] == Path("/srv/smartfleet/%i")


@each_service
def test_the_state_can_be_written_and_secrets_stand_in_no_argument(service: Path) -> None:
    assert settings(service)["Service.ReadWritePaths"] == ["/srv/smartfleet/%i/.smartfleet"]
    assert settings(service)["Service.EnvironmentFile"] == ["-/etc/smartfleet/%i.secrets"]


@pytest.mark.parametrize(("service", "codes"), [(QUEUE, f"{WAITING} {INTERRUPTED}"), (REPORT, f"{DRIFT}")])
def test_what_is_no_failure(service: Path, codes: str) -> None:
    assert settings(service)["Service.SuccessExitStatus"] == [codes]


def test_stopping_the_queue_lets_running_hosts_finish() -> None:
    service = settings(QUEUE)
    assert (service["Service.KillSignal"], service["Service.KillMode"]) == (["SIGINT"], ["mixed"])
    longest = parse_duration(service["Service.TimeoutStopSec"][0].removesuffix("in"))
    assert longest > CampaignSettings().host_timeout


@each_service
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("PrivateTmp", "yes"),
        ("CapabilityBoundingSet", ""),
        ("UMask", "0077"),
    ],
)
def test_the_service_may_do_little(service: Path, key: str, value: str) -> None:
    assert settings(service)[f"Service.{key}"] == [value]


def test_the_report_may_print_a_pdf() -> None:
    """Chromium builds its sandbox of these, and does not start without one."""
    assert settings(REPORT)["Service.RestrictNamespaces"] == ["user pid net"]
    assert "Service.SystemCallFilter" not in settings(REPORT)


@pytest.mark.parametrize("timer", TIMERS, ids=lambda path: path.stem)
def test_the_timer_goes_on(timer: Path) -> None:
    found = settings(timer)
    assert found.get("Timer.OnUnitInactiveSec") or found.get("Timer.OnCalendar")
    assert found["Install.WantedBy"] == ["timers.target"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
def test_systemd_takes_them(tmp_path: Path) -> None:
    for unit in [*SERVICES, *TIMERS]:
        text = unit.read_text("utf-8").replace("/opt/smartfleet/bin/smartfleet", sys.executable)
        (tmp_path / unit.name.replace("@", "@office")).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
