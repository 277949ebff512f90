"""A campaign's ways with a Windows host, over real WinRM: notices with an answer, unlock, a killed run gone on with."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.lock import host_lock

from smartfleet.fleet import load_fleet
from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows import clients
from smartfleet.lab.windows.host import WindowsLabHost, WindowsUser
from smartfleet.lab.windows.machine import STATE
from smartfleet.store import Store
from tests.integration.killing import Controller, reached
from tests.integration.playing import synced

MARKS = {"early": "stop-client begin", "written": "write-config end", "done": "transaction done"}
ASKED, SLOW = "asked", "slow"


class Office:
    """A machine for each moment at which the controller is killed, one whose user is asked, one whose client hangs."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.folder = folder
        self.hosts = {name: lab.add_windows_host(f"wave-{name}") for name in (*MARKS, ASKED, SLOW)}
        self.users = {name: synced(lab, host, f"eva-{name}") for name, host in self.hosts.items()}
        self.fleet = write_fleet(lab, self.hosts.values(), folder=folder / "fleet")
        self.controller = Controller(self.fleet, folder)
        self.run("audit")

    def run(self, *words: str, code: int = 0) -> Any:
        done = self.controller.run(*words, "--format", "json")
        assert done.code == code, done.err
        return done.document

    def plan(self, name: str) -> str:
        path = str(self.folder / f"{name}.json")
        self.run("plan", "--limit", f"wave-{name}", "--out", path)
        return path

    def newest_run(self) -> str:
        store = Store.of_fleet(load_fleet(self.fleet).state, "")
        try:
            return next(one.run for one in store.runs() if one.verb == "apply")
        finally:
            store.close()

    def remove(self) -> None:
        for host in self.hosts.values():
            host.remove()


@pytest.fixture(scope="module")
def office(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(lab, tmp_path_factory.mktemp("windows"))
    try:
        yield made
    finally:
        made.remove()


def marks(host: WindowsLabHost) -> list[Path]:
    return list(host.machine.drive.real(STATE).glob("runs/*/*/marks.jsonl"))


@pytest.mark.parametrize("name", MARKS)
def test_a_killed_run_is_gone_on_with(office: Office, lab: Lab, name: str) -> None:
    host, user = office.hosts[name], office.users[name]
    plan = office.plan(name)
    died = office.controller.run_until(reached(lambda: marks(host), MARKS[name]), "apply", plan, "--yes")
    assert died.killed, died.err
    document = office.run("apply", "--resume", office.newest_run(), "--yes")
    (outcome,) = document["outcomes"]
    assert (outcome["outcome"], outcome["code"], outcome["changed"]) == ("moved", "", True), outcome
    steps = [one["step"] for one in outcome["steps"]]
    assert steps[-1] == "remove-sync-roots"
    assert {"stop-client", "backup", "manifest", "write-config", "start-client", "prove"} <= set(steps)
    assert {one["state"] for one in outcome["proofs"]} == {"ok", "unknown"}
    user.wait_synced("Nextcloud")
    assert lab.new_url in user.config.read_text()
    assert len(marks(host)) == 1


def test_a_task_that_takes_too_long_is_gone_on_with(office: Office, lab: Lab) -> None:
    """The client does not end; the task is over before the module gives that up, and Windows ends the module."""
    host, user = office.hosts[SLOW], office.users[SLOW]
    file = office.fleet / "smartfleet.yml"
    text = file.read_text("utf-8")
    plan = office.plan(SLOW)
    (client,) = clients.running(host.machine, user.name)
    os.kill(client.pid, signal.SIGSTOP)
    try:
        file.write_text(text + "\ncampaign:\n  host_timeout: 10s\n", "utf-8")
        (late,) = office.run("apply", plan, "--yes", code=3)["outcomes"]
    finally:
        file.write_text(text, "utf-8")
        os.kill(client.pid, signal.SIGCONT)
    assert (late["outcome"], late["code"]) == ("unknown", "host-timeout"), late
    (moved,) = office.run("apply", plan, "--yes")["outcomes"]
    assert (moved["outcome"], moved["code"]) == ("moved", ""), moved
    user.wait_synced("Nextcloud")
    assert lab.new_url in user.config.read_text()


def test_a_user_is_asked_and_puts_it_off(office: Office) -> None:
    user = office.users[ASKED]
    before = user.config.read_bytes()
    configure(office.fleet, user)
    plan = office.plan(ASKED)
    user.will_answer("later")
    (waiting,) = office.run("apply", plan, "--yes", code=6)["outcomes"]
    assert (waiting["outcome"], waiting["code"]) == ("waiting-session", "postponed")
    assert user.config.read_bytes() == before
    (seen,) = user.notices()
    assert (seen.title, seen.buttons) == ("Darf Ihre Nextcloud jetzt umgestellt werden?", ["Yes", "No"])
    assert "»Nein« verschiebt es" in seen.body
    user.will_answer("go")
    told = office.run("notify", "announce", "--limit", f"wave-{ASKED}", "--when", "am Freitag", "--yes")
    assert [(one["user"], one["state"], one["answer"]) for one in told["notices"]] == [(user.name, "shown", "")]
    assert user.notices()[-1].buttons == []


def configure(fleet: Path, user: WindowsUser) -> None:
    assert not user.notices()
    file = fleet / "smartfleet.yml"
    text = file.read_text("utf-8")
    assert "  language: en\n" in text
    lines = ("language: de", "postpone: 2", "postpone_for: 2h", "answer_within: 5s")
    file.write_text(text.replace("  language: en\n", "".join(f"  {line}\n" for line in lines)), "utf-8")


def test_a_reservation_is_taken_away(office: Office) -> None:
    host = office.hosts[ASKED]
    with host_lock(os.fspath(host.machine.root), "run-1") as lock:
        lock.reserve(3600)
    told = office.run("unlock", host.name, "--yes")["on_host"]
    assert (told["state"], told["run"]) == ("removed", "run-1")
    assert (host.machine.drive.real(STATE) / "lock").read_bytes() == b""
