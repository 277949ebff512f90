"""Which ssh goes without a master: one that is used once, where nobody has said anything of masters."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import pytest
from ansible.cli import CLI
from ansible.cli.playbook import PlaybookCLI

from smartfleet.reading.commandline import CommandLine
from smartfleet.reading.once import without_master

DEFAULT = "-C -o ControlMaster=auto -o ControlPersist=60s"
WITHOUT = "-o ControlMaster=no -o ControlPath=none"


class Connection:
    """Notes with which arguments ssh would have been called for each command."""

    def __init__(self, transport: str = "ssh", origin: str = "default", **options: str) -> None:
        self.transport = transport
        self._origin = origin
        self._options = {"ssh_args": DEFAULT, "ssh_common_args": "", "ssh_extra_args": "", **options}
        self.called: list[str] = []

    def get_option(self, name: str) -> str:
        return self._options[name]

    def get_option_and_origin(self, name: str) -> tuple[str, str]:
        return self._options[name], self._origin

    def set_option(self, name: str, value: str) -> None:
        self._options[name], self._origin = value, "Direct"

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> str:  # noqa: FBT001, FBT002 - as Ansible's
        del in_data, sudoable
        self.called.append(self._options["ssh_args"])
        return f"ran {cmd}"


def runs(connection: Connection) -> Callable[..., Any]:
    return without_master(connection, connection.exec_command)


def test_a_module_that_is_the_first_command_goes_without() -> None:
    connection = Connection()
    assert runs(connection)("python", in_data=b"module", sudoable=False) == "ran python"
    assert connection.called == [WITHOUT]


def test_whoever_looks_for_python_first_keeps_the_master_for_the_module() -> None:
    connection = Connection()
    command = runs(connection)
    command("which python3")
    command("python3", in_data=b"module")
    assert connection.called == [DEFAULT, DEFAULT]


def test_a_second_module_goes_the_way_of_the_first() -> None:
    connection = Connection()
    command = runs(connection)
    command("python3", in_data=b"module")
    command("python3", in_data=b"module")
    assert connection.called == [WITHOUT, WITHOUT]


@pytest.mark.parametrize(
    "connection",
    [
        Connection(transport="local"),
        Connection(origin="var: ansible_ssh_args"),
        Connection(ssh_args="-o ControlMaster=auto"),
        Connection(ssh_common_args="-o controlpath=/run/ours"),
        Connection(ssh_extra_args="-o ControlMaster=auto"),
    ],
)
def test_what_an_admin_or_another_ansible_wants_is_left(connection: Connection) -> None:
    before = connection.get_option("ssh_args")
    runs(connection)("python3", in_data=b"module")
    assert connection.called == [before]


def _read(cli: type[CLI], words: list[str]) -> dict[str, Any]:
    made = cli(["ansible-playbook", *words])
    made.init_parser()
    options: argparse.Namespace = made.post_process_args(made.parser.parse_args(words))
    return vars(options)


def test_the_command_line_is_read_as_ansible_playbook_reads_it() -> None:
    words = ["--check", "--ask-become-pass", "-i", "/x", "--limit", "a,b", "-e", "@y", "--forks", "7", "p.yml"]
    ours, theirs = _read(CommandLine, words), _read(PlaybookCLI, words)
    # what concerns runs alone
    assert set(theirs) - set(ours) == {"syntax", "listtasks", "listtags", "step", "start_at_task"}
    assert ours == {name: value for name, value in theirs.items() if name in ours}
