"""Real Ansible runs of apply.yml with an installation on Windows, its modules played by stand-ins on this machine."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from smartfleet.campaign import parse
from smartfleet.campaign.runner import Controls, Run
from smartfleet.engines.answers import RunAnswers
from smartfleet.errors import RunError
from smartfleet.model.plan import ProfileMove
from smartfleet.model.results import Outcome
from smartfleet.paths import data_folder
from tests.integration.alone import run_playbook

STUBS = Path(__file__).parent / "stubs"
MODULES = ("client_facts", "account_move", "account_restore", "tree_manifest")
FAILED = {"failed": True, "msg": "unexpected rc from 'msiexec.exe /i x.msi': see rc, stdout, and stderr"}
USER = {"user": "eva", "config_path": "C:\\Users\\eva\\AppData\\Roaming\\Nextcloud\\nextcloud.cfg"}
ORDER = ProfileMove(
    **USER, strategy="move", on_missing_session="defer", old_sha256="a" * 64, new_sha256="b" * 64, new_config="",
    edits=[], accounts=[], secrets=[], cookies=[], folders=[], digests=False,
)  # fmt: skip


class Host:
    """One host, and the installer that lies where its order says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "host"
        self.root.mkdir()
        (self.root / "answer.json").write_text(json.dumps({"profiles": [{**USER, "outcome": "prepared"}]}))
        self.msi = folder / "Nextcloud.msi"
        variables = {
            "ansible_connection": "local",
            "ansible_become": False,
            "ansible_python_interpreter": sys.executable,
            "smartfleet_root": str(self.root),
            "smartfleet_install_delay": 0,
            "smartfleet_install_tries": 3,
        }
        (folder / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": {"pc-1": variables}}}))

    def apply(self, *answers: dict[str, Any], kind: str = "msi", skip_auto_update: bool | None = None) -> RunAnswers:
        """The installation answers `answers`, one each time it is tried."""
        Path(f"{self.msi}.answers").write_text(json.dumps(answers))
        install = {
            "kind": kind,
            "package": str(self.msi),
            "state": "latest",
            "version": "3.16.7",
            "sha256": "c" * 64,
            "skip_auto_update": skip_auto_update,
        }
        order = {"run": "r1", "install": install, "profiles": [ORDER.model_dump(mode="json")]}
        playbook = self.folder / "playbooks" / "apply.yml"
        run = Run(playbook, self.folder / "inventory.yml", self.folder, hosts=("pc-1",), orders={"pc-1": order})
        return run_playbook(run, Controls())

    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in Path(f"{self.msi}.calls").read_text().splitlines()]


def told(run: RunAnswers, module: str) -> list[dict[str, Any]]:
    """The arguments of each call of one of our modules."""
    answers = [answer for answer in run.hosts["pc-1"].answers if answer.state != "skipped"]
    return [dict(answer.result["told"]) for answer in answers if answer.action.endswith(module)]


def outcome(run: RunAnswers) -> Outcome:
    (found,) = parse.moved(run.hosts["pc-1"], [ORDER], interrupted=False)
    return found


@pytest.fixture
def bare(tmp_path: Path) -> Host:
    """Playbooks with stand-ins for our modules; none for ansible.windows, which plain ansible-core lacks."""
    playbooks = tmp_path / "playbooks"
    shutil.copytree(data_folder("playbooks"), playbooks, ignore=shutil.ignore_patterns("plugins"))
    modules = playbooks / "collections/ansible_collections/smartde/nextcloud/plugins/modules"
    modules.mkdir(parents=True)
    for name in MODULES:
        shutil.copy(STUBS / "stub.py", modules / f"{name}.py")
    shutil.copy(STUBS / "win_package.py", modules / "win_winget.py")
    return Host(tmp_path)


@pytest.fixture
def host(bare: Host) -> Host:
    plugins = bare.folder / "playbooks/collections/ansible_collections/ansible/windows/plugins"
    (plugins / "modules").mkdir(parents=True)
    (plugins / "filter").mkdir()
    shutil.copy(STUBS / "win_package.py", plugins / "modules")
    shutil.copy(STUBS / "quote.py", plugins / "filter")
    return bare


def test_the_host_fetches_a_known_msi_and_nothing_restarts(host: Host) -> None:
    run = host.apply({"changed": True, "rc": 0, "reboot_required": False})
    (call,) = host.calls()
    assert call == {
        "path": str(host.msi),
        "provider": "msi",
        "checksum": "c" * 64,
        "checksum_algorithm": "sha256",
        "arguments": "REBOOT=ReallySuppress",
        "expected_return_code": [0, 3010],
    }
    phases = [(call["phases"], call["restart_pending"]) for call in told(run, "account_move")]
    assert phases == [(["prepare"], None), (["commit"], False)]


def test_a_restart_that_is_asked_for_is_handed_to_the_commit(host: Host) -> None:
    # the module says "not failed" itself: Ansible takes every other exit code than 0 for a failure
    run = host.apply({"changed": True, "rc": 3010, "reboot_required": True, "failed": False})
    assert told(run, "account_move")[-1]["restart_pending"] is True


@pytest.mark.parametrize(("skip", "argument"), [(True, " SKIPAUTOUPDATE=1"), (False, " SKIPAUTOUPDATE=0")])
def test_updates_by_the_client_itself_are_as_configured(host: Host, *, skip: bool, argument: str) -> None:
    host.apply({"changed": True, "rc": 0, "reboot_required": False}, skip_auto_update=skip)
    assert host.calls()[0]["arguments"] == f"REBOOT=ReallySuppress{argument}"


def test_another_installation_is_waited_for(host: Host) -> None:
    run = host.apply({**FAILED, "rc": 1618}, {**FAILED, "rc": 1618}, {"changed": True, "rc": 0})
    assert len(host.calls()) == 3
    assert [call["phases"] for call in told(run, "account_move")] == [["prepare"], ["commit"]]
    assert not told(run, "account_restore")


@pytest.mark.parametrize(
    ("answer", "calls", "code", "says"),
    [
        ({**FAILED, "rc": 1603}, 1, "install-failed", "1603"),
        ({**FAILED, "rc": 1618}, 4, "install-busy", "1618"),
        ({"failed": True, "msg": f"The checksum for x did not match '{'c' * 64}', it was 'D'", "rc": 0}, 1,
         "install-hash-differs", "did not match"),
    ],
)  # fmt: skip
def test_what_was_prepared_is_put_back(host: Host, answer: dict[str, Any], calls: int, code: str, says: str) -> None:
    run = host.apply(answer)
    assert len(host.calls()) == calls
    assert [call["reason"] for call in told(run, "account_restore")] == ["abort"]
    assert [call["phases"] for call in told(run, "account_move")] == [["prepare"]]
    found = outcome(run)
    assert (found.outcome, found.code) == ("failed", code)
    assert says in found.message
    assert found.do


@pytest.mark.parametrize("restart", [True, False])
def test_winget_needs_no_other_collection(bare: Host, *, restart: bool) -> None:
    run = bare.apply({**FAILED, "rc": 1618}, {"changed": True, "rc": 0, "reboot_required": restart}, kind="winget")
    assert bare.calls() == [{"id": str(bare.msi), "version": "3.16.7"}] * 2
    assert told(run, "account_move")[-1]["restart_pending"] is restart


def test_without_the_collection_nothing_is_begun(bare: Host) -> None:
    ansible = bare.folder / "playbooks/collections/ansible_collections/ansible/windows/plugins/filter"
    ansible.mkdir(parents=True)
    with pytest.raises(RunError) as caught:
        bare.apply({"rc": 0})
    assert "ansible.windows" in caught.value.message
    assert not (bare.root / "begun").exists()
