"""The inventory as data: what `ansible-inventory --list` prints, and limits that must not mean "all hosts"."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.campaign.inventory import InventoryHost, check_limit, parse
from smartfleet.campaign.templated import read
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


def test_an_address_that_ansible_computes_is_unknown() -> None:
    assert one(ansible_host="{{ inventory_hostname }}.example").address == ""


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
    def line(*values: str) -> str:
        return f'x | SUCCESS => {{\n    "msg": "{base64.b64encode(json.dumps(values).encode()).decode()}"\n}}\n'

    output = line("pc-1", "pc-1.lan", "22", "") + line('"msg": "AAAA"', "a | SUCCESS => {", "", "u")
    assert read(output) == {"pc-1": ("pc-1.lan", "22", ""), '"msg": "AAAA"': ("a | SUCCESS => {", "", "u")}
