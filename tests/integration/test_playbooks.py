"""The playbooks with plain `ansible-playbook`, as docs/playbooks.md shows them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from smartfleet.lab.host import LabHost, LabUser
from smartfleet.lab.lab import Lab
from tests.integration.commanding import smartfleet
from tests.integration.programs import ansible_playbook
from tests.integration.synced import synced

ROOT = Path(__file__).parents[2]


@pytest.fixture
def emil(lab: Lab, host: LabHost) -> LabUser:
    """Signed in to the old name and synced, his client running."""
    return synced(lab, host, f"emil-{host.name}")


def test_the_whole_way_without_smartfleet(lab: Lab, fleet: Path, emil: LabUser, tmp_path: Path) -> None:
    orders = tmp_path / "orders"
    assert smartfleet("audit", "--fleet", str(fleet)) == 0
    assert smartfleet("plan", "--fleet", str(fleet), "--orders", str(orders)) == 0
    before = emil.config.read_bytes()

    checked = ansible_playbook(fleet, "apply", "-e", f"smartfleet_orders={orders}", "--check")
    assert checked.returncode == 0, checked.stdout
    assert emil.config.read_bytes() == before

    applied = ansible_playbook(fleet, "apply", "-e", f"smartfleet_orders={orders}", "--limit", f"@{orders}/hosts.txt")
    assert applied.returncode == 0, applied.stdout
    assert lab.new_url.encode() in emil.config.read_bytes()
    again = ansible_playbook(fleet, "apply", "-e", f"smartfleet_orders={orders}")
    assert "changed=0" in again.stdout, again.stdout

    for level in ("size", "journal", "server"):
        verified = ansible_playbook(fleet, "verify", "-e", f"smartfleet_level={level}")
        assert verified.returncode == 0, verified.stdout
        assert "changed=0" in verified.stdout
    assert ansible_playbook(fleet, "audit").returncode == 0
    assert ansible_playbook(fleet, "rollback").returncode == 0
    assert lab.new_url.encode() not in emil.config.read_bytes()


def test_apply_without_orders_touches_nothing(fleet: Path, emil: LabUser) -> None:
    before = emil.config.read_bytes()
    assert ansible_playbook(fleet, "apply").returncode != 0
    assert emil.config.read_bytes() == before


@pytest.mark.parametrize("name", sorted(file.stem for file in (ROOT / "playbooks").glob("*.yml")))
def test_every_variable_is_documented_where_it_is_used_and_in_the_docs(name: str) -> None:
    text = (ROOT / "playbooks" / f"{name}.yml").read_text("utf-8")
    docs = (ROOT / "docs" / "playbooks.md").read_text("utf-8")
    comments = "\n".join(line for line in text.splitlines() if line.startswith("#"))
    parts = "\n".join(part.read_text("utf-8") for part in (ROOT / "playbooks" / "parts").glob("install_*.yml"))
    own = set(re.findall(r"(?:register: |^    )(smartfleet_\w+)", text + parts, re.MULTILINE))
    text += parts if name == "apply" else ""
    variables = set(re.findall(r"\bsmartfleet_[a-z_]+\b", text)) - own
    assert variables
    for variable in variables:
        assert variable in comments, variable
        assert f"`{variable}`" in docs, variable
