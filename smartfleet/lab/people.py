"""What everybody in the lab's scenarios does, whatever machine they sit at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from smartfleet.lab.host import Connection, LabUser, Person, SignedIn, documents
from smartfleet.lab.lab import Lab
from smartfleet.lab.scenario import Machine
from smartfleet.lab.windows.host import WindowsUser

User = TypeVar("User", LabUser, WindowsUser)


def seated(lab: Lab, user: User) -> User:
    """The user, who has files on the server now and is logged on to the machine."""
    lab.add_account(user.name)
    lab.put_all(user.name, documents(sum(user.name.encode())))
    user.log_on()
    return user


def begin_work(name: str) -> Callable[[Machine], None]:
    """The user logs on with an unlocked keyring, or unlocks it; the client starts with the session."""

    def do(machine: Machine) -> None:
        user = machine.user(name)
        user.log_on()
        if not user.is_client_running():
            user.start_client()

    return do


def own_account(lab: Lab, user: Person, url: str, folder: Connection = Connection()) -> SignedIn:  # noqa: B008 - immutable
    """The user's own account under this name of the server."""
    return SignedIn(url, user.name, lab.add_account(user.name), folders=(folder,))


def sync(user: Person, *accounts: SignedIn) -> None:
    """Signs in, starts the client and waits until everything is synced; the client goes on running."""
    user.sign_in(*accounts)
    user.start_client()
    user.wait_synced(*(folder.local for one in accounts for folder in one.folders))
