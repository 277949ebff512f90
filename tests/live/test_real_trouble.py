"""The controller dies in the middle of a move; sudo wants a password; the doctor looks at a real sshd."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.conftest import Machine, Person, remembered, smartfleet
from tests.live.desktop import wait_for
from tests.live.users import OsUser, add_user, remove_user, set_password, sudoers

pytestmark = pytest.mark.live
PASSWORD = "sudo-pw with spaces"


def marks(user: str) -> str:
    """What the moves of this user have noted on the host."""
    return "".join(
        (folder / "marks.jsonl").read_text() for folder in remembered(user) if (folder / "marks.jsonl").exists()
    )


def module_processes(machine: Machine) -> list[int]:
    """The module's own processes on the host, which outlive an ssh that is killed: what the admin began as root. Other
    tests' modules run on this machine meanwhile."""
    begun_by = os.fsencode(f"SUDO_USER={machine.admin.name}")
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and begun_by in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(("step", "module_dies_too"), [("write-config", False), ("copy-secrets", True)])
def test_a_controller_that_is_killed_in_the_middle_of_commit(
    machine: Machine, person: Callable[..., Person], tmp_path: Path, step: str, *, module_dies_too: bool
) -> None:
    anna = person("anna")
    anna.first_sync()
    files, journals = anna.desktop.files(), anna.desktop.journals()
    fleet, plan = machine.fleet(tmp_path.name), tmp_path / "plan.json"
    assert smartfleet(fleet, "audit").code == 0
    assert smartfleet(fleet, "plan", "--user", anna.user.name, "--out", str(plan)).code == 0
    since = time.time()

    with subprocess.Popen(
        [sys.executable, "-m", "smartfleet.cli.main", "apply", str(plan), "--yes", "--fleet", str(fleet)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    ) as controller:  # fmt: skip
        wait_for(lambda: f'"{step}"' in marks(anna.user.name), f"the mark {step}")
        kill([controller.pid])
        if module_dies_too:
            kill(module_processes(machine))
    wait_for(lambda: not module_processes(machine), "the host's module to end")

    again = smartfleet(fleet, "apply", str(plan), "--yes")

    assert again.code == 0, again
    assert anna.desktop.account_names() == [f"{anna.user.name}@127.0.0.1:{machine.server.port}"]
    wait_for(lambda: "Connected" in anna.desktop.states(), "the client")
    assert (anna.desktop.files(), anna.desktop.journals()) == (files, journals)
    assert (anna.transfers(since), anna.sign_ins(since)) == ([], [])
    verified = smartfleet(fleet, "verify", "--user", anna.user.name, "--level", "server")
    assert verified.verdicts() == ["match"], verified


@pytest.fixture
def careful(machine: Machine) -> Iterator[OsUser]:
    """An administrator whom sudo asks for his password."""
    del machine
    user = add_user("careful")
    set_password(user, PASSWORD)
    with sudoers(user, "ALL=(ALL) ALL"):
        yield user
    remove_user(user)


def test_sudo_that_asks_for_a_password(
    machine: Machine, careful: OsUser, person: Callable[..., Person], tmp_path: Path
) -> None:
    anna = person("anna")
    anna.first_sync()
    config, pid = anna.desktop.config.read_bytes(), anna.desktop.client_pid()
    fleet = machine.fleet(tmp_path.name, admin=careful)

    doctor = smartfleet(fleet, "doctor")
    refused = smartfleet(fleet, "fix", "pc", "--user", anna.user.name, "--yes")

    become = next(check for check in doctor.document["checks"] if check["check"] == "become")
    assert (doctor.code, become["code"]) == (3, "connect/become-password")
    assert refused.code == 3, refused
    assert "password" in refused.remarks + str(refused.document)
    assert (anna.desktop.config.read_bytes(), anna.desktop.client_pid()) == (config, pid)

    moved = smartfleet(fleet, "fix", "pc", "--user", anna.user.name, "--yes", "-K", typed=PASSWORD + "\n")
    assert moved.code == 0, moved
    assert moved.outcomes() == {anna.user.name: "moved"}
    wait_for(lambda: "Connected" in anna.desktop.states(), "the client")
    assert PASSWORD not in moved.remarks + str(moved.document)
    assert not [path for path in fleet.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]


def test_doctor_finds_nothing_wrong_with_a_real_sshd(machine: Machine, tmp_path: Path) -> None:
    doctor = smartfleet(machine.fleet(tmp_path.name), "doctor")
    found = {(check["kind"], check["check"]): check["state"] for check in doctor.document["checks"]}
    assert doctor.code == 0, doctor
    assert {state for (kind, _), state in found.items() if kind == "host"} == {"ok"}
    assert {found["server", check] for check in ("status", "redirect", "maintenance", "instance")} == {"ok"}


def test_doctor_tells_a_host_key_that_changed(machine: Machine, tmp_path: Path) -> None:
    fleet = machine.fleet(tmp_path.name)
    kept = machine.sshd.known_hosts.read_text()
    key = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    other = " ".join(Path(f"{key}.pub").read_text().split()[:2])
    machine.sshd.known_hosts.write_text(f"{kept.split()[0]} {other}\n")
    try:
        doctor, audit = smartfleet(fleet, "doctor"), smartfleet(fleet, "audit")
    finally:
        machine.sshd.known_hosts.write_text(kept)
    (failed,) = [check for check in doctor.document["checks"] if check["state"] == "failed"]
    assert (doctor.code, failed["code"]) == (3, "connect/host-key-changed")
    assert audit.code == 3, audit
