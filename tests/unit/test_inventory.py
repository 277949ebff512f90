"""The inventory as data: what `ansible-inventory --list` prints, and limits that must not mean "all hosts"."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.campaign.inventory import InventoryHost, check_limit, parse
from smartfleet.campaign.templated import Route, read
from smartfleet.errors import InventoryError


def listing(hostvars: dict[str, Any], **groups: Any) -> dict[str, Any]:
    return {"_meta": {"hostvars": hostvars}, **groups}


def one(**variables: Any) -> InventoryHost:
    return parse(listing({"pc-1": variables}, ungrouped={"hosts": ["pc-1"]}))[0]


def test_a_host_without_variables_is_reached_by_its_name_over_ssh() -> None:
    host = one()
    assert (host.name, host.address, host.port, host.user, host.connection, host.os) == (
        "pc-1",
        "pc-1",
        None,
        None,
        "ssh",
        "linux",
    )


def test_connection_variables_are_read() -> None:
    host = one(
        ansible_host="10.1.4.2", ansible_port="2222", ansible_user="admin", ansible_connection="ansible.builtin.ssh"
    )
    assert (host.address, host.port, host.user, host.connection) == ("10.1.4.2", 2222, "admin", "ssh")


@pytest.mark.parametrize("port", ["", "x", "0", "70000", "{{ port }}", "٣", None])
def test_a_port_that_is_none_is_left_out(port: object) -> None:
    assert one(ansible_port=port).port is None


FILLED: list[tuple[dict[str, Any], str]] = [
    ({"ansible_host": "{{ inventory_hostname }}.example"}, "pc-1.example"),
    (
        {"ansible_host": "{{inventory_hostname_short}}.{{ zone }}", "zone": "{{ site }}.example", "site": "a"},
        "pc-1.a.example",
    ),
    ({"ansible_host": "10.0.{{ net }}.1", "net": 7}, "10.0.7.1"),
    ({"ansible_ssh_host": "{{ zone }}", "zone": "a"}, "a"),
]
LEFT: list[dict[str, Any]] = [
    {"ansible_host": "{{ inventory_hostname | lower }}.example"},
    {"ansible_host": "{{ nosuch }}"},
    {"ansible_host": "{{ a }}", "a": "{{ a }}"},
    {"ansible_host": "{{ a }}", "a": "{{ b }}", "b": "{{ a }}x"},
    {"ansible_host": "{{ a }}", "a": {"__ansible_vault": "x"}},
    {"ansible_host": "{{ a }}", "a": ["x"]},
    {"ansible_host": "{% if true %}{{ a }}{% endif %}", "a": "x"},
    {"ansible_host": "{{ a }}{# no #}", "a": "x"},
    {"ansible_host": "{{ hostvars['b'].x }}"},
]


@pytest.mark.parametrize(("variables", "address"), FILLED)
def test_an_address_that_only_names_variables_is_filled_in(variables: dict[str, Any], address: str) -> None:
    assert one(**variables).address == address


@pytest.mark.parametrize("variables", LEFT)
def test_an_address_that_ansible_computes_is_unknown(variables: dict[str, Any]) -> None:
    assert one(**variables).address == ""


def test_options_of_the_connection_are_filled_in_and_secrets_are_not() -> None:
    host = one(
        ansible_port="{{ p }}", p=2222, ansible_ssh_common_args="-J {{ jump }}", jump="b", ansible_password="{{ p }}"
    )
    assert (host.port, host.vars["ansible_ssh_common_args"]) == (2222, "-J b")
    assert host.passwords == {"ansible_password": "{{ p }}"}


def test_passwords_and_foreign_variables_stay_out() -> None:
    host = one(ansible_become_password="s3cret", ansible_ssh_pass="s3cret", other="s3cret", smartfleet_root="/lab")
    assert host.vars == {"smartfleet_root": "/lab"}


def test_the_os_is_taken_from_groups_and_their_children() -> None:
    hosts = parse(
        listing(
            {"a": {}, "b": {}, "c": {"ansible_connection": "psrp"}},
            all={"children": ["macos", "office"]},
            macos={"children": ["laptops"]},
            laptops={"hosts": ["a"]},
            office={"hosts": ["b", "c"]},
        )
    )
    assert {host.name: host.os for host in hosts} == {"a": "darwin", "b": "linux", "c": "windows"}


def test_groups_that_hold_each_other_do_not_hang() -> None:
    assert parse(listing({}, linux={"children": ["linux"]}, windows={"children": ["linux"]})) == []


@pytest.mark.parametrize("limit", ["", " ", ",", ":", "~", "~[", "h[", "h]", "!", "&", "a,~", "!,b", " , ,"])
def test_a_limit_that_ansible_would_drop_is_refused(limit: str) -> None:
    with pytest.raises(InventoryError) as caught:
        check_limit(limit)
    assert caught.value.code == "inventory/bad-limit"


@pytest.mark.parametrize(
    "limit", ["all", "pc-1", "pc-1,pc-2", "office:!pc-3", "pc[1:20]", "~pc-[0-9]+", "@hosts.txt", "*"]
)
def test_a_real_limit_passes(limit: str) -> None:
    check_limit(limit)


@given(st.text(alphabet=" ,:!&~[]", max_size=8))
def test_no_limit_without_a_name_passes(limit: str) -> None:
    with pytest.raises(InventoryError):
        check_limit(limit)


def test_computed_addresses_are_read_whatever_the_names_are() -> None:
    def line(*values: object) -> str:
        return f'x | SUCCESS => {{\n    "msg": "{base64.b64encode(json.dumps([values]).encode()).decode()}"\n}}\n'

    output = line("pc-1", "pc-1.lan", 22, "", {"ansible_winrm_scheme": "https"})
    output += line('"msg": "AAAA"', "a | SUCCESS => {", "", "u", {})
    assert read(output) == {
        "pc-1": Route("pc-1.lan", "22", "", {"ansible_winrm_scheme": "https"}),
        '"msg": "AAAA"': Route("a | SUCCESS => {", "", "u"),
    }


@pytest.mark.parametrize(
    ("connection", "expected"),
    [("winrm", ("w.lan", 5985, "w")), ("psrp", ("p.lan", 5986, "p")), ("ssh", ("10.1.4.2", 22, "admin"))],
)
def test_a_connection_plugins_own_variables_win(connection: str, expected: tuple[str, int, str]) -> None:
    host = one(
        ansible_connection=connection, ansible_host="10.1.4.2", ansible_port=22, ansible_user="admin",
        ansible_winrm_host="w.lan", ansible_winrm_port=5985, ansible_winrm_user="w",
        ansible_psrp_host="p.lan", ansible_psrp_port="5986", ansible_psrp_user="p",
    )  # fmt: skip
    assert (host.address, host.port, host.user) == expected


@pytest.mark.parametrize("name", ["ansible_winrm_password", "ansible_winrm_pass", "ansible_psrp_password"])
def test_windows_passwords_are_for_the_doctor_alone(name: str) -> None:
    host = one(ansible_connection="winrm", **{name: "geheim"})
    assert host.passwords == {name: "geheim"}
    assert "geheim" not in str(host.vars) + repr(host)
