"""People whose client runs on a lab machine."""

from __future__ import annotations

from smartfleet.lab.host import Connection, LabHost, LabUser, SignedIn, documents
from smartfleet.lab.lab import Lab


def synced(lab: Lab, host: LabHost, name: str, *, account: str = "", files: int = 4) -> LabUser:
    """Signed in to the old name and synced, the client running. `account`: where it is not called as the user is."""
    account = account or name
    password = lab.add_account(account)
    lab.put_all(account, documents(7, files))
    user = host.add_user(name)
    user.log_on()
    user.sign_in(SignedIn(lab.old_url, account, password, folders=(Connection(),)))
    user.start_client()
    user.wait_synced("Nextcloud")
    return user
