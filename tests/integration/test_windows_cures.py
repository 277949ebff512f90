"""`smartfleet fix` over real WinRM to emulated Windows machines: what users have after a bad change of servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.host import Connection
from smartfleet.lab.lab import Lab
from smartfleet.lab.people import own_account, seated, sync
from smartfleet.lab.windows.host import WindowsUser
from tests.called import document
from tests.integration.playing import play

pytestmark = pytest.mark.once

ORIGINAL, COPY = "Nextcloud", "Nextcloud2"


def second_account(lab: Lab, user: WindowsUser) -> None:
    """The user signed in to the new name beside the old account, and took another folder."""
    old = own_account(lab, user, lab.old_url)
    sync(user, old)
    user.quit_client()
    sync(user, old, own_account(lab, user, lab.new_url, Connection(COPY)))


def new_account(lab: Lab, user: WindowsUser) -> None:
    """The user removed the old account first, with which the client deletes the journal."""
    sync(user, own_account(lab, user, lab.old_url))
    user.quit_client()
    for journal in (user.home / ORIGINAL).glob(".sync_*.db*"):
        journal.unlink()
    sync(user, own_account(lab, user, lab.new_url, Connection(COPY)))


def own_file(lab: Lab, user: WindowsUser) -> None:
    """As `new_account`, with a file in the copy that was never uploaded."""
    new_account(lab, user)
    user.quit_client()
    user.write(f"{COPY}/Notizen/nur hier.txt", b"only here")


def ended_client(lab: Lab, user: WindowsUser) -> None:
    sync(user, own_account(lab, user, lab.new_url))
    user.quit_client()


STATES: dict[str, Callable[[Lab, WindowsUser], None]] = {
    "second-account": second_account,
    "new-account": new_account,
    "own-file": own_file,
    "ended-client": ended_client,
}


class Office:
    """A machine for each state; its user has the machine's name."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.hosts = {state: lab.add_windows_host(f"cure-{state}") for state in STATES}
        self.users: dict[str, WindowsUser] = {}
        self.fleet = folder / "fleet"

    def begin(self) -> None:
        for state, bring in STATES.items():
            self.users[state] = seated(self.lab, self.hosts[state].add_user(f"eva.{state}"))
            bring(self.lab, self.users[state])
        write_fleet(self.lab, self.hosts.values(), folder=self.fleet)

    def remove(self) -> None:
        for host in self.hosts.values():
            host.remove()

    def run(self, *words: str) -> dict[str, Any]:
        return document(self.fleet, *words)

    def fix(self, state: str, *words: str) -> dict[str, Any]:
        return self.run("fix", f"cure-{state}", "--yes", *words)


@pytest.fixture(scope="module")
def office(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(lab, tmp_path_factory.mktemp("cures"))
    try:
        made.begin()
        yield made
    finally:
        made.remove()


def folders(user: WindowsUser) -> list[str]:
    return sorted(path.name for path in user.home.glob("Nextcloud*"))


def synced_places(user: WindowsUser) -> list[str]:
    """The sync folders that the configuration names, by their last name."""
    lines = user.config.read_text().splitlines()
    return [line.partition("=")[2].rstrip("/").rpartition("/")[2] for line in lines if "localPath" in line]


def outcome(document: dict[str, Any]) -> dict[str, Any]:
    (found,) = document["outcomes"]
    return dict(found)


@pytest.mark.parametrize(("state", "carries"), [("second-account", False), ("new-account", True)])
def test_back_to_the_original_folder_and_back_again(office: Office, state: str, carries: bool) -> None:  # noqa: FBT001
    user, host = office.users[state], office.hosts[state]
    before = user.config.read_bytes()
    host.traffic(reset=True)
    document = office.fix(state)
    done = outcome(document["apply"])
    assert (done["outcome"], done["code"]) == ("cured", ""), done
    run = document["apply"]["run"]
    steps = [one["step"] for one in done["steps"]]
    assert ("carry-journal" in steps) is carries
    assert {"prove-cure", "set-aside"} <= set(steps)
    assert {one["state"] for one in done["proofs"] if one["proof"] == "aside"} == {"ok"}
    away = f"{COPY}.aside-{run}"
    assert [one["detail"] for one in done["proofs"] if one["proof"] == "aside"] == [rf"C:\Users\{user.name}\{away}"]
    assert (folders(user), synced_places(user)) == ([ORIGINAL, away], [ORIGINAL])
    assert office.lab.old_url not in user.config.read_text()
    assert {one["verdict"] for one in document["verify"]["verdicts"]} == {"match"}
    user.wait_synced(ORIGINAL)

    taken_back = outcome(office.run("rollback", "--run", run, "--yes"))
    assert taken_back["outcome"] == "rolled-back", taken_back
    assert (folders(user), sorted(synced_places(user))) == ([ORIGINAL, COPY], sorted(places(before)))


def places(config: bytes) -> list[str]:
    lines = config.decode().splitlines()
    return [line.partition("=")[2].rstrip("/").rpartition("/")[2] for line in lines if "localPath" in line]


def test_a_copy_with_files_of_its_own_stays(office: Office) -> None:
    user = office.users["own-file"]
    before = user.config.read_bytes()
    document = office.fix("own-file")
    done = outcome(document["apply"])
    assert (done["outcome"], done["code"], done["changed"]) == ("refused", "copy-own", False), done
    assert "Notizen/nur hier.txt" in done["message"]
    assert rf"C:\Users\{user.name}\{COPY}" in done["message"]
    assert (folders(user), synced_places(user)) == ([ORIGINAL, COPY], [COPY])
    assert user.config.read_bytes() == before


def test_a_client_that_does_not_run_is_started(office: Office) -> None:
    user = office.users["ended-client"]
    assert not user.is_client_running()
    done = outcome(office.fix("ended-client")["apply"])
    assert (done["outcome"], [one["step"] for one in done["steps"]]) == (
        "cured",
        ["check", "prove-instance", "start-client"],
    )
    assert user.is_client_running()


def test_a_copy_is_deleted_in_its_users_session_alone(office: Office) -> None:
    """The last test here: there is no way back from it."""
    user, host = office.users["new-account"], office.hosts["new-account"]
    done = outcome(office.fix("new-account")["apply"])
    assert done["outcome"] == "cured"
    user.log_off()
    profile = {"user": user.name, "config_path": done["config_path"]}
    (waiting,) = play(host, "win_account_move", run="purge-1", phases=["purge"], profiles=[profile])["profiles"]
    assert (waiting["outcome"], waiting["code"], len(folders(user))) == ("waiting-session", "no-session", 2)
    user.log_on()
    user.start_client()
    (deleted,) = office.fix("new-account", "--purge")["purged"]
    assert (deleted["outcome"], deleted["changed"]) == ("cured", True), deleted
    assert folders(user) == [ORIGINAL]
    (again,) = play(host, "win_account_move", run="purge-2", phases=["purge"], profiles=[profile])["profiles"]
    assert (again["outcome"], again["code"]) == ("already", "nothing-to-purge")
