"""The hosts of the demo: each in a state that real fleets are in, made by really syncing through the lab's server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.host import Connection, LabHost, LabUser, SignedIn, documents
from smartfleet.lab.lab import Lab
from smartfleet.model.results import OutcomeName

WORKERS = 4


@dataclass(frozen=True)
class Scenario:
    """One host: its name, what is the matter with it, how it comes about, and what a move makes of its users."""

    name: str
    state: str
    build: Callable[[Lab, LabHost], None]
    expected: Mapping[str, OutcomeName]


def build(lab: Lab, scenarios: Sequence[Scenario], *, done: Callable[[Scenario], None]) -> Path:
    """Makes all hosts, some at the same time, and returns the fleet folder; `done` is told of each."""
    hosts = [lab.add_host(scenario.name) for scenario in scenarios]
    told = threading.Lock()

    def one(host: LabHost, scenario: Scenario) -> None:
        scenario.build(lab, host)
        with told:
            done(scenario)

    pool = ThreadPoolExecutor(WORKERS)
    try:
        for _ in pool.map(one, hosts, scenarios):
            pass
    finally:
        # after a failure the caller ends the lab, and with it what the others are waiting for
        pool.shutdown(wait=False, cancel_futures=True)
    return write_fleet(lab, hosts)


def _plain(lab: Lab, host: LabHost) -> None:
    user = _person(lab, host, "anna")
    _sync(user, _account(lab, user, lab.old_url))


def _moved(lab: Lab, host: LabHost) -> None:
    user = _person(lab, host, "bert")
    _sync(user, _account(lab, user, lab.new_url))


def _second_copy(lab: Lab, host: LabHost) -> None:
    """The user removed the old account, with which the client deletes the journal, and picked another folder then."""
    user = _person(lab, host, "clara")
    _sync(user, _account(lab, user, lab.old_url))
    user.quit_client()
    for journal in (user.home / "Nextcloud").glob(".sync_*.db*"):
        journal.unlink()
    _sync(user, _account(lab, user, lab.new_url, Connection("Nextcloud2")))


def _both_accounts(lab: Lab, host: LabHost) -> None:
    """The user added the new server and left the old account beside it."""
    user = _person(lab, host, "dora")
    old = _account(lab, user, lab.old_url)
    _sync(user, old)
    user.quit_client()
    _sync(user, old, _account(lab, user, lab.new_url, Connection("Nextcloud2")))


def _foreign(lab: Lab, host: LabHost) -> None:
    user = _person(lab, host, "emil")
    password = lab.add_account("emil.extern", server="other")
    lab.put_all("emil.extern", documents(905, 8), server="other")
    partner = SignedIn(lab.other_url, "emil.extern", password, folders=(Connection("Partner"),))
    _sync(user, partner, _account(lab, user, lab.old_url))


def _pending(lab: Lab, host: LabHost) -> None:
    """Edited, added and deleted while the client was not running."""
    user = _person(lab, host, "frida")
    _sync(user, _account(lab, user, lab.old_url))
    user.quit_client()
    user.write("Nextcloud/Rechnungen/Rechnungen 001.odt", b"edited on the train\n")
    user.write("Nextcloud/Rechnungen/Rechnungen 900.odt", b"written on the train\n")
    (user.home / "Nextcloud/Protokolle/Protokolle 003.odt").unlink()


def _virtual(lab: Lab, host: LabHost) -> None:
    """Placeholders for what is on the server, and three files that were made here."""
    user = _person(lab, host, "gerda")
    account = _account(lab, user, lab.old_url, Connection(virtual_files="suffix"))
    for number in range(3):
        user.write(f"Nextcloud/Notizen/Notiz {number}.txt", f"Notiz {number}\n".encode() * 100)
    _sync(user, account)


def _offline(lab: Lab, host: LabHost) -> None:
    user = _person(lab, host, "hans")
    _sync(user, _account(lab, user, lab.old_url))
    user.log_off()
    host.set_listening(on=False)


def _two_users(lab: Lab, host: LabHost) -> None:
    """One works at the machine, the other has logged out."""
    for name in ("ida", "jakob"):
        user = _person(lab, host, name)
        _sync(user, _account(lab, user, lab.old_url))
        if name == "jakob":
            user.log_off()


def _keyring_locked(lab: Lab, host: LabHost) -> None:
    user = _person(lab, host, "klara")
    _sync(user, _account(lab, user, lab.old_url))
    user.log_on(locked=True)


def _odd_names(lab: Lab, host: LabHost) -> None:
    """Names that need quoting somewhere, and a configuration that does not name its journal."""
    user = _person(lab, host, "lutz")
    folder = Connection('Ablage "neu", Büro; 50%', named=False)
    for number, name in enumerate(("{{ 7 * 7 }}.txt", "-rf.txt", "<b>fett & laut</b>.txt", "日本 'x' $HOME.txt")):
        lab.put("lutz", f"Namen/{name}", name.encode(), mtime=1_700_000_000 + number)
    _sync(user, _account(lab, user, lab.old_url, folder))


def plain_hosts(count: int) -> tuple[Scenario, ...]:
    """Many machines for measurements: a synced account on the old server each, the client not running."""

    def make(name: str) -> Callable[[Lab, LabHost], None]:
        def build_one(lab: Lab, host: LabHost) -> None:
            user = _person(lab, host, name)
            user.sign_in(_account(lab, user, lab.old_url))
            user.sync_once("Nextcloud")

        return build_one

    return tuple(
        Scenario(f"pc-{number:03}", "uses the old server", make(f"user{number:03}"), {f"user{number:03}": "moved"})
        for number in range(1, count + 1)
    )


SCENARIOS = (
    Scenario("plain", "uses the old server", _plain, {"anna": "moved"}),
    Scenario("moved", "was moved already", _moved, {"bert": "already"}),
    Scenario("second-copy", "downloaded everything again into a second folder", _second_copy, {"clara": "already"}),
    Scenario("both-accounts", "has the old and the new account side by side", _both_accounts, {"dora": "refused"}),
    Scenario("foreign", "has an account of another company's server too", _foreign, {"emil": "moved"}),
    Scenario("pending", "edits are not uploaded yet", _pending, {"frida": "moved"}),
    Scenario("virtual", "shows files that are only on the server", _virtual, {"gerda": "moved"}),
    Scenario("offline", "is switched off", _offline, {}),
    Scenario("two-users", "one is logged in, one is not", _two_users, {"ida": "moved", "jakob": "waiting-session"}),
    Scenario("keyring-locked", "the keyring waits for its password", _keyring_locked, {"klara": "waiting-session"}),
    Scenario("odd-names", "quotes, braces and umlauts in its names", _odd_names, {"lutz": "moved"}),
)


def _person(lab: Lab, host: LabHost, name: str) -> LabUser:
    """A logged-on user of the machine who has files on the server."""
    lab.add_account(name)
    lab.put_all(name, documents(sum(name.encode())))
    user = host.add_user(name)
    user.log_on()
    return user


def _account(lab: Lab, user: LabUser, url: str, folder: Connection = Connection()) -> SignedIn:  # noqa: B008 - immutable
    return SignedIn(url, user.name, lab.add_account(user.name), folders=(folder,))


def _sync(user: LabUser, *accounts: SignedIn) -> None:
    """Signs in, starts the client and waits until everything is synced; the client goes on running."""
    user.sign_in(*accounts)
    user.start_client()
    user.wait_synced(*(folder.local for account in accounts for folder in account.folders))
