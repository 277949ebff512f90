"""What a real Ansible is given for the time in which it waits for its hosts, by each engine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from smartfleet.engines.protocol import Attempt
from smartfleet.engines.worker.waiting import waiting
from tests.integration.engines.carrying import Carrier, Told, until
from tests.integration.engines.hosts import Hosts
from tests.integration.programs import ansible


def settings_file(carrier: Carrier) -> str:
    """Of the ``ansible-playbook`` that is at work; "" if it was given none."""
    (pid, *_) = sorted(pid for pid, line in carrier.ground.processes().items() if "/ansible-playbook" in line)
    words = Path(f"/proc/{pid}/environ").read_text("utf-8").split("\0")
    return dict(word.split("=", 1) for word in words if word).get("ANSIBLE_CONFIG", "")


def at_work(carrier: Carrier, hosts: Hosts) -> tuple[Attempt, Told]:
    hosts.add("slow", seconds=120)
    attempt, told = carrier.submit()
    assert until(lambda: hosts.begun("slow"))
    return attempt, told


@pytest.mark.parametrize("own", ["", "[defaults]\ninternal_poll_interval = 0.001\n"], ids=["none", "the fleet's"])
def test_it_gets_our_settings_where_nobody_has_any(carrier: Carrier, hosts: Hosts, tmp_path: Path, own: str) -> None:
    if own:
        (tmp_path / "ansible.cfg").write_text(own)
    expected = "" if own else waiting(os.environ).get("ANSIBLE_CONFIG", "")
    attempt, told = at_work(carrier, hosts)
    assert settings_file(carrier) == expected
    attempt.cancel()
    assert told.end().state == "cancelled"
    assert carrier.nothing_left()


def test_ansible_takes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_CONFIG", waiting({}, ())["ANSIBLE_CONFIG"])
    dumped = ansible(tmp_path, "ansible-config", "dump", "--only-changed")
    assert [line for line in dumped.splitlines() if line.startswith("DEFAULT_INTERNAL_POLL_INTERVAL")] == [
        f"DEFAULT_INTERNAL_POLL_INTERVAL({os.environ['ANSIBLE_CONFIG']}) = 0.02"
    ]
