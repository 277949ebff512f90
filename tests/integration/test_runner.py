"""Real Ansible runs with modules that answer what a test wants: garbage, templates, nothing, and Ctrl-C at any time."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import yaml

from smartfleet.campaign.runner import Controls, Run
from smartfleet.campaign.trouble import diagnose
from smartfleet.engines.answers import Answer
from smartfleet.errors import RunError
from smartfleet.paths import data_folder
from tests.integration.alone import run_playbook
from tests.integration.written import written

ROOT = Path(__file__).parents[2]
STUB = Path(__file__).parent / "stubs" / "stub.py"
SUDO = {"ansible_become": True, "ansible_become_exe": str(Path(__file__).parent / "stubs" / "sudo")}
MODULES = ("client_facts", "account_move", "account_restore", "tree_manifest")
EVIL = "{{ lookup('ansible.builtin.pipe', 'touch %s') }}"


@dataclass
class World:
    """Playbooks with stub modules, and an inventory of hosts that are folders on this machine."""

    folder: Path
    hosts: dict[str, Path] = field(default_factory=dict)

    def add(self, name: str, **variables: object) -> Path:
        root = self.folder / f"host{len(self.hosts)}"
        root.mkdir()
        self.hosts[name] = root
        entries = {
            host: {
                "ansible_connection": "local",
                "ansible_become": False,
                "ansible_python_interpreter": sys.executable,
                "smartfleet_root": str(place),
                **variables,
            }
            for host, place in self.hosts.items()
        }
        (self.folder / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": entries}}))
        return root

    def run(self, verb: str = "audit", hosts: tuple[str, ...] | None = None, **more: object) -> Run:
        given: dict[str, object] = {
            "playbook": self.folder / "playbooks" / f"{verb}.yml",
            "inventory": self.folder / "inventory.yml",
            "folder": self.folder,
            "hosts": hosts or tuple(self.hosts),
            **more,
        }
        return Run(**given)  # type: ignore[arg-type]


@pytest.fixture
def world(tmp_path: Path) -> World:
    playbooks = tmp_path / "playbooks"
    shutil.copytree(data_folder("playbooks"), playbooks, ignore=shutil.ignore_patterns("plugins"))
    modules = playbooks / "collections/ansible_collections/smartde/nextcloud/plugins/modules"
    modules.mkdir(parents=True)
    for name in MODULES:
        shutil.copy(STUB, modules / f"{name}.py")
    return World(tmp_path)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Runs keep their private folders here; after each test none may be left. Short, for sockets lie in it."""
    assert tmp_path.exists()  # pytest's own temporary folder must be made before the place for them changes
    folder = Path(tempfile.mkdtemp(prefix="sf-", dir="/tmp"))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    left = _folders(folder)
    shutil.rmtree(folder)
    assert left == []


def _folders(temporary: Path) -> list[Path]:
    """Of runs. A module that was killed leaves its own on its host, which is this machine here."""
    return list(temporary.glob("smartfleet-*"))


def test_hosts_answer_and_progress_is_told(world: World) -> None:
    world.add("pc-1")
    world.add("pc 2")
    seen: list[Answer] = []
    result = run_playbook(world.run(), Controls(progress=seen.append))
    assert set(result.hosts) == {"pc-1", "pc 2"}
    assert all(host.last("client_facts") for host in result.hosts.values())
    assert sorted(answer.host for answer in seen if answer.ours) == ["pc 2", "pc-1"]
    assert (result.rc, result.interrupted) == (0, False)


def test_a_lean_run_hands_results_on_and_keeps_none(world: World) -> None:
    good, bad = world.add("good"), world.add("bad")
    (good / "answer.json").write_text(json.dumps({"facts": {"name": "good"}}))
    (bad / "garbage").write_text("hello")
    seen: list[Answer] = []
    result = run_playbook(world.run(lean=True), Controls(progress=seen.append))
    told = {answer.host: answer for answer in seen if answer.ours}
    kept = {host: answers.last("client_facts") for host, answers in result.hosts.items()}
    assert (told["good"].result["facts"], kept["good"]) == ({"name": "good"}, replace(told["good"], result={}))
    assert kept["bad"] == told["bad"]


def test_nothing_that_comes_in_or_out_is_taken_for_a_template(world: World, tmp_path: Path) -> None:
    marker = tmp_path / "templated"
    evil = EVIL % marker
    root = world.add("pc-1")
    (root / "answer.json").write_text(json.dumps({"facts": {"name": evil}, "profiles": [{"user": evil}]}))
    order = {"run": evil, "install": None, "profiles": [{"user": evil}]}
    for run in (
        world.run(variables={"smartfleet_users": [evil]}),
        world.run("apply", orders={"pc-1": order}),
        world.run("rollback", orders={"pc-1": order}, variables={"smartfleet_run": evil}),
        world.run("verify", variables={"smartfleet_level": evil}),
    ):
        result = run_playbook(run, Controls())
        answer = result.hosts["pc-1"].answers[-1]
        assert answer.state == "ok", answer
        assert evil in json.dumps(dict(answer.result), ensure_ascii=False).replace('\\"', '"')
    assert not marker.exists()


@pytest.mark.parametrize("garbage", ["", "{", "[1, 2]", "\x1b[2Jhello", '{"facts": ' + "[" * 2000])
def test_garbage_fails_that_host_alone(world: World, garbage: str) -> None:
    bad, _ = world.add("bad"), world.add("good")
    (bad / "garbage").write_text(garbage)
    result = run_playbook(world.run(), Controls())
    assert [answer.state for answer in result.hosts["bad"].answers if answer.ours] == ["failed"]
    assert [answer.state for answer in result.hosts["good"].answers if answer.ours] == ["ok"]


def test_a_large_answer_is_not_lost(world: World) -> None:
    root = world.add("pc-1")
    (root / "answer.json").write_text(json.dumps({"facts": {"content": "x" * 3_000_000}}))
    result = run_playbook(world.run(), Controls())
    answer = result.hosts["pc-1"].last("client_facts")
    assert answer is not None
    assert len(answer.result["facts"]["content"]) == 3_000_000


def test_a_host_that_is_not_on_the_list_stops_the_playbook(world: World) -> None:
    """As plain Ansible would run it after a limit got lost."""
    world.add("pc-1")
    other = world.add("pc-2")
    hosts = world.folder / "hosts.json"
    hosts.write_text('["pc-1"]')
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "ansible-playbook"),
            "-i", str(world.folder / "inventory.yml"),
            "-e", f"smartfleet_hosts={hosts}",
            str(world.folder / "playbooks" / "audit.yml"),
        ],
        check=False, capture_output=True, text=True, cwd=world.folder, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode != 0
    assert "not on the list" in done.stdout
    assert not (other / "begun").exists()


def test_an_inventory_without_the_hosts_is_an_error(world: World) -> None:
    world.add("pc-1")
    with pytest.raises(RunError) as caught:
        run_playbook(world.run(hosts=("elsewhere",)), Controls())
    assert caught.value.code == "run/no-host-reported"


def test_an_installation_that_fails_puts_back_what_was_prepared(world: World) -> None:
    root = world.add("pc-1")
    (root / "answer.json").write_text(json.dumps({"profiles": [{"outcome": "prepared"}]}))
    install = {"package": "no-such-package-anywhere", "state": "present"}
    order = {"run": "r1", "install": install, "profiles": []}
    result = run_playbook(world.run("apply", orders={"pc-1": order}, check=True), Controls())
    host = result.hosts["pc-1"]
    assert host.last("account_restore") is not None
    assert next(a.action for a in host.answers if a.state == "failed").startswith("ansible.builtin.")


@pytest.mark.parametrize(
    ("password", "code"),
    [("planted-5ecret", ""), ("planted-wr0ng", "become-password"), (None, "become-password")],
    # pytest puts the id into the environment, where the password must not be found
    ids=["right", "wrong", "none"],
)
def test_sudo_that_asks_for_a_password(
    world: World, temporary: Path, monkeypatch: pytest.MonkeyPatch, password: str | None, code: str
) -> None:
    # so that root's tests ask sudo too
    monkeypatch.setenv("ANSIBLE_BECOME_ALLOW_SAME_USER", "True")
    root = world.add("pc-1", **SUDO)
    seen: set[bytes] = set()

    def look(_: Answer) -> None:
        seen.update(written(temporary))

    result = run_playbook(world.run(), Controls(become_password=password, progress=look))
    answer = result.hosts["pc-1"].last("client_facts")
    assert answer is not None
    assert (diagnose(answer).code if answer.state != "ok" else "") == code
    assert (root / "begun").exists() == (not code)
    assert not [content for content in seen if b"planted-" in content]
    assert "planted-" not in result.output + repr(Controls(become_password=password))


CONTROLLER = """
import sys, json
from pathlib import Path
from smartfleet.campaign.runner import Controls, Run
from tests.integration.alone import run_playbook

if __name__ == "__main__":
    folder, hosts = Path(sys.argv[1]), tuple(sys.argv[2:])
    run = Run(folder / "playbooks" / "audit.yml", folder / "inventory.yml", folder, hosts)
    result = run_playbook(run, Controls(forks=1, notify=lambda text: print(text, flush=True)))
    print(json.dumps({name: host.begun for name, host in result.hosts.items()}), result.interrupted)
"""


@pytest.fixture
def controller(world: World, temporary: Path) -> Iterator[subprocess.Popen[str]]:
    """A run over three slow hosts, one at a time, in a process of its own that a test may hurt."""
    for name in ("a", "b", "c"):
        (world.add(name) / "seconds").write_text("3")
    script = world.folder / "controller.py"
    script.write_text(textwrap.dedent(CONTROLLER))
    process = subprocess.Popen(
        [sys.executable, str(script), str(world.folder), "a", "b", "c"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        env=os.environ | {"TMPDIR": str(temporary), "MARK_OF_TEST": str(world.folder), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    _wait((world.hosts["a"] / "begun").exists)
    yield process
    process.kill()
    with process:
        process.wait()
    _wait(lambda: not _left(world))


def _wait(condition: object, seconds: float = 300.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _left(world: World) -> list[int]:
    """Processes of the run that still live, found by their environment."""
    mark = f"MARK_OF_TEST={world.folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def test_one_ctrl_c_finishes_running_hosts_and_begins_no_other(world: World, controller: subprocess.Popen[str]) -> None:
    controller.send_signal(signal.SIGINT)
    out, _ = controller.communicate(timeout=600)
    assert "running hosts finish" in out
    assert '{"a": true, "b": false, "c": false} True' in out
    assert (world.hosts["a"] / "ended").exists()
    _wait(lambda: not _left(world))


def test_two_ctrl_c_cancel_and_leave_nothing(world: World, controller: subprocess.Popen[str], temporary: Path) -> None:
    controller.send_signal(signal.SIGINT)
    assert controller.stdout is not None
    assert "running hosts finish" in controller.stdout.readline()
    controller.send_signal(signal.SIGINT)
    controller.communicate(timeout=600)
    assert not (world.hosts["b"] / "begun").exists()
    _wait(lambda: not _left(world))
    assert _folders(temporary) == []


def test_when_the_controller_is_killed_ansible_goes_with_it(
    world: World, controller: subprocess.Popen[str], temporary: Path
) -> None:
    controller.kill()
    controller.wait()
    _wait(lambda: not _left(world))
    assert not (world.hosts["b"] / "begun").exists()
    _wait(lambda: _folders(temporary) == [])


def test_a_host_that_hangs_fails_alone(world: World) -> None:
    slow, _ = world.add("slow"), world.add("quick")
    (slow / "seconds").write_text("150")
    began = time.monotonic()
    result = run_playbook(world.run(), Controls(host_timeout=15))
    assert time.monotonic() - began < 145
    assert result.hosts["quick"].last("client_facts")
    answer = result.hosts["slow"].last("client_facts")
    assert answer is not None
    assert (diagnose(answer).outcome, diagnose(answer).code) == ("failed", "host-timeout")


def test_a_move_that_hangs_is_unknown_until_it_is_asked_again(world: World) -> None:
    slow, _ = world.add("slow"), world.add("quick")
    (slow / "seconds").write_text("150")
    move = {"user": "eva", "config_path": "/home/eva/nextcloud.cfg"}
    orders = {host: {"run": "r1", "install": None, "profiles": [move]} for host in ("slow", "quick")}
    result = run_playbook(world.run("apply", orders=orders), Controls(host_timeout=15))
    answer = result.hosts["slow"].last("account_move")
    assert answer is not None
    assert (diagnose(answer).outcome, diagnose(answer).code) == ("unknown", "host-timeout")
    assert result.hosts["quick"].last("client_facts")
    assert result.hosts["slow"].last("client_facts") is None
