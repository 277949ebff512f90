"""The lab's machines: SSH, files, the client, and the lab's own beginning and end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from smartfleet.errors import LabError
from smartfleet.lab.host import Connection, LabHost, LabUser, SignedIn, documents, secret_name
from smartfleet.lab.lab import Lab
from smartfleet.lab.lifecycle import attach, start, stop
from smartfleet.nextcloud.journal import summarize
from smartfleet.nextcloud.names import journal_name
from smartfleet.processes import descendants

pytestmark = pytest.mark.once


def ssh(lab: Lab, host: LabHost, command: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    options = ["-F", "/dev/null", "-o", f"UserKnownHostsFile={lab.layout.known_hosts}", "-o", "BatchMode=yes"]
    target = ["-i", os.fspath(lab.layout.admin_key), "-p", str(host.port), "admin@127.0.0.1"]
    return subprocess.run(
        ["ssh", *options, *target, command], input=stdin, capture_output=True, check=False, timeout=600
    )


def signed_in(lab: Lab, host: LabHost, name: str, folder: Connection | None = None) -> LabUser:
    password = lab.add_account(name)
    lab.put_all(name, documents(7, 8))
    user = host.add_user(name)
    user.log_on()
    user.sign_in(SignedIn(lab.old_url, name, password, folders=(folder or Connection(),)))
    return user


def test_commands_run_with_the_machines_environment(lab: Lab, host: LabHost) -> None:
    done = ssh(lab, host, "pwd; command -v nextcloud; echo $HOME; cat; exit 7", b"from stdin\n")
    home = host.root / "home/admin"
    assert done.stdout.decode().splitlines() == [str(home), str(host.client), str(home), "from stdin"]
    assert done.returncode == 7
    assert "SSH_AUTH_SOCK" not in ssh(lab, host, "env").stdout.decode()


def test_another_key_is_not_let_in(lab: Lab, host: LabHost, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    options = ["-F", "/dev/null", "-o", f"UserKnownHostsFile={lab.layout.known_hosts}", "-o", "BatchMode=yes"]
    command = ["ssh", *options, "-i", os.fspath(tmp_path / "key"), "-o", "IdentitiesOnly=yes", "-p", str(host.port)]
    done = subprocess.run([*command, "admin@127.0.0.1", "true"], capture_output=True, check=False, timeout=600)
    assert b"Permission denied" in done.stderr


def test_what_goes_over_the_wire_is_counted(lab: Lab, host: LabHost) -> None:
    assert ssh(lab, host, "wc -c", b"x" * 100_000).stdout == b"100000\n"
    seen = host.traffic(reset=True)
    assert (seen["connections"], seen["requests"]) == (1, 1)
    assert 100_000 < seen["bytes_in"] < 110_000
    assert 1_000 < seen["bytes_out"] < 10_000
    assert set(host.traffic().values()) == {0}


def test_a_machine_can_be_off_and_can_change_its_key(lab: Lab, host: LabHost) -> None:
    host.set_listening(on=False)
    assert b"Connection refused" in ssh(lab, host, "true").stderr
    host.set_listening(on=True)
    assert ssh(lab, host, "true").returncode == 0
    host.change_host_key()
    assert b"REMOTE HOST IDENTIFICATION HAS CHANGED" in ssh(lab, host, "true").stderr


def test_the_client_syncs_both_ways(lab: Lab, host: LabHost) -> None:
    user = signed_in(lab, host, "sync")
    user.start_client()
    user.wait_synced("Nextcloud")
    user.write("Nextcloud/Neu/ä.txt", b"new")
    (user.home / "Nextcloud/Protokolle/Protokolle 003.odt").unlink()
    lab.put("sync", "Rechnungen/vom Server.txt", b"server", mtime=1_700_000_999)
    wait_for(lambda: (user.home / "Nextcloud/Rechnungen/vom Server.txt").exists() and "Neu/ä.txt" in lab.files("sync"))
    user.wait_synced("Nextcloud")
    user.quit_client()
    assert "Protokolle/Protokolle 003.odt" not in lab.files("sync")
    journal = user.home / "Nextcloud" / journal_name("sync", lab.old_url, "/")
    assert summarize(str(journal)).files == 9
    assert b"serverVersion=29.0.1.1" in user.config.read_bytes()


def test_a_move_by_hand_transfers_nothing(lab: Lab, host: LabHost) -> None:
    """Way (c) of the measured moves; and the secret's name holds the URL."""
    user = signed_in(lab, host, "byhand")
    user.sync_once("Nextcloud")
    begin, asking = lab.call("time"), lab.call("waiting_sign_ins", server="cloud")
    user.config.write_text(user.config.read_text().replace(lab.old_url, lab.new_url))
    user.start_client()
    wait_for(lambda: bool(lab.call("waiting_sign_ins", server="cloud") > asking))
    user.quit_client()
    secret = user.secret(secret_name("byhand", lab.old_url, 0))
    assert secret is not None
    user.store_secret(secret_name("byhand", lab.new_url, 0), secret)
    user.sync_once("Nextcloud")
    requests = [request for request in lab.requests(since=begin) if request.user == "byhand"]
    assert requests
    assert not [request for request in requests if request.is_file_transfer]
    assert {request.host for request in requests} == {lab.new_url.removeprefix("http://")}


def test_a_missing_secret_asks_for_a_sign_in(lab: Lab, host: LabHost) -> None:
    user = signed_in(lab, host, "asks")
    key = secret_name("asks", lab.old_url, 0)
    lab.call("forget_secret", host=host.name, user="asks", key=key)
    asking = lab.call("waiting_sign_ins", server="cloud")
    user.start_client()
    wait_for(lambda: bool(lab.call("waiting_sign_ins", server="cloud") > asking))
    lab.call("grant_sign_ins", server="cloud", uid="asks")
    user.wait_synced("Nextcloud")
    user.quit_client()
    assert user.secret_names() == [key]


def test_placeholders_hold_one_byte_and_the_journal_knows_the_rest(lab: Lab, host: LabHost) -> None:
    user = signed_in(lab, host, "virtual", Connection(virtual_files="suffix"))
    user.sync_once("Nextcloud")
    files = list((user.home / "Nextcloud").rglob("*.odt*"))
    assert len(files) == 8
    assert {path.suffix for path in files} == {".nextcloud"}
    assert {path.stat().st_size for path in files} == {1}
    journal = user.home / "Nextcloud" / journal_name("virtual", lab.old_url, "/")
    assert summarize(str(journal)).virtual == 8


def test_while_the_client_runs_its_journal_is_locked_and_its_config_is_its_own(lab: Lab, host: LabHost) -> None:
    user = signed_in(lab, host, "locks")
    user.start_client()
    user.wait_synced("Nextcloud")
    user.config.write_text("an edit that is lost")
    assert user.ask_client('V2/LIST_ACCOUNTS:{"id":"7","arguments":{}}')[-1] == (
        f'V2/LIST_ACCOUNTS_RESULT:{{"arguments":{{"accounts":[{{"id":"0","name":"locks@{lab.old_url[7:]}"}}]}},"id":"7"}}'
    )
    user.quit_client()
    assert lab.old_url.encode() in user.config.read_bytes()


def test_a_lab_starts_once_is_found_and_leaves_nothing_running(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    start(folder, tied=False)
    with pytest.raises(LabError, match="runs in"):
        start(folder, tied=False)
    lab = attach(folder)
    user = signed_in(lab, lab.add_host("one"), "anna")
    user.start_client()
    user.wait_synced("Nextcloud")
    assert stop(folder)
    assert not user.is_client_running()
    assert not stop(folder)
    with pytest.raises(LabError, match="no lab runs"):
        attach(folder)


def test_a_long_path_and_one_with_blanks(tmp_path: Path) -> None:
    folder = tmp_path / ("long and with blanks " * 5).strip()
    lab = start(folder, tied=True)
    try:
        user = signed_in(lab, lab.add_host("one"), "anna")
        user.sync_once("Nextcloud")
        behind = lab.layout.hosts
        assert behind.parent != folder
    finally:
        lab.stop()
    assert not behind.exists()


def test_a_lab_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartfleet.lab.lab.CALL_SECONDS", 1.0)
    lab = start(tmp_path / "lab", tied=True)
    user = signed_in(lab, lab.add_host("one"), "anna")
    user.start_client()
    daemon = lab.state.pid
    os.kill(daemon, signal.SIGSTOP)
    below = descendants(daemon)
    assert below
    lab.stop()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in (daemon, *below)))


def test_a_lab_touches_no_folder_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").touch()
    with pytest.raises(LabError, match="holds other files"):
        start(tmp_path, tied=True)
    blocked = tmp_path / "thesis.odt" / "lab"
    with pytest.raises(LabError, match="cannot be used"):
        start(blocked, tied=True)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 180
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
