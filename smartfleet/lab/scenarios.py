"""The hosts of the demo: each in a state that real fleets are in, made by really syncing through the lab's server."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from smartfleet.lab.fleet_folder import Installer
from smartfleet.lab.host import Connection, LabHost, SignedIn, documents
from smartfleet.lab.lab import Lab
from smartfleet.lab.people import begin_work, own_account, seated, sync
from smartfleet.lab.scenario import Built, Machine, Scenario, Turn, build, on_linux
from smartfleet.lab.windows.scenarios import NEW_CLIENT, WINDOWS


def _plain(lab: Lab, host: LabHost) -> None:
    user = seated(lab, host.add_user("anna"))
    sync(user, own_account(lab, user, lab.old_url))


def _moved(lab: Lab, host: LabHost) -> None:
    user = seated(lab, host.add_user("bert"))
    sync(user, own_account(lab, user, lab.new_url))


def _second_copy(lab: Lab, host: LabHost) -> None:
    """The user removed the old account, with which the client deletes the journal, and picked another folder then."""
    user = seated(lab, host.add_user("clara"))
    sync(user, own_account(lab, user, lab.old_url))
    user.quit_client()
    for journal in (user.home / "Nextcloud").glob(".sync_*.db*"):
        journal.unlink()
    sync(user, own_account(lab, user, lab.new_url, Connection("Nextcloud2")))


def _both_accounts(lab: Lab, host: LabHost) -> None:
    """The user added the new server and left the old account beside it, and starts the client when she thinks of it."""
    user = seated(lab, host.add_user("dora"))
    old = own_account(lab, user, lab.old_url)
    sync(user, old)
    user.quit_client()
    sync(user, old, own_account(lab, user, lab.new_url, Connection("Nextcloud2")))
    user.set_autostart(on=False)


def _foreign(lab: Lab, host: LabHost) -> None:
    user = seated(lab, host.add_user("emil"))
    password = lab.add_account("emil.extern", server="other")
    lab.put_all("emil.extern", documents(905, 8), server="other")
    partner = SignedIn(lab.other_url, "emil.extern", password, folders=(Connection("Partner"),))
    sync(user, partner, own_account(lab, user, lab.old_url))


def _pending(lab: Lab, host: LabHost) -> None:
    """Edited, added and deleted while the client was not running."""
    user = seated(lab, host.add_user("frida"))
    sync(user, own_account(lab, user, lab.old_url))
    user.quit_client()
    user.write("Nextcloud/Rechnungen/Rechnungen 001.odt", b"edited on the train\n")
    user.write("Nextcloud/Rechnungen/Rechnungen 900.odt", b"written on the train\n")
    (user.home / "Nextcloud/Protokolle/Protokolle 003.odt").unlink()


def _virtual(lab: Lab, host: LabHost) -> None:
    """Placeholders for what is on the server, and three files that were made here."""
    user = seated(lab, host.add_user("gerda"))
    account = own_account(lab, user, lab.old_url, Connection(virtual_files="suffix"))
    for number in range(3):
        user.write(f"Nextcloud/Notizen/Notiz {number}.txt", f"Notiz {number}\n".encode() * 100)
    sync(user, account)


def _offline(lab: Lab, host: LabHost) -> None:
    user = seated(lab, host.add_user("hans"))
    sync(user, own_account(lab, user, lab.old_url))
    user.log_off()
    host.set_listening(on=False)


def _off(host: Machine) -> None:
    host.set_listening(on=False)


def _on(host: Machine) -> None:
    host.set_listening(on=True)


def _on_the_road(lab: Lab, host: LabHost) -> None:
    user = seated(lab, host.add_user("theo"))
    sync(user, own_account(lab, user, lab.old_url))


def _two_users(lab: Lab, host: LabHost) -> None:
    """One works at the machine, the other has logged out."""
    for name in ("ida", "jakob"):
        user = seated(lab, host.add_user(name))
        sync(user, own_account(lab, user, lab.old_url))
        if name == "jakob":
            user.log_off()


def _keyring_locked(lab: Lab, host: LabHost) -> None:
    user = seated(lab, host.add_user("klara"))
    sync(user, own_account(lab, user, lab.old_url))
    user.log_on(locked=True)


def _odd_names(lab: Lab, host: LabHost) -> None:
    """Names that need quoting somewhere, and a configuration that does not name its journal."""
    user = seated(lab, host.add_user("lutz"))
    folder = Connection('Ablage "neu", Büro; 50%', named=False)
    for number, name in enumerate(("{{ 7 * 7 }}.txt", "-rf.txt", "<b>fett & laut</b>.txt", "日本 'x' $HOME.txt")):
        lab.put("lutz", f"Namen/{name}", name.encode(), mtime=1_700_000_000 + number)
    sync(user, own_account(lab, user, lab.old_url, folder))


def plain_hosts(count: int) -> tuple[Scenario, ...]:
    """Many machines for measurements: a synced account on the old server each, the client not running."""

    def make(name: str) -> Callable[[Lab, LabHost], None]:
        def build_one(lab: Lab, host: LabHost) -> None:
            user = seated(lab, host.add_user(name))
            user.sign_in(own_account(lab, user, lab.old_url))
            user.sync_once("Nextcloud")

        return build_one

    return tuple(
        Scenario(
            f"pc-{number:03}", "uses the old server", on_linux(make(f"user{number:03}")), {f"user{number:03}": "moved"}
        )
        for number in range(1, count + 1)
    )


LINUX = (
    Scenario("plain", "uses the old server", on_linux(_plain), {"anna": "moved"}),
    Scenario("moved", "was moved already", on_linux(_moved), {"bert": "already"}),
    Scenario(
        "second-copy", "downloaded everything again into a second folder", on_linux(_second_copy), {"clara": "already"}
    ),
    Scenario(
        "both-accounts", "has the old and the new account side by side", on_linux(_both_accounts), {"dora": "refused"}
    ),
    Scenario("foreign", "has an account of another company's server too", on_linux(_foreign), {"emil": "moved"}),
    Scenario("pending", "edits are not uploaded yet", on_linux(_pending), {"frida": "moved"}),
    Scenario("virtual", "shows files that are only on the server", on_linux(_virtual), {"gerda": "moved"}),
    Scenario("offline", "is switched off", on_linux(_offline), {}),
    Scenario(
        "on-the-road",
        "is taken away after the audit, and comes back",
        on_linux(_on_the_road),
        {"theo": "moved"},
        turns=(
            Turn("planned", "on-the-road: theo takes his laptop with him", _off),
            Turn("waves through", "on-the-road: theo is back, and online", _on),
        ),
    ),
    Scenario(
        "two-users",
        "one is logged in, one is not",
        on_linux(_two_users),
        {"ida": "moved", "jakob": "moved"},
        turns=(Turn("waves through", "two-users: jakob logs on", begin_work("jakob")),),
    ),
    Scenario(
        "keyring-locked",
        "the keyring waits for its password",
        on_linux(_keyring_locked),
        {"klara": "moved"},
        turns=(Turn("somebody came", "keyring-locked: klara unlocks her keyring", begin_work("klara")),),
    ),
    Scenario("odd-names", "quotes, braces and umlauts in its names", on_linux(_odd_names), {"lutz": "moved"}),
)
SCENARIOS = (*LINUX, *WINDOWS)


def build_fleet(
    lab: Lab, scenarios: Sequence[Scenario] = SCENARIOS, *, done: Callable[[Scenario], None], workers: int = 0
) -> Built:
    """The fleet of the demo; Windows machines with an older client are to get the one that the lab offers.

    `workers`: machines that work on it, where this one would do it by itself.
    """
    url, sha256 = lab.offer_msi(NEW_CLIENT)
    added = lab.add_workers(workers) if workers else None
    return build(lab, scenarios, done=done, installer=Installer(url, sha256, NEW_CLIENT), workers=added)
