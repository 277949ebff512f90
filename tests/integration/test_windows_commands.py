"""The commands over real WinRM to an emulated Windows machine: the whole way there and back, and no secret anywhere."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from smartfleet.cli.main import main
from smartfleet.lab.fleet_folder import Installer, write_fleet
from smartfleet.lab.host import secret_name
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows.host import WindowsLabHost, WindowsUser
from smartfleet.lab.windows.products import product
from tests.integration.playing import synced
from tests.integration.test_secrets_stay import Search, Watch

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
Ask = Callable[..., Any]


@pytest.fixture
def pc(lab: Lab) -> Iterator[WindowsLabHost]:
    """A machine whose client is older than the one that the fleet's settings name."""
    machine = lab.add_windows_host("pc-0815", version="3.7.3", qt=5)
    yield machine
    machine.remove()


@pytest.fixture
def eva(lab: Lab, pc: WindowsLabHost) -> WindowsUser:
    return synced(lab, pc, "eva.pc-0815", qt=5)


@pytest.fixture
def fleet(lab: Lab, pc: WindowsLabHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One machine; Ansible tells all it knows, to its own log as well."""
    url, sha256 = lab.offer_msi("3.16.7")
    folder = write_fleet(lab, [pc], folder=tmp_path / "fleet", installer=Installer(url, sha256, "3.16.7"))
    monkeypatch.setenv("ANSIBLE_VERBOSITY", "4")
    monkeypatch.setenv("ANSIBLE_LOG_PATH", str(folder / "ansible.log"))
    return folder


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The controller's temporary folder."""
    with tempfile.TemporaryDirectory(prefix="sf-", dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


def test_there_and_back(
    lab: Lab, eva: WindowsUser, fleet: Path, temporary: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pc = eva.host
    app = eva.secret("Nextcloud_" + secret_name(eva.name, lab.old_url, 0))
    assert app
    search = Search({"app password": app, "the administrator's": lab.layout.windows_password.read_text()})

    def ask(command: str, *arguments: str) -> Any:
        with pytest.raises(SystemExit) as caught:
            main([command, *arguments, "--fleet", str(fleet), "--format", "json"])
        told = capfd.readouterr()
        search.look((told.out + told.err).encode(), command)
        assert caught.value.code == 0, told.err
        found = json.loads(told.out)
        jsonschema.validate(found, json.loads((SCHEMAS / f"{found['schema'].replace('/', '-')}.json").read_text()))
        return found

    watch = Watch(search, temporary)
    watch.start()
    try:
        _go(ask, lab, eva, fleet)
    finally:
        watch.stop()
    inventory = fleet / "inventory/group_vars/windows.yml"
    assert search.look_in(fleet, but=(inventory,)) > 5
    assert (fleet / "ansible.log").stat().st_size > 10_000
    assert search.look_in(pc.machine.drive.root / "ProgramData") > 5
    kept = tuple(pc.machine.folder / f"{name}.json" for name in ("credentials", "accounts"))
    search.look_in(pc.machine.folder, but=kept)
    search.look(lab.layout.log.read_bytes(), "the lab's log")
    assert watch.seen["arguments"] > 100
    assert inventory.stat().st_mode & 0o077 == 0
    assert search.found == set()


def _go(ask: Ask, lab: Lab, eva: WindowsUser, fleet: Path) -> None:
    plan_file = str(fleet.parent / "plan.json")
    checks = ask("doctor")["checks"]
    assert [check for check in checks if check["state"] == "failed"] == []
    (profile,) = ask("audit")["hosts"][0]["profiles"]
    assert (profile["state"], profile["user"]) == ("old", eva.name)
    plan = ask("plan", "--out", plan_file)
    assert plan["hosts"][0]["install"]["kind"] == "msi"

    applied = ask("apply", plan_file, "--yes")
    (outcome,) = applied["outcomes"]
    assert outcome["outcome"] == "moved", outcome
    assert {proof["proof"] for proof in outcome["proofs"] if proof["state"] != "ok"} == {"server"}
    assert (product(eva.host.machine.registry) or ("", ""))[1] == "3.16.7"
    eva.wait_synced("Nextcloud")
    assert lab.new_url.encode() in eva.config.read_bytes()

    for level in ("size", "journal"):
        (verdict,) = ask("verify", "--level", level)["verdicts"]
        assert verdict["verdict"] == "match", verdict
    (eva.home / "Nextcloud/Rechnungen").joinpath("neu.txt").write_bytes(b"new")
    eva.wait_synced("Nextcloud")
    (verdict,) = ask("verify", "--level", "journal")["verdicts"]
    assert verdict["verdict"] == "match", verdict

    assert [one["outcome"] for one in ask("apply", plan_file, "--yes")["outcomes"]] == ["already"]
    assert ask("status")["headline"]["on_old_server"] == 0
    ask("report", "--out", str(fleet.parent / "report.html"))
    assert "pc-0815" in (fleet.parent / "report.html").read_text()
    taken_back = ask("rollback", "--run", applied["run"], "--yes")
    assert [one["outcome"] for one in taken_back["outcomes"]] == ["rolled-back"]
    eva.wait_synced("Nextcloud")
    assert lab.old_url.encode() in eva.config.read_bytes()


def test_a_machine_that_signs_nobody_in(lab: Lab, pc: WindowsLabHost, eva: WindowsUser, fleet: Path) -> None:
    pc.set_winrm_faults(reject_logins=True)
    with pytest.raises(SystemExit) as caught:
        main(["audit", "--fleet", str(fleet)])
    assert caught.value.code == 3
    pc.set_winrm_faults(reject_logins=False)
    assert lab.old_url.encode() in eva.config.read_bytes()
