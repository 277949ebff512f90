"""Inventories as Ansible itself reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from smartfleet.campaign.inventory import resolve
from smartfleet.cli.main import main
from smartfleet.errors import InventoryError
from smartfleet.fleet.example import write_example


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


@pytest.mark.parametrize("verb", ["audit", "apply"])
@pytest.mark.parametrize(
    ("hosts", "code"),
    [
        ({"pc 1": {}, "pc-2": {}}, "inventory/bad-name"),
        ({"pc\u202e1": {}}, "inventory/bad-name"),
        ({"pc-1": {"ansible_host": "10.0.0.1"}, "pc-2": {"ansible_host": "10.0.0.1"}}, "inventory/duplicate-address"),
    ],
)
def test_hosts_that_cannot_be_worked_on_stop_every_verb(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str, hosts: dict[str, dict[str, str]], code: str
) -> None:
    write_example(tmp_path, ["https://old.example.org"], "https://new.example.org")
    (tmp_path / "inventory").mkdir(exist_ok=True)
    for file in (tmp_path / "inventory").rglob("*.yml"):
        file.unlink()
    (tmp_path / "inventory" / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    with pytest.raises(SystemExit) as caught:
        main([verb, "--fleet", str(tmp_path)])
    told = capsys.readouterr().err
    assert caught.value.code == 2
    assert f"error[{code}]" in told
    assert "\u202e" not in told


@pytest.mark.parametrize("broken", ["{{ lookup('ansible.builtin.file', '/nowhere/at-all') }}", "{{ nosuch }}"])
def test_a_template_that_fails_is_one_hosts_trouble(tmp_path: Path, broken: str) -> None:
    hosts = {
        "PC-1": {"ansible_host": "{{ inventory_hostname | lower }}.lan", "ansible_port": "{{ 2000 + 22 }}"},
        "pc-2": {"ansible_host": broken},
        "pc-3": {"ansible_connection": "winrm", "ansible_winrm_scheme": "{{ 'HTTP' | lower }}"},
        "pc-4": {"ansible_host": "{{ hostvars['PC-1'].ansible_host }}"},
    }
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}, sort_keys=False))
    found = resolve(tmp_path / "hosts.yml", None, folder=tmp_path)
    assert [(host.name, host.address, host.port) for host in found] == [
        ("PC-1", "pc-1.lan", 2022),
        ("pc-2", "", None),
        ("pc-3", "pc-3", None),
        ("pc-4", "pc-1.lan", None),
    ]
    assert found[2].vars["ansible_winrm_scheme"] == "http"
