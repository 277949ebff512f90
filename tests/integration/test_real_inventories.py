"""Inventories as Ansible itself reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from smartfleet.campaign.inventory import resolve
from smartfleet.errors import InventoryError


def test_ansible_reads_a_real_inventory(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(
        yaml.safe_dump(
            {
                "linux": {
                    "hosts": {
                        "pc-1": {},
                        "pc 2": {"ansible_host": "10.0.0.2"},
                        "pc-3": {"ansible_host": "{{ nosuch }}"},
                    },
                    "vars": {"ansible_host": "{{ inventory_hostname }}.lan", "ansible_port": "{{ 2000 + 22 }}"},
                }
            },
            sort_keys=False,
        )
    )
    found = resolve(tmp_path / "hosts.yml", None, folder=tmp_path)
    assert [(host.name, host.address, host.port) for host in found] == [
        ("pc-1", "pc-1.lan", 2022),
        ("pc 2", "10.0.0.2", 2022),
        ("pc-3", "", None),
    ]
    limits = {"pc*": ["pc-1", "pc 2", "pc-3"], "pc-1,pc-3": ["pc-1", "pc-3"], "linux:!pc-1": ["pc 2", "pc-3"]}
    for limit, names in limits.items():
        assert [host.name for host in resolve(tmp_path / "hosts.yml", limit, folder=tmp_path)] == names


@pytest.mark.parametrize(("limit", "code"), [("nosuch", "no-match"), ("pc-1,nosuch", "no-match"), ("!all", "no-hosts")])
def test_a_limit_that_matches_nothing_is_an_error(tmp_path: Path, limit: str, code: str) -> None:
    (tmp_path / "hosts.yml").write_text("all: {hosts: {pc-1: {}}}")
    with pytest.raises(InventoryError) as caught:
        resolve(tmp_path / "hosts.yml", limit, folder=tmp_path)
    assert caught.value.code == f"inventory/{code}"


@pytest.mark.parametrize("text", ["all: [", "all: {hosts: [pc-1]}", None])
def test_an_inventory_that_cannot_be_read_is_an_error(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "hosts.yml").write_text(text)
    with pytest.raises(InventoryError):
        resolve(tmp_path / "hosts.yml", None, folder=tmp_path)
