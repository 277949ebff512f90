"""Hosts that an inventory names and that are refused before anything is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smartfleet.campaign.endpoints import Surroundings, endpoints
from smartfleet.campaign.hostnames import check_hosts
from smartfleet.campaign.inventory import parse
from smartfleet.connect.target import Settings
from smartfleet.errors import InventoryError

AROUND = Surroundings(Settings(ssh_config=Path("/dev/null")))


def check(hosts: dict[str, dict[str, Any]]) -> None:
    found = parse({"_meta": {"hostvars": hosts}, "all": {"hosts": list(hosts)}})
    check_hosts(found, endpoints(found, AROUND))


@pytest.mark.parametrize(
    "name",
    ["pc 1", "pc-1\n", "\t", "", "pc\x1b[31m", "pc\u202e1", "pc\u00a01", "pc*", "pc[1:9]", "a,b", "a:b", "~pc", "!pc",
     "&pc", "@pc", "-pc", "pc?", "{{ pc }}", "a\\x1b", "pc\udc80"],
)  # fmt: skip
def test_names_that_no_limit_can_name(name: str) -> None:
    with pytest.raises(InventoryError) as caught:
        check({name: {}})
    assert caught.value.code == "inventory/bad-name"
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["pc-1", "PC_1.corp.example", "büro-3", "10.0.0.1", "fe80::1", "2001:db8::17", "a&b", "a;b", "x@y"]
)
def test_names_that_are_none_of_that(name: str) -> None:
    check({name: {}})


JUMP = {"ansible_host": "10.0.0.1", "ansible_ssh_common_args": "-J site-a"}
TWICE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"ansible_host": "10.0.0.1"}, {"ansible_host": "10.0.0.1"}),
    ({"ansible_host": "PC.lan"}, {"ansible_host": "pc.lan", "ansible_port": 22}),
    ({"ansible_host": "b"}, {}),
    ({"ansible_host": "10.0.0.1"}, {"ansible_ssh_common_args": "-o HostName=10.0.0.1"}),
    ({"ansible_host": "w", "ansible_connection": "winrm"}, {"ansible_host": "w", "ansible_connection": "psrp"}),
    (JUMP, JUMP),
]
TWO: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"ansible_host": "10.0.0.1"}, {"ansible_host": "10.0.0.1", "ansible_port": 2222}),
    (JUMP, {**JUMP, "ansible_ssh_common_args": "-J site-b"}),
    ({"ansible_host": "h", "smartfleet_root": "/a"}, {"ansible_host": "h", "smartfleet_root": "/b"}),
    ({"ansible_host": "h", "ansible_connection": "local"}, {"ansible_host": "h", "ansible_connection": "local"}),
    ({"ansible_host": "{{ x }}"}, {"ansible_host": "{{ x }}"}),
    (
        {"ansible_ssh_common_args": "{{ x }}", "ansible_host": "h"},
        {"ansible_ssh_common_args": "{{ x }}", "ansible_host": "h"},
    ),
]


@pytest.mark.parametrize(("first", "second"), TWICE)
def test_two_names_of_one_machine(first: dict[str, Any], second: dict[str, Any]) -> None:
    with pytest.raises(InventoryError, match="a and b") as caught:
        check({"a": first, "b": second, "c": {}})
    assert caught.value.code == "inventory/duplicate-address"


@pytest.mark.parametrize(("first", "second"), TWO)
def test_machines_that_only_look_alike(first: dict[str, Any], second: dict[str, Any]) -> None:
    check({"a": first, "b": second})


def test_many_are_not_all_told() -> None:
    with pytest.raises(InventoryError, match="and 15 more"):
        check({f"pc {number}": {} for number in range(20)})
