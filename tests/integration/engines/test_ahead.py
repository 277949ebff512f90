"""A worker that was begun before there was anything for it to do: of use where it works, missed by nobody where not."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartfleet.campaign import listing
from smartfleet.campaign.listing import list_inventory
from smartfleet.engines.ahead import Ahead
from smartfleet.engines.local import LocalEngine
from smartfleet.engines.programs import SETTINGS
from smartfleet.errors import InventoryError
from smartfleet.paths import Playbook
from tests.integration.engines.carrying import Carrier, until
from tests.integration.engines.grounds import LocalGround, local_ground
from tests.integration.engines.hosts import Hosts

HOSTS = """
all:
  vars: {greeting: "{{ 'all' | upper }}"}
  children:
    office:
      hosts:
        pc-1: {ansible_host: 127.0.0.1, price: 5 €}
        pc-2: {}
    home:
      hosts:
        pc-3: {}
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    folder = tmp_path / "fleet"
    (folder / "inventory" / "group_vars").mkdir(parents=True)
    (folder / "smartfleet.yml").touch()
    (folder / "inventory" / "hosts.yml").write_text(HOSTS, encoding="utf-8")
    (folder / "inventory" / "group_vars" / "office.yml").write_text("floor: 3\n")
    return folder


@pytest.fixture
def ground() -> Iterator[LocalGround]:
    """Nothing is left of a worker, whatever a test did with it."""
    # short, for sockets lie in it
    folder = Path(tempfile.mkdtemp(prefix="sf-", dir="/tmp"))
    try:
        with local_ground(folder) as found:
            yield found
            assert until(lambda: not found.processes()), found.processes()
        assert not list(folder.glob("smartfleet-*"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def hosts(tmp_path: Path) -> Hosts:
    return Hosts(tmp_path / "machines")


@pytest.fixture
def carrier(ground: LocalGround, hosts: Hosts, fleet: Path) -> Carrier:
    return Carrier(ground, hosts, fleet)


def reading(ground: LocalGround) -> list[int]:
    """The programs that have Ansible at hand."""
    return sorted(pid for pid, line in ground.processes().items() if "smartfleet.reading" in line)


def worker(ground: LocalGround) -> int:
    """Its watcher was begun after it."""
    return min(pid for pid, line in ground.processes().items() if "smartfleet.engines.worker" in line)


@pytest.mark.parametrize("limit", [None, "office", "office,nobody", "!all"])
def test_an_inventory_is_the_one_that_a_program_of_its_own_prints(
    ground: LocalGround, fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str | None
) -> None:
    for name, value in {"VERBOSITY": "4", "DEBUG": "1", "FORCE_COLOR": "1", "LOG_PATH": str(tmp_path / "log")}.items():
        monkeypatch.setenv(f"ANSIBLE_{name}", value)
    inventory = fleet / "inventory"
    expected = list_inventory(inventory, limit, fleet)
    with monkeypatch.context() as patch, Ahead(fleet) as begun:
        patch.setattr(listing, "call", lambda *_: pytest.fail("asked in the usual way"))
        for _ in range(2):
            assert list_inventory(inventory, limit, fleet, begun) == expected
    assert "pc-1" not in (tmp_path / "log").read_text()
    assert ground.places


def test_what_is_wrong_is_said_by_a_program_of_its_own(ground: LocalGround, fleet: Path) -> None:
    good, bad = fleet / "inventory", fleet / "bad.yml"
    bad.write_text("all: [")
    with pytest.raises(InventoryError) as expected:
        list_inventory(bad, None, fleet)
    with Ahead(fleet) as begun:
        with pytest.raises(InventoryError) as caught:
            list_inventory(bad, None, fleet, begun)
        assert str(caught.value) == str(expected.value)
        # and the next question is answered
        answer = begun.list(["-i", str(good), "--list"], SETTINGS, 60)
    assert answer
    assert "pc-3" in json.loads(answer.stdout)["_meta"]["hostvars"]
    assert ground.places


def test_nothing_is_begun_in_a_folder_that_is_no_fleet(ground: LocalGround, fleet: Path) -> None:
    """Its ansible.cfg may be anybody's."""
    (fleet / "smartfleet.yml").unlink()
    with Ahead(fleet) as begun:
        assert not ground.processes()
        assert begun.list(["-i", str(fleet / "inventory"), "--list"], SETTINGS, 60) is None
        assert begun.take() is None


def test_the_first_shard_is_read_by_the_program_that_listed_the_inventory(
    carrier: Carrier, ground: LocalGround, hosts: Hosts, fleet: Path
) -> None:
    hosts.add("a", seconds=1)
    with Ahead(fleet) as begun:
        assert list_inventory(fleet / "inventory", "pc-1", fleet, begun)
        engine = LocalEngine(begun)
        there = reading(ground)
        _, told = carrier.submit(carrier.order("audit"), carrier.shard("audit"), engine)
        assert until(lambda: hosts.begun("a"))
        assert reading(ground) == there
        assert len(there) == 1
        end = told.end()
        assert (end.state, end.rc, told.answers("a")) == ("done", 0, [("client_facts", "ok")]), end
        # and whoever comes next gets a worker of his own
        _, again = carrier.submit(carrier.order("audit"), carrier.shard("audit"), engine)
        assert (again.end().state, hosts.begun("a")) == ("done", 2)
        engine.close()


def test_the_settings_of_a_shard_count(carrier: Carrier, hosts: Hosts, fleet: Path) -> None:
    """Ansible read its own before the inventory that comes along was there: it would not be read."""
    hosts.add("a")
    (fleet / "ansible.cfg").write_text("[inventory]\nenable_plugins = ansible.builtin.yaml\n")
    with Ahead(fleet) as begun:
        engine = LocalEngine(begun)
        _, told = carrier.submit(carrier.order("audit"), carrier.shard("audit"), engine)
        end = told.end()
        assert (end.state, end.rc, told.answers("a")) == ("done", 0, [("client_facts", "ok")]), end
        engine.close()


@pytest.mark.parametrize("trouble", ["changes", "worker killed", "program killed", "apart"])
def test_a_shard_that_it_cannot_carry_is_carried_in_the_usual_way(
    carrier: Carrier, ground: LocalGround, hosts: Hosts, fleet: Path, trouble: str
) -> None:
    verb: Playbook = "apply" if trouble == "changes" else "audit"
    # a lookup is no matter for one process of all hosts
    hosts.add("a", asked="{{ lookup('pipe', 'echo x') }}" if trouble == "apart" else "")
    with Ahead(fleet) as begun:
        assert until(lambda: reading(ground))
        if trouble == "worker killed":
            os.kill(worker(ground), signal.SIGKILL)
            assert until(lambda: not ground.processes())
        if trouble == "program killed":
            os.kill(reading(ground)[0], signal.SIGKILL)
        engine = LocalEngine(begun)
        _, told = carrier.submit(carrier.order(verb), carrier.shard(verb), engine)
        end = told.end()
        assert (end.state, end.rc) == ("done", 0), end
        assert ("client_facts", "ok") in told.answers("a")
        engine.close()


def test_one_that_is_killed_at_work_is_lost_and_leaves_nothing(
    carrier: Carrier, ground: LocalGround, hosts: Hosts, fleet: Path
) -> None:
    hosts.add("slow", seconds=120)
    with Ahead(fleet) as begun:
        engine = LocalEngine(begun)
        _, told = carrier.submit(carrier.order("audit"), carrier.shard("audit"), engine)
        assert until(lambda: hosts.begun("slow"))
        os.kill(worker(ground), signal.SIGKILL)
        end = told.end()
        assert (end.state, end.begun) == ("lost", True), end
        assert until(lambda: not ground.processes()), ground.processes()
        assert (hosts.begun("slow"), hosts.ended("slow")) == (1, 0)
        engine.close()


def test_a_command_that_ends_does_not_wait_for_an_inventory(ground: LocalGround, fleet: Path) -> None:
    script = fleet / "slow.sh"
    script.write_text("#!/bin/sh\nexec sleep 600\n")
    script.chmod(0o755)
    ends: queue.SimpleQueue[BaseException] = queue.SimpleQueue()

    def ask() -> None:
        try:
            list_inventory(script, None, fleet, begun)
        except BaseException as end:  # noqa: BLE001 - it is looked at
            ends.put(end)

    with Ahead(fleet) as begun:
        threading.Thread(target=ask, daemon=True).start()
        assert until(lambda: any("sleep 600" in line for line in ground.processes().values()))
    assert isinstance(ends.get(timeout=60), KeyboardInterrupt)


def test_a_command_that_is_killed_leaves_nothing(ground: LocalGround, fleet: Path) -> None:
    """The fixture looks."""
    code = (
        "import os, pathlib, sys; from smartfleet.engines.ahead import Ahead; Ahead(pathlib.Path(sys.argv[1])); input()"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(fleet)], stdin=subprocess.PIPE) as command:
        assert until(lambda: reading(ground))
        command.kill()


SHOWN = """
import os, sys
given = dict(word.split("=", 1) for word in sys.argv[1:])
late = "late" in given and given.pop("late")
if not late:
    os.environ |= given
from ansible import constants
from smartfleet.reading.settings import renew
os.environ |= given
if late:
    renew(given)
for name, value in sorted(vars(constants).items()):
    # a set has no order, the folder a name of its own
    if name.isupper() and not isinstance(value, frozenset) and name != "DEFAULT_LOCAL_TMP":
        print(name, repr(value))
"""


def test_settings_that_come_later_are_those_of_a_fresh_ansible(fleet: Path) -> None:
    given = {
        **SETTINGS,
        "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.script",
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_PIPELINING": "True",
        "ANSIBLE_TIMEOUT": "77",
        "ANSIBLE_VERBOSITY": "3",
    }
    words = [f"{name}={value}" for name, value in given.items()]

    def shown(*more: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", SHOWN, *words, *more], check=True, capture_output=True, text=True, cwd=fleet
        )
        return done.stdout.splitlines()

    assert shown("late=yes") == shown()
    assert "DEFAULT_TIMEOUT 77" in shown()


def test_a_stream_for_another_folder_is_refused(fleet: Path, tmp_path: Path) -> None:
    """Ansible has its settings from the first."""
    private = tmp_path / "private"
    private.mkdir()
    said = {"kwargs": {"playbook": "x.yml", "project_dir": str(tmp_path)}}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "smartfleet.reading", "worker", "--private-data-dir", private, "--ahead", fleet],
        input=f'{json.dumps(said)}\n{{"eof": true}}\n',
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode
    assert "Ansible was begun in" in done.stdout
