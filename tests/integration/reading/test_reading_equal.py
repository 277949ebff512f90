"""What reading tells of every kind of host is what `ansible-playbook` tells through `ansible-runner worker`."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartfleet.campaign.trouble import diagnose
from smartfleet.engines.answers import Answer
from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from tests.integration.reading.streams import STUBS, Program, Said, Site, Vaulted, run

PASSWORD = "planted-5ecret"
SUDO = {"ansible_become": True, "ansible_become_exe": str(STUBS / "sudo")}
EVIL = "{{ lookup('ansible.builtin.pipe', 'touch /tmp/never') }}"
RELAY = """
import os, socket, sys, threading
link = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def up():
    while data := os.read(0, 65536):
        link.sendall(data)
    link.shutdown(socket.SHUT_WR)
threading.Thread(target=up, daemon=True).start()
while data := link.recv(65536):
    os.write(1, data)
"""
SLOW_END = """#!/bin/sh
exec 0<&-
echo 'Host key verification failed.' >&2
test -e ended-once && exit 255
touch ended-once
sleep 0.3
exit 255
"""
EXPECTED = {
    "good": "",
    "good-by-another-name": "",
    "here": "",
    "found-python": "",
    "behind-a-jump": "",
    "key-by-lookup": "",
    "template-in-answer": "",
    "sudo-asked": "",
    "sudo-vault": "",
    "sudo-wrong": "become-password",
    "sudo-refused": "become-refused",
    "failing": "module-failed",
    "garbage": "module-failed",
    "silent-garbage": "module-failed",
    "closed": "offline",
    "stranger": "auth-refused",
    "key-changed": "host-key-changed",
    "key-unknown": "host-key-unknown",
    "no-python": "no-python",
    "no-template": "module-failed",
    "jump-down": "offline",
}


@pytest.fixture(scope="module")
def machine(lab: Lab) -> Iterator[LabHost]:
    made = lab.add_host("reading")
    yield made
    made.remove()


@pytest.fixture(scope="module")
def site(lab: Lab, machine: LabHost, tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = Site(tmp_path_factory.mktemp("reading") / "site")
    folder = made.folder
    ssh = _ssh(lab, machine, lab.layout.known_hosts)
    relay = folder / "relay.py"
    relay.write_text(RELAY)
    other = _key(folder / "other")
    (folder / "known_changed").write_text(f"[127.0.0.1]:{machine.port} {other.with_suffix('.pub').read_text()}")
    (folder / "known_none").touch()
    (folder / "vault-password").write_text("vault")
    (folder / "ansible.cfg").write_text("[defaults]\nvault_password_file = vault-password\n")
    local = {"ansible_connection": "local"}

    shared = ssh | {"ansible_ssh_args": "-o ControlMaster=auto -o ControlPersist=60s"}
    made.add("good", **shared)
    made.add("good-by-another-name", **shared)
    made.add("here", **local)
    made.add("found-python", **ssh | {"ansible_python_interpreter": "auto_silent"})
    made.add("behind-a-jump", **_proxied(ssh, f"{sys.executable} {relay} {machine.port}"))
    key = f"{{{{ lookup('ansible.builtin.pipe', 'echo {lab.layout.admin_key}') }}}}"
    made.add("key-by-lookup", **ssh | {"ansible_ssh_private_key_file": key})
    root = made.add("template-in-answer", **ssh)
    (root / "answer.json").write_text(json.dumps({"facts": {EVIL: [EVIL]}, "changed": True}))
    made.add("sudo-asked", **ssh | SUDO)
    made.add("sudo-vault", **ssh | SUDO | {"ansible_become_password": _vaulted(folder, PASSWORD)})
    made.add("sudo-wrong", **ssh | SUDO | {"ansible_become_password": "planted-wr0ng"})
    refusing = folder / "sudo-refusing"
    refusing.write_text("#!/bin/sh\necho 'admin is not in the sudoers file.' >&2\nexit 1\n")
    refusing.chmod(0o755)
    made.add("sudo-refused", **ssh | SUDO | {"ansible_become_exe": str(refusing)})
    root = made.add("failing", **ssh)
    (root / "answer.json").write_text(json.dumps({"failed": True, "msg": "it does not work", "facts": None}))
    for name, text in (("garbage", "\x1b[2Jhello"), ("silent-garbage", "")):
        (made.add(name, **ssh) / "garbage").write_text(text)
    made.add("closed", **ssh | {"ansible_port": 1})
    made.add("stranger", **ssh | {"ansible_ssh_private_key_file": str(other)})
    made.add("key-changed", **_ssh(lab, machine, folder / "known_changed"))
    made.add("key-unknown", **_ssh(lab, machine, folder / "known_none"))
    made.add("no-python", **ssh | {"ansible_python_interpreter": "/nonexistent/python3"})
    made.add("no-template", **ssh | {"ansible_host": "{{ there_is_no_such_variable }}"})
    made.add("jump-down", **_proxied(ssh, "sh -c 'read greeting; echo jump host is down >&2; exit 1'"))
    return made


def _ssh(lab: Lab, machine: LabHost, known_hosts: Path) -> dict[str, Any]:
    options = (
        "-F /dev/null",
        "-o " + shlex.quote(f'UserKnownHostsFile="{known_hosts}"'),
        "-o GlobalKnownHostsFile=/dev/null",
        "-o StrictHostKeyChecking=yes",
        "-o IdentitiesOnly=yes",
        "-o IdentityAgent=none",
    )
    return {
        "ansible_host": "127.0.0.1",
        "ansible_port": machine.port,
        "ansible_user": "admin",
        # the same machine for all: none may come in by another one's connection
        "ansible_ssh_args": "-o ControlMaster=no -o ControlPath=none",
        "ansible_ssh_private_key_file": str(lab.layout.admin_key),
        "ansible_ssh_common_args": " ".join(options),
        "ansible_become": False,
    }


def _proxied(ssh: dict[str, Any], command: str) -> dict[str, Any]:
    return ssh | {"ansible_ssh_extra_args": "-o " + shlex.quote(f"ProxyCommand={command}")}


def _key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


def _vaulted(folder: Path, secret: str) -> Vaulted:
    program = shutil.which("ansible-vault", path=str(Path(sys.executable).parent))
    assert program is not None
    # the password file is that of the folder's ansible.cfg
    done = subprocess.run(
        [program, "encrypt_string", "--stdin-name", "x"],
        input=secret,
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    return Vaulted("\n".join(line.strip() for line in done.stdout.splitlines() if "!vault" not in line) + "\n")


@pytest.fixture(scope="module")
def both(site: Site) -> dict[str, Said]:
    # ansible-runner's own form of the question
    stream = site.stream(cmdline="--ask-become-pass", passwords={r"BECOME password.*:\s*?$": PASSWORD})
    extra: dict[str, object] = {"smartfleet_hosts": str(_hosts(site))}
    return {
        "ours": _settled("smartfleet.reading", stream, extra),
        "theirs": _settled("ansible_runner", stream, extra),
    }


def _settled(program: Program, stream: bytes, extra: dict[str, object]) -> Said:
    """Ansible's ssh plugin gives an ssh that takes no more a millisecond to end and tell why; then it says only that
    the pipe is broken. On a busy machine that is too short, for either program.
    """
    for _ in range(5):
        said = run(program, stream, extra)
        if "Broken pipe" not in json.dumps(said.events):
            break
    return said


def _hosts(site: Site) -> Path:
    path = site.folder / "hosts.json"
    path.write_text(json.dumps(sorted(site.hosts)))
    return path


def _told(said: Said) -> dict[str, tuple[str, str]]:
    """State and words by host. Sudo's question holds a random word, and whether it is repeated is a matter of luck."""
    found: dict[str, tuple[str, str]] = {}
    for host, answers in said.answers.items():
        assert len(answers) == 1, answers
        found[host] = (answers[0].state, re.sub("key=[a-z]+", "key=", answers[0].message))
    return found


def _result(answer: Answer) -> object:
    """All that callers read; warnings are for whoever prints them."""
    return {key: value for key, value in answer.result.items() if key not in {"warnings", "deprecations", "exception"}}


def test_every_host_ends_as_with_ansible_playbook(both: dict[str, Said]) -> None:
    ours, theirs = _told(both["ours"]), _told(both["theirs"])
    assert sorted(ours) == sorted(EXPECTED)
    assert ours == theirs
    assert both["ours"].status == both["theirs"].status


@pytest.mark.parametrize("host", EXPECTED)
def test_what_it_means_to_a_campaign(both: dict[str, Said], host: str) -> None:
    (answer,) = both["ours"].answers[host]
    code = "" if answer.state == "ok" else diagnose(answer).code
    assert code == EXPECTED[host], answer


@pytest.mark.parametrize("host", [host for host, code in EXPECTED.items() if not code or code == "module-failed"])
def test_results_are_the_same_to_the_last_key(both: dict[str, Said], host: str) -> None:
    ours, theirs = (both[name].answers[host][0] for name in ("ours", "theirs"))
    assert _result(ours) == _result(theirs)


def test_what_ssh_said_is_not_lost_when_it_ends_slowly(site: Site, tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(SLOW_END.replace("ended-once", str(tmp_path / "ended-once")))
    ssh.chmod(0o755)
    slow = Site(tmp_path / "site")
    slow.add("slow", **{**site.hosts["good"], "ansible_ssh_executable": str(ssh)})
    (answer,) = run("smartfleet.reading", slow.stream(), {}).answers["slow"]
    assert diagnose(answer).code == "host-key-unknown", answer


def test_the_password_is_told_nobody(both: dict[str, Said]) -> None:
    assert PASSWORD not in json.dumps(both["ours"].events) + both["ours"].words


def test_a_template_that_a_host_answers_is_data(both: dict[str, Said]) -> None:
    (answer,) = both["ours"].answers["template-in-answer"]
    assert (answer.result["facts"], answer.result["changed"]) == ({EVIL: [EVIL]}, True)
    assert not Path("/tmp/never").exists()


def test_nothing_but_events_is_on_stdout_and_the_last_word_is_the_end(both: dict[str, Said]) -> None:
    assert both["ours"].events[-1] == {"eof": True}
    assert both["ours"].events[-2] == {"status": "failed", "rc": 4}
    counters = [event["counter"] for event in both["ours"].events if "counter" in event]
    assert counters == list(range(1, len(counters) + 1))
