from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from smartfleet.connect.route import resolve, ssh_options
from smartfleet.connect.target import Settings


@dataclass(frozen=True)
class Host:
    name: str = "pc1"
    address: str = "pc1.example.org"
    port: int | None = None
    user: str | None = "admin"
    connection: str = "ssh"
    os: str = "linux"
    vars: Mapping[str, object] = field(default_factory=dict)
    passwords: Mapping[str, str] = field(default_factory=dict)


def settings(tmp_path: Path, config: str = "") -> Settings:
    file = tmp_path / "config"
    file.write_text(config)
    return Settings(ssh_config=file)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", []),
        ("-o StrictHostKeyChecking=no", [("stricthostkeychecking", "no")]),
        ("-oUserKnownHostsFile=/a", [("userknownhostsfile", "/a")]),
        ("-o 'UserKnownHostsFile=/a /b'", [("userknownhostsfile", "/a /b")]),
        ("-o 'ProxyJump bastion'", [("proxyjump", "bastion")]),
        ("-J a,b -i ~/.ssh/k -p 2222 -l eva", [
            ("proxyjump", "a,b"), ("identityfile", "~/.ssh/k"), ("port", "2222"), ("user", "eva"),
        ]),
        ("-C -4 -o User=eva", [("user", "eva")]),
        ("-o", [("", "")]),
    ],
)  # fmt: skip
def test_options_of_an_ssh_command_line(arguments: str, expected: list[tuple[str, str]]) -> None:
    assert list(ssh_options(arguments)) == expected


def test_quotes_that_do_not_close_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="quotation"):
        resolve(Host(vars={"ansible_ssh_common_args": "-o 'User=eva"}), settings(tmp_path))


def test_plain_host(tmp_path: Path) -> None:
    route = resolve(Host(), settings(tmp_path))
    assert (route.address, route.port, route.user, route.known_as) == ("pc1.example.org", 22, "admin", route.address)
    assert (route.checking, route.proxy, route.keys_named, route.agent) == ("ask", "", False, True)


def test_ansible_variables_come_before_arguments_and_those_before_the_configuration(tmp_path: Path) -> None:
    config = "Host pc1.example.org\n HostName 10.0.0.9\n Port 2200\n User root\n IdentityFile /c\n"
    host = Host(port=2022, user=None, vars={
        "ansible_ssh_private_key_file": "/a",
        "ansible_ssh_common_args": "-o User=eva -i /b",
        "ansible_ssh_extra_args": "-o Port=99 -o User=otto",
    })  # fmt: skip
    route = resolve(host, settings(tmp_path, config))
    assert (route.address, route.port, route.user) == ("10.0.0.9", 2022, "eva")
    assert [str(key) for key in route.keys] == ["/a", "/b", "/c"]
    assert route.known_as == "[10.0.0.9]:2022"


@pytest.mark.parametrize(
    ("variables", "config", "checking"),
    [
        ({}, "", "ask"),
        ({"ansible_host_key_checking": "false"}, "", "no"),
        ({"ansible_ssh_host_key_checking": True}, "", "ask"),
        ({"ansible_ssh_common_args": "-o StrictHostKeyChecking=accept-new"}, "", "accept-new"),
        ({}, "Host *\n StrictHostKeyChecking no\n", "no"),
        ({"ansible_ssh_extra_args": "-oStrictHostKeyChecking=YES"}, "Host *\n StrictHostKeyChecking no\n", "yes"),
    ],
)
def test_host_key_checking(tmp_path: Path, variables: dict[str, object], config: str, checking: str) -> None:
    assert resolve(Host(vars=variables), settings(tmp_path, config)).checking == checking


@pytest.mark.parametrize(
    ("option", "proxy"),
    [
        ("ProxyJump=bastion", "ssh -o BatchMode=yes -W '[pc1.example.org]:22' bastion"),
        ("ProxyJump=eva@bastion:2222", "ssh -o BatchMode=yes -p 2222 -W '[pc1.example.org]:22' eva@bastion"),
        ("ProxyJump=one,two", "ssh -o BatchMode=yes -J one -W '[pc1.example.org]:22' two"),
        ("ProxyJump=none", ""),
        ("'ProxyCommand=nc %h %p'", "nc pc1.example.org 22"),
        ("ProxyCommand=none", ""),
    ],
)
def test_jump_hosts(tmp_path: Path, option: str, proxy: str) -> None:
    host = Host(vars={"ansible_ssh_common_args": f"-o {option}"})
    assert resolve(host, settings(tmp_path)).proxy == proxy


def test_known_hosts_files_and_alias(tmp_path: Path) -> None:
    arguments = "-o 'UserKnownHostsFile=/k1 /k2' -o HostKeyAlias=lab -o IdentitiesOnly=yes"
    route = resolve(Host(vars={"ansible_ssh_common_args": arguments}), settings(tmp_path))
    assert [str(file) for file in route.known_hosts[:2]] == ["/k1", "/k2"]
    assert (route.known_as, route.agent) == ("lab", False)


def test_a_password_does_not_show_in_logs(tmp_path: Path) -> None:
    route = resolve(Host(passwords={"ansible_password": "geheim"}), settings(tmp_path))
    assert route.password == "geheim"
    assert "geheim" not in repr(route)


def test_a_broken_configuration_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="config"):
        resolve(Host(), settings(tmp_path, "Host x\nUnparsable\n"))
