"""Which port is asked for which host, and which hosts are tried without being asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smartfleet.campaign.ansible_defaults import connection_defaults
from smartfleet.campaign.endpoints import Endpoint, Surroundings, endpoints
from smartfleet.campaign.inventory import parse
from smartfleet.campaign.sshways import OtherWays, other_ways
from smartfleet.connect.target import Settings

JUMP = "-o ProxyJump=bastion"


def asked(around: Surroundings | None = None, **variables: Any) -> Endpoint | None:
    listing = {"_meta": {"hostvars": {"pc-1": variables}}, "all": {"hosts": ["pc-1"]}}
    return endpoints(parse(listing), around or Surroundings(Settings(ssh_config=Path("/dev/null"))))["pc-1"]


ASKED: list[tuple[dict[str, Any], tuple[str, int]]] = [
    ({}, ("pc-1", 22)),
    ({"ansible_host": "10.1.4.2", "ansible_port": 2222}, ("10.1.4.2", 2222)),
    ({"ansible_ssh_host": "10.1.4.2", "ansible_ssh_port": "2200"}, ("10.1.4.2", 2200)),
    ({"ansible_host": "fe80::1"}, ("fe80::1", 22)),
    ({"ansible_ssh_common_args": "-o HostName=10.0.0.9 -p 2022"}, ("10.0.0.9", 2022)),
    ({"ansible_ssh_extra_args": "-o ProxyCommand=none"}, ("pc-1", 22)),
    ({"ansible_ssh_common_args": "-F /dev/null"}, ("pc-1", 22)),
    ({"ansible_ssh_executable": "/usr/bin/ssh"}, ("pc-1", 22)),
    ({"ansible_connection": "ansible.builtin.ssh"}, ("pc-1", 22)),
    ({"ansible_connection": "paramiko"}, ("pc-1", 22)),
    ({"ansible_connection": "winrm"}, ("pc-1", 5986)),
    ({"ansible_connection": "winrm", "ansible_winrm_scheme": "http", "ansible_port": 5985}, ("pc-1", 5985)),
    ({"ansible_connection": "winrm", "ansible_winrm_host": "w.lan", "ansible_winrm_port": 444}, ("w.lan", 444)),
    ({"ansible_connection": "psrp"}, ("pc-1", 5986)),
    ({"ansible_connection": "psrp", "ansible_psrp_protocol": "http"}, ("pc-1", 5985)),
]

TRIED: list[dict[str, Any]] = [
    {"ansible_host": "{{ address }}"},
    {"ansible_port": "{{ port }}"},
    {"ansible_connection": "local"},
    {"ansible_connection": "community.docker.docker"},
    {"ansible_connection": "{{ way }}"},
    {"ansible_ssh_common_args": JUMP},
    {"ansible_ssh_common_args": "-J bastion"},
    {"ansible_ssh_args": "-o 'ProxyCommand ssh -W %h:%p bastion'"},
    {"ansible_ssh_extra_args": JUMP},
    {"ansible_ssh_common_args": "{{ jump_arguments }}"},
    {"ansible_ssh_common_args": "-o 'ProxyJump=bastion"},
    {"ansible_ssh_common_args": "-F /etc/hostname"},
    {"ansible_ssh_executable": "/opt/bin/tsh"},
    {"ansible_connection": "psrp", "ansible_psrp_proxy": "http://proxy:3128"},
    {"ansible_connection": "winrm", "ansible_winrm_transport": "no such"},
]


@pytest.mark.parametrize(("variables", "endpoint"), ASKED)
def test_the_port_that_ansible_would_go_to(variables: dict[str, Any], endpoint: tuple[str, int]) -> None:
    assert asked(**variables) == endpoint


@pytest.mark.parametrize("variables", TRIED)
def test_ways_that_this_machine_cannot_ask(variables: dict[str, Any]) -> None:
    assert asked(**variables) is None


def test_a_proxy_of_the_environment_is_winrms_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    assert asked(ansible_connection="winrm") is None
    assert asked() == ("pc-1", 22)
    monkeypatch.setenv("NO_PROXY", "pc-1")
    assert asked(ansible_connection="winrm") == ("pc-1", 5986)


def test_ssh_configuration_of_the_user(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host pc-1\n HostName 10.9.9.9\n Port 2022\nHost pc-2\n ProxyJump bastion\n")
    around = Surroundings(Settings(ssh_config=config))
    assert asked(around) == ("10.9.9.9", 2022)
    assert asked(around, ansible_host="pc-2") is None
    config.write_text("Match exec\n")
    assert asked(Surroundings(Settings(ssh_config=config))) in {None, ("pc-1", 22)}


@pytest.mark.parametrize("defaults", [{"ansible_ssh_common_args": JUMP}, {"ansible_ssh_args": JUMP}])
def test_ansibles_own_settings_count_where_the_host_has_none(defaults: dict[str, str]) -> None:
    around = Surroundings(Settings(ssh_config=Path("/dev/null")), defaults)
    assert asked(around) is None
    assert asked(around, **dict.fromkeys(defaults, "-C")) == ("pc-1", 22)


def test_a_port_of_ansibles_own_settings() -> None:
    around = Surroundings(Settings(ssh_config=Path("/dev/null")), {"ansible_port": "2200"})
    assert asked(around) == ("pc-1", 2200)
    assert asked(around, ansible_port=22) == ("pc-1", 22)


SETTINGS = """
[defaults]
remote_port = 2200  ; not the usual one
[ssh_connection]
ssh_common_args = '-J bastion'
"""


def test_ansibles_settings_are_found_as_ansible_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    monkeypatch.setenv("HOME", str(home))
    assert connection_defaults(tmp_path, {}) == {}
    (home / ".ansible.cfg").write_text("[ssh_connection]\nssh_args = -C\n")
    assert connection_defaults(tmp_path, {}) == {"ansible_ssh_args": "-C"}
    (tmp_path / "ansible.cfg").write_text(SETTINGS)
    found = {"ansible_ssh_common_args": "-J bastion", "ansible_port": "2200"}
    assert connection_defaults(tmp_path, {}) == found
    assert connection_defaults(tmp_path, {"ANSIBLE_REMOTE_PORT": "22"}) == {**found, "ansible_port": "22"}
    (elsewhere / "ansible.cfg").write_text("[defaults]\nremote_port=1\n")
    assert connection_defaults(tmp_path, {"ANSIBLE_CONFIG": "elsewhere"}) == {"ansible_port": "1"}
    tmp_path.chmod(0o777)
    assert connection_defaults(tmp_path, {}) == {"ansible_ssh_args": "-C"}


@pytest.mark.parametrize("text", ["remote_port = 3", "[defaults\n", "[a]\n=x", "\x00", "[defaults]\nremote_port\n"])
def test_settings_that_cannot_be_read_are_ansibles_to_tell(tmp_path: Path, text: str) -> None:
    (tmp_path / "ansible.cfg").write_text(text)
    assert connection_defaults(tmp_path, {}) == {}


WAYS: list[tuple[str, str, bool]] = [
    ("", "pc-1", False),
    ("Host *\n SendEnv LANG\n", "pc-1", False),
    ("ProxyJump bastion", "pc-1", True),
    ("ProxyJump none", "pc-1", False),
    ("Host pc-* !pc-1\n ProxyCommand=nc %h %p", "pc-1", False),
    ("Host pc-* !pc-1\n ProxyCommand=nc %h %p", "PC-2", True),
    ('Host "pc-1"\n HostName 10.0.0.1', "pc-1", True),
    ("Host pc-1\n HostName %h", "pc-1", False),
    ("Host pc-1\n Port 22\nHost pc-2\n Port = 2222", "pc-1", False),
    ("Host pc-1\n Port 22\nHost pc-2\n Port = 2222", "pc-2", True),
    ("Host unix/* vsock/*\n ProxyCommand /usr/lib/systemd/systemd-ssh-proxy %h %p", "pc-1", False),
    ("Match host pc-1,pc-3\n ProxyJump b", "pc-3", True),
    ("Match host pc-1,pc-3\n ProxyJump b", "pc-2", False),
    ("Match exec 'test -e /at-home'\n ProxyJump b", "pc-1", True),
    ("CanonicalizeHostname yes", "pc-1", True),
    ("# ProxyJump b\n\tHost\tx\n  ProxyJump 'b", "pc-1", False),
]


@pytest.mark.parametrize(("text", "name", "elsewhere"), WAYS)
def test_the_systems_ssh_configuration_may_lead_elsewhere(
    tmp_path: Path, text: str, name: str, *, elsewhere: bool
) -> None:
    (tmp_path / "ssh_config").write_text(text)
    found = other_ways(tmp_path / "none", tmp_path / "ssh_config")
    assert found.may_lead_to(name) is elsewhere


def test_of_the_users_file_only_what_it_includes_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    ours = tmp_path / ".ssh"
    (ours / "more").mkdir(parents=True)
    config, none = ours / "config", tmp_path / "none"
    config.write_text("Host a\n ProxyJump b\n")
    assert other_ways(config, none) == OtherWays()
    (ours / "more" / "site").write_text("Host c\n ProxyJump b\nInclude site2\n")
    (ours / "site2").write_text("ProxyJump b\nInclude more/*\nInclude /\n")
    config.write_text("Host a c\n ProxyJump b\n Include more/*\n")
    found = other_ways(config, none)
    assert (found.may_lead_to("a"), found.may_lead_to("c"), found.may_lead_to("d")) == (False, True, False)


def test_a_host_that_the_systems_configuration_may_lead_elsewhere_is_tried(tmp_path: Path) -> None:
    (tmp_path / "ssh_config").write_text("Host pc-*\n ProxyJump b\n")
    ways = other_ways(tmp_path / "none", tmp_path / "ssh_config")
    around = Surroundings(Settings(ssh_config=Path("/dev/null")), {}, ways)
    assert asked(around) is None
    assert asked(around, ansible_host="10.0.0.1") == ("10.0.0.1", 22)
    assert asked(around, ansible_ssh_common_args="-F /dev/null") == ("pc-1", 22)
