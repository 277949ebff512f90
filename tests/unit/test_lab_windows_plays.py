"""What modules do on an emulated Windows machine, called as the wire calls them. What nobody plays fails loudly."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from smartfleet.connect.look import read, script
from smartfleet.lab.windows import msi
from smartfleet.lab.windows.build import add_person, make_machine
from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.windows.products import SETTINGS, product
from smartfleet.lab.winrm.machine import Caller, ModuleCall, NotEmulated, ScriptCall
from smartfleet.model.facts import HostFacts

ARGUMENTS = "REBOOT=ReallySuppress SKIPAUTOUPDATE=1"
ACCOUNTS = (
    "[General]\r\nclientVersion=3.16.7\r\n\r\n[Accounts]\r\n0\\url=https://old.example.org\r\n{folder}version=2\r\n"
)
FOLDER = "0\\Folders\\1\\localPath={path}\r\n"


@pytest.fixture
def machine(tmp_path: Path) -> WindowsMachine:
    machine = make_machine(tmp_path / "PC-1", admin="admin", password="secret", version="3.7.3", qt=5)
    add_person(machine, "eva")
    return machine


def play(machine: WindowsMachine, name: str, *, check: bool = False, **arguments: Any) -> dict[str, Any]:
    return machine.run_module(ModuleCall(name, arguments, {"_ansible_check_mode": check}, Caller("admin")))


def ours(machine: WindowsMachine, name: str, **arguments: Any) -> dict[str, Any]:
    return play(machine, f"smartde.nextcloud.{name}", **arguments)


def settings(machine: WindowsMachine, text: str) -> Path:
    file = machine.drive.root / "Users/eva/AppData/Roaming/Nextcloud/nextcloud.cfg"
    file.parent.mkdir()
    file.write_bytes(text.encode())
    return file


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ansible.windows.win_reboot", {}),
        ("win_feature", {}),
        ("community.windows.win_ping", {}),
        ("smartde.nextcloud.client_facts", {}),
        ("smartde.nextcloud.win_client_facts", {"colour": "red"}),
        ("smartde.nextcloud.win_client_facts", {"root": r"C:\other"}),
        ("ansible.windows.win_package", {"path": "x.msi", "product_id": "y"}),
        ("ansible.windows.win_package", {"path": r"\\server\share\x.msi"}),
    ],
)
def test_what_nobody_plays_is_refused(machine: WindowsMachine, name: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(NotEmulated):
        play(machine, name, **arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("win_account_move", {"run": "r"}, "missing required arguments: profiles"),
        ("win_account_move", {"run": "r", "profiles": []}, "user_part is set by the action plugin"),
        ("win_tree_manifest", {"level": "deep"}, "value of level must be one of"),
        ("win_tree_manifest", {"examples": "many"}, "examples is no int"),
    ],
)
def test_what_a_module_would_refuse_fails_as_it_would(
    machine: WindowsMachine, name: str, arguments: dict[str, Any], message: str
) -> None:
    answer = ours(machine, name, **arguments)
    assert answer["failed"]
    assert message in answer["msg"]


def test_only_the_doctors_script_is_played(machine: WindowsMachine) -> None:
    told = machine.run_script(ScriptCall(script(), b"", Caller("PC-1\\admin")))
    look = read(told.out)
    assert (look.computer, look.administrator, look.build, look.local_account) == ("PC-1", True, "19045", True)
    with pytest.raises(NotEmulated):
        machine.run_script(ScriptCall("Get-Process", b"", Caller("admin")))


def test_facts_of_a_machine_that_nobody_syncs_on(machine: WindowsMachine) -> None:
    facts = HostFacts.model_validate(ours(machine, "win_client_facts", users=["eva", "nobody"])["facts"])
    assert facts.profiles == []
    assert [problem.code for problem in facts.problems] == ["unknown-user"]
    assert [(one.kind, one.version, one.qt) for one in facts.clients] == [("msi", "3.7.3", 5)]


@pytest.mark.parametrize(
    ("path", "state"),
    [
        ("C:/Users/eva/Nextcloud", "ok"),
        ("c:/USERS/Eva/nextcloud", "ok"),
        ("C:/Users/eva/Missing", "missing"),
        ("D:/Nextcloud", "missing"),
        ("Nextcloud", "relative"),
        ("/home/eva/Nextcloud", "relative"),
        ("C:/", "root"),
        ("C:/Users", "root"),
        ("C:/Users/admin/Nextcloud", "outside-home"),
        ("C:/Windows/Temp", "outside-home"),
        ("C:/Users/eva/Link", "link"),
        ("C:/Users/eva/Link/deeper", "link"),
        ("C:/Users/eva/file.txt", "not-a-folder"),
        ("C:/Users/eva/AppData/Roaming/../../../admin", "outside-home"),
    ],
)
def test_where_a_sync_folder_may_be(machine: WindowsMachine, path: str, state: str) -> None:
    home = machine.drive.root / "Users/eva"
    (home / "Nextcloud").mkdir()
    (home / "Link").symlink_to(machine.drive.root / "Windows")
    (home / "file.txt").touch()
    settings(machine, ACCOUNTS.format(folder=FOLDER.format(path=path)))
    (profile,) = HostFacts.model_validate(ours(machine, "win_client_facts")["facts"]).profiles
    assert [(folder.state, folder.local_path) for folder in profile.folders] == [(state, path)]


def test_files_are_found_read_and_hashed(machine: WindowsMachine) -> None:
    (machine.drive.root / "Users/Public/a.txt").write_bytes(b"hello")
    stat = play(machine, "ansible.windows.win_stat", path=r"%PUBLIC%\A.TXT", checksum_algorithm="sha256")["stat"]
    assert (stat["size"], stat["checksum"]) == (5, hashlib.sha256(b"hello").hexdigest())
    found = play(machine, "ansible.windows.win_find", paths=[r"C:\Users\public"], patterns=["*.TXT"])
    assert [one["path"] for one in found["files"]] == [r"C:\Users\Public\a.txt"]
    assert base64.b64decode(play(machine, "slurp", src=r"C:\users\public\a.txt")["content"]) == b"hello"
    assert play(machine, "slurp", src=r"C:\nothing")["failed"]
    assert play(machine, "ansible.windows.win_ping") == {"changed": False, "ping": "pong"}
    assert play(machine, "setup")["ansible_facts"]["ansible_hostname"] == "PC-1"


@pytest.fixture
def installer(machine: WindowsMachine) -> tuple[str, str]:
    """An MSI on the machine's own disk, with its SHA-256."""
    data = msi.write(msi.Package("3.16.7", 6, "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}"))
    (machine.drive.root / "Users/Public/new.msi").write_bytes(data)
    return r"C:\Users\Public\new.msi", hashlib.sha256(data).hexdigest()


def install(machine: WindowsMachine, installer: tuple[str, str], **changes: Any) -> dict[str, Any]:
    path, digest = installer
    given = {
        "path": path,
        "provider": "msi",
        "checksum": digest,
        "checksum_algorithm": "sha256",
        "arguments": ARGUMENTS,
    }
    return play(machine, "ansible.windows.win_package", **{**given, **changes})


def version(machine: WindowsMachine) -> str:
    found = product(machine.registry)
    assert found is not None
    return found[1]


def test_an_msi_is_installed_once(machine: WindowsMachine, installer: tuple[str, str]) -> None:
    assert install(machine, installer, check=True)["changed"]
    assert version(machine) == "3.7.3"
    done = install(machine, installer)
    assert (done["changed"], done["rc"], done["reboot_required"]) == (True, 0, False)
    assert version(machine) == "3.16.7"
    assert machine.registry.value(SETTINGS, "skipUpdateCheck") == 1
    assert not install(machine, installer)["changed"]


@pytest.mark.parametrize(
    ("faults", "changes", "told"),
    [
        ({}, {"checksum": "0" * 64}, (0, "did not match")),
        ({"msi_altered": True}, {}, (0, "did not match")),
        ({"msi_exit": 1603}, {}, (1603, "unexpected rc")),
        ({"msi_busy": 1}, {}, (1618, "unexpected rc")),
        ({}, {"path": r"C:\nowhere.msi"}, (0, "cannot be reached")),
    ],
)
def test_an_msi_that_is_not_installed(
    machine: WindowsMachine,
    installer: tuple[str, str],
    faults: dict[str, Any],
    changes: dict[str, Any],
    told: tuple[int, str],
) -> None:
    code, message = told
    with machine.faults.changing() as content:
        content.update(faults)
    answer = install(machine, installer, **changes)
    assert (answer["failed"], answer["changed"], answer["rc"]) == (True, False, code)
    assert message in answer["msg"]
    assert version(machine) == "3.7.3"


def test_an_msi_that_wants_a_restart(machine: WindowsMachine, installer: tuple[str, str]) -> None:
    with machine.faults.changing() as content:
        content["msi_exit"] = 3010
    done = install(machine, installer)
    assert (done["changed"], done["rc"], done["reboot_required"]) == (True, 3010, True)
    assert version(machine) == "3.16.7"


def test_an_msi_that_could_restart_the_machine_is_refused(machine: WindowsMachine, installer: tuple[str, str]) -> None:
    for arguments in ("", "REBOOT=Force", "REBOOT=ReallySuppress LAUNCH=1"):
        with pytest.raises(NotEmulated):
            install(machine, installer, arguments=arguments)


def test_winget(machine: WindowsMachine) -> None:
    assert ours(machine, "win_winget", id="Nextcloud.NextcloudDesktop", version="3.16.7")["changed"]
    assert not ours(machine, "win_winget", id="Nextcloud.NextcloudDesktop", version="3.16.7")["changed"]
    assert ours(machine, "win_winget", id="Somebody.Else", version="1")["failed"]
