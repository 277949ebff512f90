"""The playbooks with plain `ansible-playbook`, as docs/playbooks.md shows them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from smartfleet.cli.main import main
from smartfleet.lab.host import Connection, LabHost, LabUser, SignedIn, documents
from smartfleet.lab.lab import Lab

ROOT = Path(__file__).parents[2]


def ansible_playbook(fleet: Path, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "ansible-playbook"
    return subprocess.run(
        [program, "-i", str(fleet / "inventory"), str(ROOT / "playbooks" / f"{name}.yml"), *options],
        check=False, capture_output=True, text=True, cwd=fleet, stdin=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip


@pytest.fixture
def emil(lab: Lab, host: LabHost) -> LabUser:
    """Signed in to the old name and synced, his client running."""
    name = f"emil-{host.name}"
    password = lab.add_account(name)
    lab.put_all(name, documents(3, 4))
    user = host.add_user(name)
    user.log_on()
    user.sign_in(SignedIn(lab.old_url, name, password, folders=(Connection(),)))
    user.start_client()
    user.wait_synced("Nextcloud")
    return user


def smartfleet(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code


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


@pytest.mark.parametrize("name", ["audit", "apply", "verify", "rollback"])
def test_every_variable_is_documented_where_it_is_used_and_in_the_docs(name: str) -> None:
    text = (ROOT / "playbooks" / f"{name}.yml").read_text("utf-8")
    docs = (ROOT / "docs" / "playbooks.md").read_text("utf-8")
    comments = "\n".join(line for line in text.splitlines() if line.startswith("#"))
    own = set(re.findall(r"(?:register: |^    )(smartfleet_\w+)", text, re.MULTILINE))
    for variable in set(re.findall(r"\bsmartfleet_[a-z_]+\b", text)) - own:
        assert variable in comments, variable
        assert f"`{variable}`" in docs, variable
