"""Debian's own desktop client is moved over a real sshd, and the server's log is asked what that cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from smartfleet.lab.server.running import LabServer
from tests.live.conftest import Machine, Person, smartfleet
from tests.live.desktop import wait_for

pytestmark = pytest.mark.live
LEVELS = ("size", "content", "journal", "server")
Maker = Callable[..., Person]


def connected_to(one: Person, url: str) -> None:
    """The client that runs now works with this server, as it says itself."""
    name = f"{one.user.name}@{url.removeprefix('http://')}"
    wait_for(lambda: one.desktop.account_names() == [name], f"the client to work with {url}")
    wait_for(lambda: "Connected" in one.desktop.states(), f"the client to be connected to {url}")


def untouched(one: Person, config: bytes, pid: int) -> None:
    assert one.desktop.config.read_bytes() == config
    assert one.desktop.client_pid() == pid


def test_fix_moves_the_clients_of_two_users(machine: Machine, person: Maker, tmp_path: Path) -> None:
    people = [person("anna"), person("ben", name_journal=False)]
    for one in people:
        one.first_sync()
    files = [one.desktop.files() for one in people]
    journals = [one.desktop.journals() for one in people]
    fleet = machine.fleet(tmp_path.name)
    users = [word for one in people for word in ("--user", one.user.name)]
    since = time.time()

    fixed = smartfleet(fleet, "fix", "pc", *users, "--yes")

    assert (fixed.code, fixed.outcomes()) == (0, dict.fromkeys([one.user.name for one in people], "moved")), fixed
    assert fixed.proofs() == {"ok"}, fixed
    for one in people:
        connected_to(one, machine.server.new_url)
        assert one.sign_ins(since) == []
        assert one.transfers(since) == []
        assert not [name for name in one.desktop.files() if "conflict" in name]
    assert [one.desktop.files() for one in people] == files
    assert [one.desktop.journals() for one in people] == journals
    for level in LEVELS:
        verified = smartfleet(fleet, "verify", *users, "--level", level)
        assert (verified.code, verified.verdicts()) == (0, ["match", "match"]), (level, verified)
    again = smartfleet(fleet, "fix", "pc", *users, "--yes")
    assert again.code == 0, again
    assert "nothing was changed" in again.remarks


def test_rollback_returns_to_the_old_name(machine: Machine, person: Maker, tmp_path: Path) -> None:
    anna = person("anna")
    anna.first_sync()
    config, files, journals = anna.desktop.config.read_bytes(), anna.desktop.files(), anna.desktop.journals()
    fleet = machine.fleet(tmp_path.name)
    assert smartfleet(fleet, "fix", "pc", "--user", anna.user.name, "--yes").code == 0
    connected_to(anna, machine.server.new_url)
    since = time.time()

    back = smartfleet(fleet, "rollback", "--limit", "pc", "--user", anna.user.name, "--yes")

    assert (back.code, back.outcomes()) == (0, {anna.user.name: "rolled-back"}), back
    connected_to(anna, machine.server.old_url)
    assert anna.sign_ins(since) == []
    assert anna.transfers(since) == []
    assert (anna.desktop.files(), anna.desktop.journals()) == (files, journals)
    assert f"0\\url={machine.server.old_url}\n".encode() in config
    assert f"0\\url={machine.server.old_url}\n".encode() in anna.desktop.config.read_bytes()


def test_the_package_is_seen_to_between_prepare_and_commit(machine: Machine, person: Maker, tmp_path: Path) -> None:
    """Debian's own package, which is there already: the client is stopped before and started after it was looked at."""
    anna = person("anna")
    anna.first_sync()
    files, journals, since = anna.desktop.files(), anna.desktop.journals(), time.time()
    fleet = machine.fleet(tmp_path.name)
    settings = fleet / "smartfleet.yml"
    settings.write_text(settings.read_text().replace("state: keep", "state: present", 1))

    fixed = smartfleet(fleet, "fix", "pc", "--user", anna.user.name, "--yes")

    assert (fixed.code, fixed.outcomes()) == (0, {anna.user.name: "moved"}), fixed
    connected_to(anna, machine.server.new_url)
    assert (anna.transfers(since), anna.sign_ins(since)) == ([], [])
    assert (anna.desktop.files(), anna.desktop.journals()) == (files, journals)


def test_a_user_who_is_logged_out_waits_and_moves_later(machine: Machine, person: Maker, tmp_path: Path) -> None:
    anna = person("anna")
    anna.first_sync()
    anna.desktop.log_out()
    config, journals = anna.desktop.config.read_bytes(), anna.desktop.journals()
    fleet = machine.fleet(tmp_path.name)

    waiting = smartfleet(fleet, "fix", "pc", "--user", anna.user.name, "--yes")

    assert (waiting.code, waiting.outcomes()) == (6, {anna.user.name: "waiting-session"}), waiting
    untouched(anna, config, 0)
    anna.desktop.log_in()
    anna.desktop.start_client()
    wait_for(lambda: "Connected" in anna.desktop.states(), "the client")
    since = time.time()
    moved = smartfleet(fleet, "fix", "pc", "--user", anna.user.name, "--yes")
    assert (moved.code, moved.outcomes()) == (0, {anna.user.name: "moved"}), moved
    connected_to(anna, machine.server.new_url)
    assert (anna.transfers(since), anna.sign_ins(since)) == ([], [])
    assert anna.desktop.journals() == journals


def test_a_locked_keyring_is_left_alone(machine: Machine, person: Maker, tmp_path: Path) -> None:
    anna = person("anna")
    anna.first_sync()
    anna.desktop.lock_keyring()
    config, pid = anna.desktop.config.read_bytes(), anna.desktop.client_pid()

    waiting = smartfleet(machine.fleet(tmp_path.name), "fix", "pc", "--user", anna.user.name, "--yes")

    assert (waiting.code, waiting.outcomes()) == (6, {anna.user.name: "waiting-session"}), waiting
    assert waiting.codes() == {"keyring-locked"}
    untouched(anna, config, pid)


def test_an_edit_that_waits_is_uploaded_after_the_move(machine: Machine, person: Maker, tmp_path: Path) -> None:
    anna = person("anna")
    anna.first_sync()
    journals = anna.desktop.journals()
    anna.desktop.quit_client()
    anna.user.write(anna.desktop.folder / "Readme.md", b"# Edited before the move\n")
    anna.user.write(anna.desktop.folder / "Documents/new.txt", b"new\n")
    (anna.desktop.folder / "Photos/two.jpg").unlink()
    fleet = machine.fleet(tmp_path.name)
    since = time.time()

    moved = smartfleet(fleet, "fix", "pc", "--user", anna.user.name, "--yes")

    assert anna.user.name in moved.outcomes(), moved
    assert moved.outcomes() == {anna.user.name: "moved"}, moved
    user = anna.user.name
    root = f"/remote.php/dav/files/{user}"
    expected = {f"PUT {root}/Readme.md", f"PUT {root}/Documents/new.txt", f"DELETE {root}/Photos/two.jpg"}
    wait_for(lambda: set(anna.transfers(since)) >= expected, "the edits to be uploaded")
    assert set(anna.transfers(since)) == expected
    tree = machine.server.call(lambda cloud: {path: node.content for path, node in cloud.users[user].tree.walk()})
    assert tree["Readme.md"] == b"# Edited before the move\n"
    assert "Photos/two.jpg" not in tree
    assert not [name for name in anna.desktop.files() if "conflict" in name]
    assert anna.desktop.journals() == journals
    assert anna.sign_ins(since) == []

    def verdicts() -> list[str]:
        return smartfleet(fleet, "verify", "--user", user, "--level", "server").verdicts()

    wait_for(lambda: verdicts() == ["match"], "the verdict")


def test_a_client_with_a_configuration_folder_of_its_own(machine: Machine, person: Maker, tmp_path: Path) -> None:
    anna = person("anna")
    folder = anna.user.home / "my cloud"
    anna.user.write(folder / "nextcloud.cfg", anna.desktop.config.read_bytes())
    anna.desktop.config.unlink()
    anna.desktop.config = folder / "nextcloud.cfg"
    anna.first_sync("--confdir", str(folder))
    files, journals = anna.desktop.files(), anna.desktop.journals()
    fleet = machine.fleet(tmp_path.name)
    since = time.time()

    moved = smartfleet(fleet, "fix", "pc", "--user", anna.user.name, "--yes")

    assert (moved.code, moved.outcomes(), moved.proofs()) == (0, {anna.user.name: "moved"}, {"ok"}), moved
    connected_to(anna, machine.server.new_url)
    command = Path(f"/proc/{anna.desktop.client_pid()}/cmdline").read_bytes().split(b"\0")
    assert str(folder).encode() in command
    assert f"0\\url={machine.server.new_url}\n".encode() in anna.desktop.config.read_bytes()
    assert (anna.desktop.files(), anna.desktop.journals()) == (files, journals)
    assert (anna.transfers(since), anna.sign_ins(since)) == ([], [])


FOLDER = """\
{account}\\Folders\\{alias}\\localPath="{path}/"
{account}\\Folders\\{alias}\\targetPath={target}
{account}\\Folders\\{alias}\\paused=false
{account}\\Folders\\{alias}\\ignoreHiddenFiles=false
{account}\\Folders\\{alias}\\version=2
{account}\\Folders\\{alias}\\virtualFilesMode=off
"""
ACCOUNT = """\
{account}\\version=1
{account}\\url={url}
{account}\\authType=webflow
{account}\\dav_user={login}
{account}\\webflow_user={login}
"""


def test_several_folders_and_an_account_elsewhere(machine: Machine, person: Maker, tmp_path: Path) -> None:
    anna = person("anna")
    login, home = anna.user.name, anna.user.home
    places = {"/Photos": home / "Bilder", "/Documents": home / "Dokumente, neu", "/": home / "Verein"}
    for place in places.values():
        anna.user.write(place / ".keep", b"")
        (place / ".keep").unlink()
    with LabServer(tmp_path) as club:
        club.call(lambda cloud: cloud.add_user(login).tree.put("club.txt", b"club\n", int(time.time())))
        club_url = club.new_url.replace("127.0.0.1", "localhost")
        anna.desktop.store_secret(f"{login}:{club_url}/:1", club.call(lambda cloud: cloud.add_app_password(login)))
        text = "[General]\nclientVersion=3.7.3git\n\n[Accounts]\nversion=2\n"
        for account, url, folders in ((0, machine.server.old_url, (1, 2)), (1, club_url, (3,))):
            text += ACCOUNT.format(account=account, url=url, login=login)
            for alias in folders:
                target, path = list(places.items())[alias - 1]
                text += FOLDER.format(account=account, alias=alias, path=path, target=target)
        anna.user.write(anna.desktop.config, text.encode())
        anna.desktop.start_client()
        wait_for(lambda: anna.desktop.synced() >= 3, "three folders to be synced")
        assert (places["/"] / "club.txt").read_bytes() == b"club\n"
        fleet = machine.fleet(tmp_path.name)
        since = time.time()

        moved = smartfleet(fleet, "fix", "pc", "--user", login, "--yes")

        assert (moved.code, moved.outcomes()) == (0, {login: "moved"}), moved
        expected = {f"{login}@127.0.0.1:{machine.server.port}", f"{login}@{club_url.removeprefix('http://')}"}
        wait_for(lambda: set(anna.desktop.account_names()) == expected, "both accounts")
        wait_for(lambda: anna.desktop.states().count("Connected") == 2, "both accounts to be connected")
        verified = smartfleet(fleet, "verify", "--user", login, "--level", "server")
        assert (verified.code, verified.verdicts()) == (0, ["match"] * 3), verified
        assert (anna.transfers(since), anna.sign_ins(since)) == ([], [])
        assert [one for one in club.requests(since=since) if one.method not in {"GET", "PROPFIND"}] == []
        assert f"1\\url={club_url}\n".encode() in anna.desktop.config.read_bytes()


def test_another_server_under_the_new_name(machine: Machine, person: Maker, tmp_path: Path) -> None:
    anna = person("anna")
    anna.first_sync()
    config, pid, files = anna.desktop.config.read_bytes(), anna.desktop.client_pid(), anna.desktop.files()
    with LabServer(tmp_path) as other:
        other.call(lambda cloud: cloud.add_user(anna.user.name))
        fleet = machine.fleet(tmp_path.name, new=other.new_url)

        refused = smartfleet(fleet, "fix", "pc", "--user", anna.user.name, "--yes")

        assert refused.code not in {0, 6}, refused
        assert "other-instance" in str(refused.document) + refused.remarks
        untouched(anna, config, pid)
        assert anna.desktop.files() == files
        assert [one for one in other.requests() if "/remote.php/dav" in one.path] == []
