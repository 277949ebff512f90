"""A run over an inventory of exactly its hosts: what a real inventory says of them stays true, secrets are no file."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from smartfleet.campaign.base import Execute
from smartfleet.campaign.listing import list_inventory
from smartfleet.campaign.runner import Controls, Run
from smartfleet.engines.answers import Answer
from smartfleet.errors import InventoryError
from tests.integration.alone import run_playbook
from tests.integration.reaching import here

BIN = Path(sys.executable).parent

SECRETS = ("planted-plain", "planted-vault", "planted-file")
STUB = Path(__file__).parent / "stubs" / "stub.py"
WHOLE, EXACT = 7, 6
"""How many groups there are in the admin's inventory, and in one of pc-1 and pc-3 alone."""
SAID = (
    "plain",
    "text",
    "place",
    "number",
    "data",
    "locked",
    "group_names",
    "kind | default('')",
    "again | default('')",
)
PLAYBOOK = f"""
- hosts: all
  gather_facts: false
  tasks:
    - smartde.nextcloud.client_facts:
        root: /tmp
        users: "{{{{ [{", ".join(SAID)}, groups | length] }}}}"
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Groups in groups, a host in two of them, secrets in three shapes, templates of every kind."""
    inventory = tmp_path / "inventory"
    (inventory / "group_vars").mkdir(parents=True)
    (inventory / "host_vars").mkdir()
    (tmp_path / "password").write_text("open sesame")
    (tmp_path / "ansible.cfg").write_text(
        "[defaults]\nvault_password_file = password\n[inventory]\nenable_plugins=yaml\n"
    )
    groups = {
        "office": {"children": {"north": {"hosts": {"pc-1": None, "pc-2": None}}, "south": {"hosts": {"pc-3": None}}}},
        "laptops": {"hosts": {"pc-1": None}, "vars": {"kind": "laptop"}},
        "servers": {"hosts": {"jump": {"ansible_host": "10.0.0.1"}}},
    }
    (inventory / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": groups}}))
    everybody = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "plain": "planted-plain",
        "text": "{{ inventory_hostname }}.lan",
        "place": "{{ inventory_dir }}/keys",
        "number": 7,
    }
    all_file = inventory / "group_vars" / "all.yml"
    all_file.write_text(yaml.safe_dump(everybody) + 'data: !unsafe "{{ no template }}"\n' + _encrypted(tmp_path))
    own = inventory / "host_vars" / "pc-1.yml"
    own.write_text("file: planted-file\nagain: '{{ file }}'\n")
    _vault(tmp_path, "encrypt", str(own))
    return tmp_path


def _vault(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [BIN / "ansible-vault", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout


def _encrypted(folder: Path) -> str:
    return _vault(folder, "encrypt_string", "planted-vault", "--name", "locked")


def test_a_vault_without_its_password_is_told_with_its_remedy(fleet: Path) -> None:
    (fleet / "ansible.cfg").unlink()
    with pytest.raises(InventoryError) as caught:
        list_inventory(fleet / "inventory", None, fleet)
    assert caught.value.code == "inventory/unreadable"
    assert "ANSIBLE_VAULT_PASSWORD_FILE" in caught.value.do


def run(fleet: Path, *hosts: str) -> Run:
    """A playbook whose one module tells what it was given."""
    modules = fleet / "collections/ansible_collections/smartde/nextcloud/plugins/modules"
    modules.mkdir(parents=True, exist_ok=True)
    shutil.copy(STUB, modules / "client_facts.py")
    (fleet / "said.yml").write_text(PLAYBOOK)
    return _of(fleet, *hosts)


def _of(fleet: Path, *hosts: str) -> Run:
    return Run(fleet / "said.yml", fleet / "inventory", fleet, hosts)


def said(run: Run, execute: Execute | None = None, controls: Controls | None = None) -> dict[str, list[object]]:
    """By host; the last value is the number of groups."""
    answers = (execute or here())(run, controls or Controls())
    found = {name: host.last("client_facts") for name, host in answers.hosts.items()}
    return {name: answer.result["facts"]["told"]["users"] for name, answer in found.items() if answer}


def test_hosts_are_what_they_are_in_the_whole_inventory(fleet: Path) -> None:
    work = run(fleet, "pc-1", "pc-3")
    exact, whole = said(work), said(work, run_playbook)
    assert {values[-1] for values in exact.values()} == {EXACT}
    assert {values[-1] for values in whole.values()} == {WHOLE}
    assert {name: values[:-1] for name, values in exact.items()} == {
        name: values[:-1] for name, values in whole.items()
    }
    keys = f"{fleet}/inventory/keys"
    groups = ["laptops", "north", "office"]
    assert exact["pc-1"] == [
        "planted-plain", "pc-1.lan", keys, 7, "{{ no template }}", "planted-vault", groups, "laptop", "planted-file",
        EXACT,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        "{{ hostvars['jump'].ansible_host }}",
        "{{ groups['servers'] | first }}",
        "{{ lookup('ansible.builtin.inventory_hostnames', 'servers') }}",
        "{{ inventory_file }}",
    ],
)
def test_what_speaks_of_other_hosts_gets_the_admins_inventory(fleet: Path, value: str) -> None:
    file = fleet / "inventory" / "host_vars" / "pc-3.yml"
    file.write_text(yaml.safe_dump({"text": value}))
    found = said(run(fleet, "pc-1", "pc-3"))
    assert {values[-1] for values in found.values()} == {WHOLE}
    assert found["pc-3"][1] in {"10.0.0.1", "jump", str(fleet / "inventory" / "hosts.yml")}


def test_where_nothing_may_be_run_the_admins_inventory_does(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartfleet.engines.payload.can_run_programs", lambda _folder: False)
    assert {values[-1] for values in said(run(fleet, "pc-1", "pc-3")).values()} == {WHOLE}


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where all temporary files go. Its name is short: Ansible has a socket there."""
    with tempfile.TemporaryDirectory(prefix="sf-") as made:
        # the controller's, and its workers'
        monkeypatch.setattr(tempfile, "tempdir", made)
        monkeypatch.setenv("TMPDIR", made)
        yield Path(made)


def test_no_secret_of_the_inventory_is_in_a_file(fleet: Path, temporary: Path) -> None:
    seen: dict[str, bytes] = {}

    def look(_answer: Answer) -> None:
        seen.update({str(path): path.read_bytes() for path in temporary.rglob("*") if path.is_file()})

    run(fleet)
    # a module that is told nothing secret
    (fleet / "said.yml").write_text(
        "- hosts: all\n  gather_facts: false\n  tasks: [smartde.nextcloud.client_facts: {root: /tmp}]"
    )
    answers = here()(_of(fleet, "pc-1", "pc-3"), Controls(progress=look))
    assert all(host.last("client_facts") for host in answers.hosts.values())
    assert any(name.endswith("inventory.sh") for name in seen)
    assert not [name for name, content in seen.items() for secret in SECRETS if secret.encode() in content]


def test_the_waves_of_a_run_read_the_inventory_once(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reaching = here()
    said(run(fleet, "pc-1"), reaching)
    monkeypatch.setattr("smartfleet.campaign.inventory.list_inventory", lambda *_: pytest.fail("read again"))
    assert set(said(run(fleet, "pc-3"), reaching)) == {"pc-3"}
