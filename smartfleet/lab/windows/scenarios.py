"""The Windows machines of the demo, each in a state that real fleets are in."""

from __future__ import annotations

from smartfleet.lab.host import Connection
from smartfleet.lab.lab import Lab
from smartfleet.lab.people import begin_work, own_account, seated, sync
from smartfleet.lab.scenario import Scenario, Turn, on_windows
from smartfleet.lab.windows.host import WindowsLabHost

OLD_CLIENT, NEW_CLIENT = "3.7.3", "3.16.7"


def _plain(lab: Lab, host: WindowsLabHost) -> None:
    user = seated(lab, host.add_user("maja"))
    sync(user, own_account(lab, user, lab.old_url))


def _nobody(lab: Lab, host: WindowsLabHost) -> None:
    user = seated(lab, host.add_user("nils"))
    sync(user, own_account(lab, user, lab.old_url))
    user.log_off()


def _virtual(lab: Lab, host: WindowsLabHost) -> None:
    """Placeholders for what is on the server, and three files that were made here; the connection is cut."""
    user = seated(lab, host.add_user("olga"))
    account = own_account(lab, user, lab.old_url, Connection(virtual_files="wincfapi"))
    for number in range(3):
        user.write(f"Nextcloud/Notizen/Notiz {number}.txt", f"Notiz {number}\n".encode() * 100)
    sync(user, account)
    user.log_on("disconnected")


def _old_client(lab: Lab, host: WindowsLabHost) -> None:
    user = seated(lab, host.add_user("paul"))
    user.log_on("rdp")
    user.sign_in(own_account(lab, user, lab.old_url), qt=5)
    user.start_client()
    user.wait_synced("Nextcloud")


def _second_copy(lab: Lab, host: WindowsLabHost) -> None:
    """The user removed the old account, with which the client deletes the journal, and picked another folder then.

    In the task manager she switched off whatever starts with Windows.
    """
    user = seated(lab, host.add_user("rosa"))
    sync(user, own_account(lab, user, lab.old_url))
    user.quit_client()
    for journal in (user.home / "Nextcloud").glob(".sync_*.db*"):
        journal.unlink()
    sync(user, own_account(lab, user, lab.new_url, Connection("Nextcloud2")))
    user.set_autostart(on=False)


def _expired(lab: Lab, host: WindowsLabHost) -> None:
    user = seated(lab, host.add_user("sven"))
    sync(user, own_account(lab, user, lab.old_url))


WINDOWS = (
    Scenario("win-plain", "uses the old server", on_windows(_plain), {"maja": "moved"}),
    Scenario(
        "win-nobody",
        "nobody is logged on",
        on_windows(_nobody),
        {"nils": "moved"},
        turns=(Turn("somebody came", "win-nobody: nils logs on", begin_work("nils")),),
    ),
    Scenario(
        "win-virtual",
        "shows files that are only on the server",
        on_windows(_virtual, connection="psrp"),
        {"olga": "moved"},
    ),
    Scenario(
        "win-old-client",
        "has an old client, to be upgraded by MSI",
        on_windows(_old_client, version=OLD_CLIENT, qt=5),
        {"paul": "moved"},
    ),
    Scenario(
        "win-second-copy",
        "downloaded everything again into a second folder",
        on_windows(_second_copy),
        {"rosa": "already"},
    ),
    Scenario("win-expired", "the certificate of its listener has expired", on_windows(_expired, expired=True), {}),
)
