"""Hosts that hang, and ends before the time: nobody else is harmed, and nothing is left running here."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smartfleet.campaign.trouble import diagnose
from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from tests.integration.reading.streams import Running, Site, left, run, running

LONG = "600"
LEAVING = """
import sys
from ansible.plugins.inventory import BaseInventoryPlugin

class InventoryModule(BaseInventoryPlugin):
    NAME = "leaving"

    def verify_file(self, path):
        return True

    def parse(self, inventory, loader, path, cache=True):
        sys.exit("no such database")
"""


@pytest.fixture(scope="module")
def machine(lab: Lab) -> Iterator[LabHost]:
    made = lab.add_host("reading-ends")
    yield made
    made.remove()


@pytest.fixture
def site(lab: Lab, machine: LabHost, tmp_path: Path) -> Site:
    made = Site(tmp_path / "site")
    for name in ("a", "b", "c"):
        made.add(
            name,
            ansible_host="127.0.0.1",
            ansible_port=machine.port,
            ansible_user="admin",
            ansible_ssh_private_key_file=str(lab.layout.admin_key),
            ansible_ssh_common_args=f"-F none -o IdentityAgent=none -o UserKnownHostsFile={lab.layout.known_hosts}",
            ansible_become=False,
        )
    return made


def _root(site: Site, name: str) -> Path:
    return Path(str(site.hosts[name]["smartfleet_root"]))


def _wait(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 180
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_host_that_hangs_is_given_up_and_the_others_are_not_harmed(site: Site) -> None:
    (_root(site, "a") / "seconds").write_text(LONG)
    began = time.monotonic()
    with running("smartfleet.reading", site.stream(), {"smartfleet_host_timeout": 15}) as begun:
        said = begun.wait()
        assert list((begun.private / "cp").iterdir()) == []
        _wait(lambda: left(begun.private) == [])
    assert time.monotonic() - began < 200
    assert {host: [one.state for one in told] for host, told in said.answers.items()} == {
        "a": ["failed"], "b": ["ok"], "c": ["ok"]
    }  # fmt: skip
    (late,) = said.answers["a"]
    assert diagnose(late).code == "host-timeout"
    assert said.status == 2


def test_it_is_told_in_the_words_of_ansible_playbook(site: Site) -> None:
    (_root(site, "a") / "seconds").write_text(LONG)
    stream = site.stream(cmdline="--limit a")
    (ours,), (theirs,) = (
        run(program, stream, {"smartfleet_host_timeout": 4}).answers["a"]
        for program in ("smartfleet.reading", "ansible_runner")
    )
    assert ours.message == theirs.message
    assert ours.result["timedout"]["period"] == theirs.result["timedout"]["period"]
    assert (ours.state, ours.action) == (theirs.state, theirs.action)


def test_a_lookup_that_hangs_is_given_up_too(site: Site) -> None:
    site.add("d", **{**site.hosts["a"], "ansible_user": "{{ lookup('ansible.builtin.pipe', 'sleep 600') }}"})
    said = run("smartfleet.reading", site.stream(), {"smartfleet_host_timeout": 15})
    # whoever waited meanwhile for an own turn has lost no time
    assert {host: [one.state for one in told] for host, told in said.answers.items()} == {
        "a": ["ok"], "b": ["ok"], "c": ["ok"], "d": ["failed"]
    }  # fmt: skip


def test_the_stop_file_begins_no_further_host(site: Site, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    (_root(site, "a") / "seconds").write_text("3")
    with running("smartfleet.reading", site.stream(forks=1), {"smartfleet_stop_file": str(stop)}) as begun:
        _wait((_root(site, "a") / "begun").exists)
        stop.touch()
        said = begun.wait()
    assert {host: [one.state for one in told] for host, told in said.answers.items()} == {
        "a": ["ok"], "b": ["skipped"], "c": ["skipped"]
    }  # fmt: skip
    assert said.status == 0


def _terminated(begun: Running) -> None:
    os.kill(begun.process.pid, signal.SIGTERM)


def _left_alone(begun: Running) -> None:
    assert begun.process.stdin is not None
    begun.process.stdin.close()


@pytest.mark.parametrize("end", [_terminated, _left_alone])
def test_an_end_before_its_time_leaves_nothing(site: Site, end: Callable[[Running], None]) -> None:
    for name in ("a", "b", "c"):
        (_root(site, name) / "seconds").write_text(LONG)
    with running("smartfleet.reading", site.stream(forks=2)) as begun:
        _wait(lambda: all((_root(site, name) / "begun").exists() for name in ("a", "b")))
        end(begun)
        began = time.monotonic()
        said = begun.wait()
        assert time.monotonic() - began < 120
        _wait(lambda: left(begun.private) == [])
        assert list((begun.private / "cp").iterdir()) == []
    assert said.status == 254
    assert said.events[-2:] == [{"status": "canceled", "rc": 254}, {"eof": True}]
    assert said.answers == {}
    assert not (_root(site, "c") / "begun").exists()


def test_an_end_while_the_inventory_is_still_read(site: Site) -> None:
    script = site.folder / "inventory.sh"
    script.write_text("#!/bin/sh\ntouch reading\nsleep 600\n")
    script.chmod(0o755)
    with running("smartfleet.reading", site.stream(inventory=str(script))) as begun:
        _wait((site.folder / "reading").exists)
        _terminated(begun)
        assert begun.wait().status == 254
        _wait(lambda: left(begun.private) == [])


@pytest.mark.parametrize(("interpreter", "masters"), [(sys.executable, 0), ("auto_silent", 1)])
def test_a_master_is_kept_only_where_it_is_used_again(site: Site, interpreter: str, masters: int) -> None:
    variables = {name: value for name, value in site.hosts["a"].items() if name != "smartfleet_root"}
    root = site.add("d", **{**variables, "ansible_python_interpreter": interpreter})
    (root / "seconds").write_text("2")
    with running("smartfleet.reading", site.stream(cmdline="--limit d")) as begun:
        _wait((root / "begun").exists)
        sockets = [path for path in (begun.private / "cp").iterdir() if path.is_socket()]
        said = begun.wait()
    assert len(sockets) == masters
    assert [one.state for one in said.answers["d"]] == ["ok"]


def test_a_host_that_is_not_on_the_list_ends_all_before_anything_is_done(site: Site, tmp_path: Path) -> None:
    listed = tmp_path / "hosts.json"
    listed.write_text(json.dumps(["a", "b"]))
    said = run("smartfleet.reading", site.stream(), {"smartfleet_hosts": str(listed)})
    assert said.answers == {}
    failed = [event for event in said.events if event.get("event") == "runner_on_failed"]
    assert [event["event_data"]["res"]["msg"] for event in failed] == [
        "The play holds hosts that are not on the list in smartfleet_hosts."
    ]
    assert said.status == 2
    assert not (_root(site, "a") / "begun").exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"inventory": "/nonexistent"}, "Completely failed to parse inventory source /nonexistent"),
        ({"cmdline": "--limit nobody"}, "Specified inventory, host pattern and/or --limit leaves us with no hosts"),
        ({"cmdline": "--no-such-option"}, "unrecognized arguments"),
        ({"cmdline": "--ask-pass"}, "nobody is there to answer 'SSH password'"),
    ],
)
def test_what_cannot_be_begun_is_said_in_ansibles_words(site: Site, more: dict[str, str], words: str) -> None:
    said = run("smartfleet.reading", site.stream(**more), ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="True")
    assert said.answers == {}
    assert said.status
    assert re.search(words, said.printed), said.printed
    assert said.events[-1] == {"eof": True}


def test_a_playbook_that_does_more_than_look_is_refused(site: Site) -> None:
    playbook = site.playbooks / "more.yml"
    task = {"ansible.builtin.command": "touch done", "register": "found", "delegate_to": "localhost"}
    playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    said = run("smartfleet.reading", site.stream("more"))
    assert "reading does not carry out such a task" in said.printed
    assert said.status == 1
    assert not (site.folder / "done").exists()


def test_a_fault_of_a_plugin_is_told_as_the_end(site: Site) -> None:
    plugins = site.folder / "inventory_plugins"
    plugins.mkdir()
    (plugins / "leaving.py").write_text(LEAVING)
    said = run(
        "smartfleet.reading",
        site.stream(),
        ANSIBLE_INVENTORY_PLUGINS=str(plugins),
        ANSIBLE_INVENTORY_ENABLED="leaving",
    )
    assert said.status == 250
    assert said.events[-2:] == [
        {"status": "error", "rc": 250, "job_explanation": "SystemExit('no such database')"},
        {"eof": True},
    ]
    assert "in parse" in said.words


def test_a_file_that_cannot_be_written_is_told_as_the_end(site: Site) -> None:
    """As on a full disk; here a folder of its name is there."""
    site.files["cp"] = "a file"
    said = run("smartfleet.reading", site.stream())
    assert said.status == 250
    assert "this machine does not let it work: [Errno 21] Is a directory" in said.events[0]["job_explanation"]
    assert said.events[-1] == {"eof": True}


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (b"", "ended in the middle"),
        (b"{\n", "no JSON"),
        (b'{"kwargs": {}}\n{"eof": true}\n', "names no playbook"),
        (b'{"kwargs": {"playbook": "x", "roles_path": "y"}}\n{"eof": true}\n', "does not know: roles_path"),
    ],
)
def test_a_broken_stream(stream: bytes, words: str) -> None:
    with running("smartfleet.reading", stream) as begun:
        assert begun.process.stdin is not None
        if not stream:
            begun.process.stdin.close()
        said = begun.wait()
    assert said.status == 250
    assert said.events[0]["status"] == "error"
    assert words in said.events[0]["job_explanation"]
