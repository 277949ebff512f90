"""Debian's own client goes back to its original folder over a real sshd, and the server's log tells what that cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from smartfleet.nextcloud.names import journal_name
from tests.live.conftest import FILES, Machine, Person, smartfleet
from tests.live.desktop import CONFIG, wait_for

pytestmark = pytest.mark.live
Maker = Callable[..., Person]
SECOND = """\
{number}\\version=1
{number}\\url={url}
{number}\\authType=webflow
{number}\\dav_user={login}
{number}\\webflow_user={login}
{number}\\Folders\\2\\localPath={folder}/
{number}\\Folders\\2\\targetPath=/
{number}\\Folders\\2\\journalPath={journal}
{number}\\Folders\\2\\paused=false
{number}\\Folders\\2\\ignoreHiddenFiles=false
{number}\\Folders\\2\\version=2
{number}\\Folders\\2\\virtualFilesMode=off
"""


class Doubled:
    """A user who signed in to the new server and downloaded everything again into a second folder."""

    def __init__(self, one: Person, *, keep_old: bool) -> None:
        """`keep_old`: the old account is still there; else it was removed in the client, and its journal with it."""
        self.one, self.machine = one, one.machine
        self.login, self.desktop = one.user.name, one.desktop
        self.original, self.copy = one.desktop.folder, one.user.home / "Nextcloud2"
        one.first_sync()
        one.desktop.quit_client()
        server = self.machine.server
        number = 1 if keep_old else 0
        password = server.call(lambda cloud: cloud.add_app_password(self.login))
        one.desktop.store_secret(f"{self.login}:{server.new_url}/:{number}", password)
        one.user.write(self.copy / ".keep", b"")
        (self.copy / ".keep").unlink()
        text = one.desktop.config.read_text()
        if not keep_old:
            text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("0\\"))
            for journal in self.original.glob(".sync_*"):
                journal.unlink()
        self.journal = journal_name(self.login, server.new_url, "/")
        text = (
            text.rstrip()
            + "\n"
            + SECOND.format(number=number, url=server.new_url, login=self.login, folder=self.copy, journal=self.journal)
        )
        one.user.write(one.desktop.config, text.encode())
        self.start(2 if keep_old else 1)
        assert len(self.names(self.copy)) == len(FILES)

    def start(self, syncs: int) -> None:
        self.desktop.log.unlink(missing_ok=True)
        self.desktop.start_client()
        wait_for(lambda: self.desktop.synced() >= syncs, "the client to sync")

    def names(self, folder: Path) -> list[str]:
        found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".sync_", ".next")))
        return sorted(str(path.relative_to(folder)) for path in found)

    def away(self) -> Path:
        (found,) = self.one.user.home.glob("Nextcloud2.aside-*")
        return found

    def accounts(self, *urls: str) -> None:
        expected = sorted(f"{self.login}@{url.removeprefix('http://')}" for url in urls)
        wait_for(lambda: sorted(self.desktop.account_names()) == expected, f"the accounts {expected}")
        wait_for(lambda: self.desktop.states().count("Connected") >= len(urls), "the client to be connected")

    def settled(self) -> None:
        """The client that runs now has synced, and has looked at the server twice since: it had time to go wrong."""
        wait_for(self.desktop.synced, "the client to sync")
        since = time.time()

        def polls() -> int:
            return sum(one.method == "PROPFIND" for one in self.one.requests(since))

        wait_for(lambda: polls() >= 2, "the client to look at the server twice")


@pytest.mark.parametrize("keep_old", [True, False], ids=["beside the old account", "without the old journal"])
def test_back_to_the_original_costs_nothing(machine: Machine, person: Maker, tmp_path: Path, *, keep_old: bool) -> None:
    anna = Doubled(person("anna"), keep_old=keep_old)
    fleet, files = machine.fleet(tmp_path.name), anna.desktop.files()
    config, user = anna.desktop.config.read_bytes(), ("--user", anna.login)
    since = time.time()

    fixed = smartfleet(fleet, "fix", "pc", *user, "--yes")

    assert (fixed.code, fixed.outcomes(), fixed.proofs()) == (0, {anna.login: "cured"}, {"ok"}), fixed
    assert fixed.verdicts() == ["match"]
    anna.accounts(machine.server.new_url)
    anna.settled()
    assert (anna.one.transfers(since), anna.one.sign_ins(since)) == ([], [])
    assert anna.desktop.files() == files
    assert not anna.copy.exists()
    assert anna.names(anna.away()) == sorted(FILES)
    assert len(list(anna.original.glob(".sync_*.db"))) == 1

    back = smartfleet(fleet, "rollback", "--limit", "pc", *user, "--yes")

    assert (back.code, back.outcomes()) == (0, {anna.login: "rolled-back"}), back
    urls = [machine.server.old_url, machine.server.new_url] if keep_old else [machine.server.new_url]
    anna.accounts(*urls)
    anna.settled()
    assert (anna.one.transfers(since), anna.one.sign_ins(since)) == ([], [])
    assert anna.names(anna.copy) == sorted(FILES)
    assert anna.desktop.files() == files
    assert [line for line in config.splitlines() if b"localPath" in line] == [
        line for line in anna.desktop.config.read_bytes().splitlines() if b"localPath" in line
    ]


def test_only_what_changed_is_transferred_and_no_edit_is_lost(machine: Machine, person: Maker, tmp_path: Path) -> None:
    anna = Doubled(person("anna"), keep_old=True)
    anna.desktop.quit_client()
    # the old account leaves for a while, as where its client was signed out: the original falls behind
    text = anna.desktop.config.read_text()
    anna.one.user.write(
        anna.desktop.config, text.replace("0\\Folders\\1\\paused=false", "0\\Folders\\1\\paused=true").encode()
    )
    server, login = machine.server, anna.login

    def change_on_the_server() -> None:
        tree = server.call(lambda cloud: cloud.users[login].tree)
        tree.put("Readme.md", b"# Newer\n", int(time.time()))
        tree.put("Documents/added.txt", b"added\n", int(time.time()))
        tree.delete("Photos/one.jpg")

    change_on_the_server()
    anna.start(1)
    wait_for((anna.copy / "Documents/added.txt").exists, "the copy to be up to date")
    anna.settled()
    anna.one.user.write(anna.original / "Documents/2026/notes.txt", b"edited in the original\n")
    anna.one.user.write(anna.original / "Documents/mine.txt", b"new in the original\n")
    fleet, since = machine.fleet(tmp_path.name), time.time()

    fixed = smartfleet(fleet, "fix", "pc", "--user", login, "--yes")

    assert fixed.outcomes() == {login: "cured"}, fixed
    root = f"/remote.php/dav/files/{login}"
    expected = {
        f"GET {root}/Readme.md",
        f"GET {root}/Documents/added.txt",
        f"PUT {root}/Documents/2026/notes.txt",
        f"PUT {root}/Documents/mine.txt",
    }
    wait_for(lambda: set(anna.one.transfers(since)) >= expected, "the changes to be synced")
    anna.settled()
    assert set(anna.one.transfers(since)) == expected
    assert anna.one.sign_ins(since) == []
    names = anna.names(anna.original)
    assert not [name for name in names if "conflict" in name]
    assert "Photos/one.jpg" not in names
    tree = server.call(lambda cloud: {path: node.content for path, node in cloud.users[login].tree.walk()})
    assert tree["Documents/2026/notes.txt"] == b"edited in the original\n"
    assert (anna.original / "Readme.md").read_bytes() == b"# Newer\n"
    verified = smartfleet(fleet, "verify", "--user", login, "--level", "server")
    assert verified.verdicts() == ["match"], verified


def test_a_copy_with_a_file_of_its_own_stays(machine: Machine, person: Maker, tmp_path: Path) -> None:
    anna = Doubled(person("anna"), keep_old=False)
    # the client leaves it alone, so it is on this disk only
    anna.one.user.write(anna.copy / "draft.part", b"half a download\n")
    fleet, since = machine.fleet(tmp_path.name), time.time()

    refused = smartfleet(fleet, "fix", "pc", "--user", anna.login, "--yes")

    assert (refused.code, refused.outcomes(), refused.codes()) == (3, {anna.login: "refused"}, {"copy-own"}), refused
    assert f"localPath={anna.copy}/\n" in anna.desktop.config.read_text()
    assert anna.desktop.client_pid()
    assert (anna.copy / "draft.part").exists()
    assert not list(anna.original.glob(".sync_*"))
    assert (anna.one.transfers(since), anna.one.sign_ins(since)) == ([], [])


def test_a_copy_is_deleted_when_asked_for(machine: Machine, person: Maker, tmp_path: Path) -> None:
    anna = Doubled(person("anna"), keep_old=False)
    fleet, files, since = machine.fleet(tmp_path.name), anna.desktop.files(), time.time()

    fixed = smartfleet(fleet, "fix", "pc", "--user", anna.login, "--yes", "--purge")

    assert (fixed.code, fixed.outcomes()) == (0, {anna.login: "cured"}), fixed
    assert [one["outcome"] for one in fixed.document["purged"]] == ["cured"], fixed
    assert not list(anna.one.user.home.glob("Nextcloud2*"))
    anna.settled()
    assert anna.desktop.files() == files
    assert anna.one.transfers(since) == []
    back = smartfleet(fleet, "rollback", "--limit", "pc", "--user", anna.login, "--yes")
    assert (back.code, back.codes()) == (3, {"copy-purged"}), back
    assert anna.desktop.client_pid()


def test_the_stale_account_alone(machine: Machine, person: Maker, tmp_path: Path) -> None:
    anna = Doubled(person("anna"), keep_old=True)
    fleet, since = machine.fleet(tmp_path.name), time.time()

    fixed = smartfleet(fleet, "fix", "pc", "--user", anna.login, "--yes", "--only", "drop-account")

    assert (fixed.code, fixed.outcomes()) == (0, {anna.login: "cured"}), fixed
    anna.accounts(machine.server.new_url)
    anna.settled()
    assert b"0\\url" not in anna.desktop.config.read_bytes()
    assert anna.names(anna.original) == anna.names(anna.copy) == sorted(FILES)
    assert len(list(anna.original.glob(".sync_*.db"))) == 1
    assert (anna.one.transfers(since), anna.one.sign_ins(since)) == ([], [])
    back = smartfleet(fleet, "rollback", "--limit", "pc", "--user", anna.login, "--yes")
    assert back.outcomes() == {anna.login: "rolled-back"}, back
    anna.accounts(machine.server.old_url, machine.server.new_url)
    assert anna.one.sign_ins(since) == []


def test_a_journal_is_named_and_a_client_started(machine: Machine, person: Maker, tmp_path: Path) -> None:
    anna = person("anna")
    url, login = machine.server.new_url, anna.user.name
    text = CONFIG.format(url=url, login=login, folder=anna.desktop.folder, journal="")
    anna.user.write(anna.desktop.config, text.encode())
    password = machine.server.call(lambda cloud: cloud.add_app_password(login))
    anna.desktop.store_secret(f"{login}:{url}/:0", password)
    anna.first_sync()
    anna.desktop.quit_client()
    lines = anna.desktop.config.read_bytes().splitlines(keepends=True)
    anna.user.write(anna.desktop.config, b"".join(line for line in lines if b"journalPath" not in line))
    fleet, files, since = machine.fleet(tmp_path.name), anna.desktop.files(), time.time()

    named = smartfleet(fleet, "fix", "pc", "--user", login, "--yes")

    assert (named.code, named.outcomes()) == (0, {login: "cured"}), named
    line = f"0\\Folders\\1\\journalPath={journal_name(login, url, '/')}\n".encode()
    assert line in anna.desktop.config.read_bytes()
    wait_for(lambda: "Connected" in anna.desktop.states(), "the client")
    assert anna.desktop.client_pid()
    anna.desktop.quit_client()

    started = smartfleet(fleet, "fix", "pc", "--user", login, "--yes")

    assert (started.code, started.outcomes()) == (0, {login: "cured"}), started
    wait_for(anna.desktop.client_pid, "the client")
    assert (anna.transfers(since), anna.sign_ins(since)) == ([], [])
    assert anna.desktop.files() == files
